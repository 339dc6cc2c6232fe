"""What the twins in memory share: rows that one decision changes together, under one lock."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.engagement.model import Cadence, MessageRecord
from shared.domain.identity.model import Identifier
from shared.domain.instant import Instant
from shared.domain.lead.decision import HistoryRow, Timer
from shared.domain.lead.model import Lead, LeadId
from shared.ports.consent_ledger import SealedEvent
from shared.ports.outbox import OutboxRow


@dataclass(slots=True)
class MemoryTables:
    """Tables leads, ledger, keys and engagement. Values are frozen, so handing them out is safe."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    heads: dict[LeadId, Lead] = field(default_factory=dict)
    pointers: dict[Identifier, LeadId] = field(default_factory=dict)
    phones: dict[str, dict[LeadId, None]] = field(default_factory=dict)
    names: dict[str, dict[LeadId, None]] = field(default_factory=dict)
    companies: dict[str, dict[LeadId, None]] = field(default_factory=dict)
    seen: dict[LeadId, dict[int, frozenset[str]]] = field(default_factory=dict)
    history: dict[LeadId, dict[int, HistoryRow]] = field(default_factory=dict)
    outbox: dict[str, OutboxRow] = field(default_factory=dict)
    timers: dict[Timer, None] = field(default_factory=dict)
    ledger: dict[str, list[SealedEvent]] = field(default_factory=dict)
    data_keys: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    permits: dict[tuple[str, str, int], MessageRecord] = field(default_factory=dict)
    suppressions: dict[str, dict[tuple[str, str], Instant]] = field(default_factory=dict)
    messages: dict[str, MessageRecord] = field(default_factory=dict)
    cadences: dict[str, Cadence] = field(default_factory=dict)
