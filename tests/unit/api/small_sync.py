"""A small sync policy for tests of what is shown: an address, a title, an opt-out, in both systems."""

from shared.domain.scoring.condition import Always, Compare
from shared.domain.sync.policy_model import (
    BOTH,
    OUT,
    BudgetPolicy,
    HandoverPolicy,
    RemoteField,
    SyncField,
    SyncPolicy,
    Territory,
)


def small_policy() -> SyncPolicy:
    """Salesforce by hand-over, Marketo for whoever may be processed."""
    budget = BudgetPolicy(daily=1000, careful=0.6, urgent_only=0.8, stop=0.95)
    return SyncPolicy(
        fields=(
            _field("email", "profile.email", "email", "latest", "Email", "email"),
            _field("title", "profile.title", "text", "owner:salesforce", "Title", "title"),
            _field(
                "email_opt_out",
                "consent.ad.email.opt_out",
                "flag",
                "merge:least-permissive",
                "HasOptedOutOfEmail",
                "unsubscribed",
            ),
            _field("leadspine_id", "lead.id", "text", "owner:leadspine", "Leadspine_Id__c", "leadspineId", OUT),
        ),
        create={
            "salesforce": Compare("handover.state", "exists", None),
            "marketo": Compare("consent.processing", "eq", "given"),
        },
        handover=HandoverPolicy(
            status="Open",
            territories=(Territory(name="all", when=Always(), owners=("sam@acme.test",)),),
            answers={},
            stages={},
            task_subject="Call",
        ),
        budgets={"salesforce": budget, "marketo": budget},
        tie="salesforce",
        uncertainty_ms=1_000,
        overlap_ms=60_000,
        freeze_after=3,
        merge_in_marketo=False,
        version="small",
    )


def _field(
    name: str, local: str, kind: str, rule: str, salesforce: str, marketo: str, direction: str = BOTH
) -> SyncField:
    there = RemoteField(name=salesforce, direction=direction)
    remote = {
        "salesforce.lead": there,
        "salesforce.contact": there,
        "marketo.person": RemoteField(name=marketo, direction=direction),
    }
    return SyncField(name=name, local=local, type=kind, rule=rule, remote=remote)
