"""Secrets of the laptop cloud: invented at its first start, kept for its owner only, put into Secrets Manager."""

import base64
import json
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from infra.local import control
from infra.local.deploy import Aws, Deployment
from infra.local.home import Home, write_atomically
from infra.local.processes import LOOPBACK
from infra.local.simulators.marketo import starting as marketo
from infra.local.simulators.salesforce import seed as salesforce
from infra.local.sites import site_urls
from shared.contracts.intake import Source
from shared.policies.loader import RULES, load_directory

ROLES = ("marketer", "sales", "privacy", "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """What this cloud invented. ``identity`` must never change: it derives the keys of all rows.

    ``links`` signs the links in mails: with another one those already sent stop working.
    """

    token: str
    identity: str
    links: str
    sources: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSource:
    """A way in, as a vendor's settings page would want it."""

    name: str
    vendor: str
    url: str
    scheme: str
    secret: str


def configured_sources() -> tuple[Source, ...]:
    """The doors of the shipped policies: sources that are our own functions have no secret and no address."""
    return tuple(source for source in load_directory(RULES).sources.values() if source.scheme != "internal")


def open_keyring(home: Home, sources: Iterable[Source]) -> Keyring:
    """The secrets of this home; invents those that are missing, changes none."""
    saved = json.loads(home.secrets.read_text()) if home.secrets.exists() else {}
    known: dict[str, str] = saved.get("sources", {})
    keyring = Keyring(
        token=saved.get("token") or secrets.token_urlsafe(24),
        identity=saved.get("identity") or secrets.token_hex(32),
        links=saved.get("links") or secrets.token_hex(32),
        sources=known | {source.name: _invent(source) for source in sources if source.name not in known},
    )
    if asdict(keyring) != saved:
        write_atomically(home.secrets, json.dumps(asdict(keyring), indent=2) + "\n")
    return keyring


def _invent(source: Source) -> str:
    """A secret in the form in which the vendor hands it out."""
    if source.scheme == "standard_webhooks":
        return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    return secrets.token_urlsafe(24)


def store(aws: Aws, deployment: Deployment, keyring: Keyring, sites: Mapping[str, str]) -> None:
    """Put the secrets where the deployed functions look for them. ``sites``: base URLs of the simulators."""
    values = {
        "SourcesSecretArn": json.dumps({name: [secret] for name, secret in keyring.sources.items()}),
        "ApiTokenSecretArn": json.dumps({"token": keyring.token, "roles": list(ROLES)}),
        "IdentitySecretArn": keyring.identity,
        "LinksSecretArn": keyring.links,
        "SalesforceSecretArn": _access(sites["salesforce"], salesforce.CLIENT_ID, salesforce.CLIENT_SECRET),
        "MarketoSecretArn": _access(sites["marketo"], marketo.CLIENT_ID, marketo.CLIENT_SECRET),
    }
    client = aws.client("secretsmanager")
    for output, value in values.items():
        arn = deployment.outputs.get(output)
        if arn and client.get_secret_value(SecretId=arn)["SecretString"] != value:
            client.put_secret_value(SecretId=arn, SecretString=value)


def _access(base_url: str, client_id: str, client_secret: str) -> str:
    """How to reach another system, as its secret holds it."""
    return json.dumps({"base_url": base_url, "client_id": client_id, "client_secret": client_secret})


def listed(api: str, keyring: Keyring, sources: Iterable[Source]) -> list[ListedSource]:
    """Every source with its URL and secret, for `leadspine sources`."""
    return [
        ListedSource(
            name=source.name,
            vendor=source.vendor,
            url=_url(api, source, keyring.sources[source.name]),
            scheme=source.scheme,
            secret=keyring.sources[source.name],
        )
        for source in sources
    ]


def _url(api: str, source: Source, secret: str) -> str:
    if source.scheme in ("write_key", "server_key"):
        return api
    door = f"{api}/in/{source.name}"
    return f"{door}?token={quote(secret)}" if source.scheme == "query_token" else door


def main(root: str) -> None:
    """Put the secrets in again, because a simulator moved to another port."""
    home = Home(Path(root))
    deployment = Deployment(**json.loads(home.deployed.read_text()))
    aws = Aws(f"http://{LOOPBACK}:{control.ports(home)['aws']}")
    store(aws, deployment, open_keyring(home, configured_sources()), site_urls(home))


if __name__ == "__main__":
    main(*sys.argv[1:])
