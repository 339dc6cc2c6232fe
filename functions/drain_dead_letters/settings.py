"""What drain_dead_letters has to be told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``dead_letter_queues`` is JSON of physical queue name to catalog name."""

    ops_table_name: str
    dead_letter_queues: str = "{}"
