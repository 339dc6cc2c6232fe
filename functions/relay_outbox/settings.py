"""What relay_outbox has to be told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names of tables and bus."""

    leads_table_name: str
    ops_table_name: str
    bus_name: str
