"""A synthesised template in the words of the catalog."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.catalog import CATALOG
from infra.catalog_types import pascal

Resource = dict[str, Any]

# Logical ids without their hash → names of the catalog.
NAMES = (
    {f"Storage{pascal(t.name)}Table": t.name for t in CATALOG.tables}
    | {f"Messaging{pascal(q.name)}Queue": q.name for q in CATALOG.queues}
    | {f"Storage{pascal(b.name.removesuffix('-bucket'))}Bucket": b.name for b in CATALOG.buckets}
    | {f"Storage{pascal(s.name)}Secret": s.name for s in CATALOG.secrets}
    | {f"Storage{pascal(k.name)}Key": f"{k.name} key" for k in CATALOG.keys}
    | {f"Compute{pascal(f.name)}": f.name for f in CATALOG.functions}
    | {f"Compute{pascal(f.name)}Logs": f"{f.name} logs" for f in CATALOG.functions}
    | {"MessagingBus": CATALOG.bus.name, "MailSet": CATALOG.mail.name}
)


@dataclass(frozen=True)
class Template:
    """The template, its folder, and the folder its assets were staged in."""

    body: dict[str, Any]
    out: Path
    staged: Path

    @cached_property
    def resources(self) -> dict[str, Resource]:
        return dict(self.body["Resources"])

    def of_type(self, kind: str) -> dict[str, Resource]:
        """Resources of a type by logical id."""
        return {key: r for key, r in self.resources.items() if r["Type"] == f"AWS::{kind}"}

    def named(self, kind: str) -> dict[str, Resource]:
        """Resources of a type by catalog name; those that the catalog does not know by logical id."""
        return {name_of(key): r for key, r in self.of_type(kind).items()}

    def properties(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of resources of a type by catalog name."""
        return {name: r["Properties"] for name, r in self.named(kind).items()}

    def statements(self, role: Resource) -> Iterator[dict[str, Any]]:
        """The statements of a role's policies, actions and resources as lists."""
        for policy in role["Properties"].get("Policies", ()):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield statement | {"Action": listed(statement["Action"]), "Resource": listed(statement["Resource"])}

    def roles(self) -> dict[str, Resource]:
        """Roles by the function that they are for, or by logical id."""
        return {role_of(key): r for key, r in self.of_type("IAM::Role").items()}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def name_of(logical_id: str) -> str:
    """The catalog name behind a logical id, else the id itself."""
    return NAMES.get(re.sub(r"[0-9A-F]{8}$", "", logical_id), logical_id)


def role_of(logical_id: str) -> str:
    plain = re.sub(r"Role[0-9A-F]{8}$", "", logical_id)
    return NAMES.get(plain, plain)


def target(value: Any) -> str:
    """A reference in words: `leads`, `leads stream`, `raw/*`."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return name_of(value["Ref"])
    if "Fn::GetAtt" in value:
        logical_id, attribute = value["Fn::GetAtt"]
        return name_of(logical_id) + (" stream" if attribute == "StreamArn" else "")
    if "Fn::Join" in value:
        return "".join(target(part) for part in value["Fn::Join"][1])
    return json.dumps(value)
