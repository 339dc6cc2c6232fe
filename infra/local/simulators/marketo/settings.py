"""How this subscription is set up. A person or a test changes it under `/__sim__/settings`; it survives restarts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from infra.local.simulators.store import Store

_TABLE, _KEY = "_settings", "subscription"


class BadSetting(ValueError):
    """Not a setting, or not its type; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Limits are the vendor's; what is rare or optional at the vendor is off.

    Attributes:
        daily_quota: calls per day of Central time.
        rate_calls: calls in any window of `rate_seconds`.
        rate_seconds: length of that window.
        concurrency: calls under way at once (only the served simulator can see it).
        native_crm: the vendor's own Salesforce sync is on: companies, opportunities and the like are read only.
        company_fields_locked: Sync Leads never changes a company field, even of a lead without a company record.
        blocked_fields: written once by the API, later writes are dropped without a word.
        race_seconds: a new lead stays unseen so long by the look-ups of other calls, which then create a duplicate.
        export_step_seconds: how often a bulk job's status moves (60 at the vendor; short here, so that nobody waits).
        empty_pages: so many pages of activities come back empty, with more to follow, before each real one.
        denied_rights: rights that the API user's role lacks: 603.
        change_days: changes of values older than this are gone from the activity log.
    """

    daily_quota: int = 50_000
    rate_calls: int = 100
    rate_seconds: int = 20
    concurrency: int = 10
    native_crm: bool = False
    company_fields_locked: bool = False
    blocked_fields: list[str] = field(default_factory=list)
    race_seconds: int = 0
    export_step_seconds: int = 2
    empty_pages: int = 0
    denied_rights: list[str] = field(default_factory=list)
    change_days: int = 90


def read_settings(store: Store) -> Settings:
    """What holds now."""
    row = store.get(_TABLE, _KEY)
    return Settings(**row) if row else Settings()


def change_settings(store: Store, changes: Any) -> Settings:
    """Set some of them.

    Raises:
        BadSetting: unknown name or wrong type.
    """
    if not isinstance(changes, Mapping):
        raise BadSetting("settings are a JSON object")
    known = asdict(Settings())
    for name, value in changes.items():
        if name not in known:
            raise BadSetting(f"unknown: {name}; known: {', '.join(known)}")
        if type(value) is not type(known[name]):
            raise BadSetting(f"{name} is {type(known[name]).__name__}")
    changed = replace(read_settings(store), **changes)
    store.put(_TABLE, _KEY, asdict(changed))
    return changed
