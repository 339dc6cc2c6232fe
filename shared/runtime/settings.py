"""The environment of a function, read once and in one place."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

T = TypeVar("T")


class SettingsMissing(Exception):
    """Names of all variables that are not set. Raised at import of a handler, so a bad deployment fails at once."""


def load(cls: type[T], environ: Mapping[str, str] | None = None) -> T:
    """Fill a dataclass of strings and integers from variables named like its fields in upper case.

    Raises:
        SettingsMissing: fields without a default have no variable; the message lists all of them.
    """
    env = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    missing: list[str] = []
    for field in fields(cls):  # type: ignore[arg-type]
        raw = env.get(field.name.upper())
        if raw is not None:
            values[field.name] = int(raw) if field.type in (int, "int") else raw
        elif field.default is MISSING and field.default_factory is MISSING:
            missing.append(field.name.upper())
    if missing:
        raise SettingsMissing(f"{cls.__name__} needs {', '.join(sorted(missing))}")
    return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSettings:
    """What every client needs; both are set by Lambda itself, and by the laptop cloud's environment."""

    aws_region: str = "eu-central-1"
    aws_endpoint_url: str | None = None
