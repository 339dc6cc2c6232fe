"""A system that answers as it is told, and a policy without fields."""

from collections.abc import Mapping, Sequence

from shared.domain.sync.model import RemoteRecord, RemoteWrite, Usage, WriteOutcome
from shared.domain.sync.policy_model import HandoverPolicy, SyncPolicy
from shared.ports.sync import Finding, Page, Position


def empty_policy() -> SyncPolicy:
    handover = HandoverPolicy(status="Open", territories=(), answers={}, stages={}, task_subject="Call")
    return SyncPolicy(
        fields=(), create={}, handover=handover, budgets={}, tie="salesforce", uncertainty_ms=0, overlap_ms=60_000,
        freeze_after=3, merge_in_marketo=False, version="v1",
    )  # fmt: skip


class ScriptedSystem:
    """Gives these pages, records and findings; ``trouble`` is raised by every method instead."""

    name = "salesforce"

    def __init__(
        self,
        *,
        records: Mapping[str, RemoteRecord] | None = None,
        findings: Sequence[Finding] = (),
        trouble: Exception | None = None,
    ) -> None:
        self._records = dict(records or {})
        self._findings = tuple(findings)
        self.trouble = trouble
        self.made = 0

    def changes(self, position: Position) -> Page:
        self._call()
        changed = () if position else tuple(self._records.values())
        return Page(records=changed, position={"n": 1}, more=False)

    def read(self, remote_ids: Sequence[str]) -> tuple[RemoteRecord, ...]:
        self._call()
        return tuple(self._records[remote_id] for remote_id in remote_ids if remote_id in self._records)

    def write(self, writes: Sequence[RemoteWrite]) -> tuple[WriteOutcome, ...]:
        self._call()
        return tuple(WriteOutcome("updated", write.remote_id, write.object) for write in writes)

    def merge(self, winner: str, losers: Sequence[str]) -> None:
        self._call()

    def usage(self) -> Usage | None:
        return None

    def calls(self) -> int:
        return self.made

    def preflight(self) -> tuple[Finding, ...]:
        self._call()
        return self._findings

    def _call(self) -> None:
        self.made += 1
        if self.trouble is not None:
            raise self.trouble


def lead_record(remote_id: str, stamp: int = 1_000) -> RemoteRecord:
    return RemoteRecord(
        system="salesforce", object="lead", remote_id=remote_id, stamp=stamp, read_at=stamp, values={"Title": "CTO"}
    )
