"""What records of other systems say about a person, as ordinary signals for the one decision.

What the reference names of a RemoteRecord mean (``""`` is never stored):

- salesforce lead: ``status``, ``owner`` (user or queue id), ``owner_name`` (as the policy names owners),
  ``owner_label`` (as people call them), ``converted`` (``true``),
  ``converted_contact``, ``converted_account``, ``converted_opportunity``, ``converted_on``, ``leadspine_id``,
  ``marketo_id``
- salesforce contact: ``owner``, ``account``, ``account_name``, ``account_domain``, ``leadspine_id``
- salesforce opportunity: ``contacts`` (``003a,003b``, live roles), ``account``, ``account_domain``, ``state``
  (``open``, ``won``, ``lost``), ``stage``, ``amount``, ``currency``, ``opened_on``, ``closed_on``, ``probability``
- salesforce contact_role: ``opportunity``, ``contact`` and its opportunity's references
- marketo person: ``leadspine_id``

The id of a signal is made of the record and of what is taken from it, so that a page that is processed again after a
crash becomes the same signals, which the decision has counted already. It is not made of what was decided about it: a
sum judged again would be another sum.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from shared.domain.identity.model import EXTERNAL, Evidence, Identifier
from shared.domain.instant import Instant
from shared.domain.intake.signal import ConsentClaim, Signal
from shared.domain.sync.canonical import FLAG_ON, canonical
from shared.domain.sync.handover import answer_of
from shared.domain.sync.local import NAME_PARTS, purpose_of
from shared.domain.sync.model import CONTACT, LEAD, OPPORTUNITY, FieldVerdict, RemoteRecord, Verdict
from shared.domain.sync.policy_model import OUT, SyncField, SyncPolicy
from shared.domain.sync.reconcile import Reconciled

CHANGED: Final = "remote_changed"
WITHDRAWN: Final = "consent_withdrawn"
ACCOUNT: Final = {"account": "account_id", "account_name": "account_name", "account_domain": "account_domain"}
"""Reference → attribute of the signal."""
DEAL: Final = {
    "state": "opportunity_state",
    "stage": "opportunity_stage",
    "amount": "amount",
    "currency": "currency",
    "opened_on": "opened_on",
    "closed_on": "closed_on",
    "account": "account_id",
    "account_name": "account_name",
    "account_domain": "account_domain",
}


def external_of(record: RemoteRecord) -> Identifier:
    """The identifier of a record that stands for a person."""
    return Identifier(EXTERNAL, f"{record.system}:{record.remote_id}")


def contacts_of(record: RemoteRecord) -> tuple[str, ...]:
    """The contacts an opportunity or a contact role is about, by remote id, in order."""
    named = (
        record.references.get("contacts", "") if record.object == OPPORTUNITY else record.references.get("contact", "")
    )
    return tuple(sorted({contact.strip() for contact in named.split(",") if contact.strip()}))


def signals_of(
    record: RemoteRecord,
    reconciled: Reconciled | None,
    *,
    identifiers: Sequence[Identifier],
    policy: SyncPolicy,
    now: Instant,
) -> tuple[Signal, ...]:
    """The signals to decide before ``reconciled.link`` is saved; none when the record says nothing new.

    ``identifiers`` are those the signals carry, and a verified signal joins what it carries: the record's own external
    identifier, and an e-mail address only where it is the person's already or nobody else's. ``reconciled`` is None
    for opportunities and contact roles, which say something about each of ``contacts_of``.
    """
    if reconciled is None:
        return _deal(record, identifiers, now)
    if reconciled.stale and not (reconciled.incoming or reconciled.verdicts):
        return ()
    found = [*_statements(record, reconciled, identifiers, policy, now)]
    for purpose, at in sorted(reconciled.withdrawn.items()):
        known = [record.system, record.remote_id, reconciled.link.version, "opt-out", purpose]
        found.append(
            Signal(
                **_common(record, WITHDRAWN, identifiers, at, now, known),
                attributes=_about(record),
                consents=(ConsentClaim(purpose=purpose, given=False),),
            )
        )
    return tuple(found)


def affirmed(reconciled: Reconciled, record: RemoteRecord, policy: SyncPolicy, now: Instant) -> Reconciled:
    """The same with every value that the record holds taken in, equal ones as well.

    For a person about whom there were only claims: the record makes it a verified one, whose claims are hidden.
    """
    key = f"{record.system}.{record.object}"
    held = {
        field.name: canonical(field.type, record.values[spec.name])
        for field in policy.fields
        if (spec := field.remote.get(key)) and spec.direction != OUT and record.values.get(spec.name)
        and purpose_of(field.local) is None
    }  # fmt: skip
    times = {name: reconciled.times.get(name, min(record.stamp, now)) for name in {**held, **reconciled.incoming}}
    return replace(reconciled, incoming={**held, **reconciled.incoming}, times=times)


def introduction(record: RemoteRecord, identifiers: Sequence[Identifier], now: Instant) -> Signal:
    """The signal of a person whom another system knows and of whom it says nothing that we map."""
    at = min(record.created_at or record.stamp, now)
    known = [record.system, record.remote_id, "introduced"]
    return Signal(**_common(record, "identified", identifiers, at, now, known), attributes=_about(record))


def field_verdicts(verdicts: Sequence[Verdict]) -> tuple[FieldVerdict, ...]:
    """Kept decisions without values and record ids: what may go on the bus."""
    return tuple(FieldVerdict(v.system, v.field, v.rule, v.winner, v.code) for v in verdicts)


def _statements(
    record: RemoteRecord,
    reconciled: Reconciled,
    identifiers: Sequence[Identifier],
    policy: SyncPolicy,
    now: Instant,
) -> list[Signal]:
    """One signal per time at which values were stated; what else the record says goes with the latest."""
    mapped = {field.name: field for field in policy.fields}
    by_time: dict[Instant, dict[str, str]] = {}
    for name, value in reconciled.incoming.items():
        by_time.setdefault(reconciled.times[name], {})[name] = value
    more = _standing(record, reconciled, policy)
    if (more or reconciled.verdicts) and not by_time:
        by_time[min(record.stamp, now)] = {}
    signals = []
    for at in sorted(by_time):
        taken, latest = by_time[at], at == max(by_time)
        profile, answers = _stated(taken, mapped)
        about = {**_about(record), **({"fields": ",".join(sorted(taken))} if taken else {}), **(more if latest else {})}
        seen = {name: record.values.get(_remote_name(mapped[name], record), "") for name in sorted(taken)}
        grounds = [record.system, record.remote_id, reconciled.link.version, record.stamp, seen, more if latest else {}]
        signals.append(
            Signal(
                **_common(record, CHANGED, identifiers, at, now, grounds),
                phone=profile.get("phone") if profile.get("phone", "").startswith("+") else None,
                profile=profile,
                answers=answers,
                attributes=about,
                verdicts=field_verdicts(reconciled.verdicts) if latest else (),
            )
        )
    return signals


def _remote_name(field: SyncField, record: RemoteRecord) -> str:
    return field.remote[f"{record.system}.{record.object}"].name


def _stated(taken: Mapping[str, str], mapped: Mapping[str, SyncField]) -> tuple[dict[str, str], dict[str, str]]:
    """Values taken in as profile and answers. ``""`` clears."""
    profile: dict[str, str] = {}
    answers: dict[str, str] = {}
    for name, value in taken.items():
        path = mapped[name].local
        section, _, key = path.partition(".")
        if path in NAME_PARTS:
            profile[NAME_PARTS[path]] = value
        elif section == "profile":
            profile[key] = value
        elif section == "answers":
            answers[key] = value
    return profile, answers


def _standing(record: RemoteRecord, reconciled: Reconciled, policy: SyncPolicy) -> dict[str, str]:
    """What changed besides fields: sales' answer to a hand-over, the account."""
    news, references, found = reconciled.news, record.references, dict[str, str]()
    if record.object == LEAD and news & {"status", "converted"}:
        answer = answer_of(references.get("status", ""), references.get("converted") == FLAG_ON, policy)
        if answer:
            found["handover"] = answer[0]
            found |= {"stage": answer[1]} if answer[1] else {}
            found |= {"handover_reason": references["status"]} if answer[1] and "status" in references else {}
    if record.object == CONTACT and news & ACCOUNT.keys():
        found |= {name: references[key] for key, name in ACCOUNT.items() if key in references}
    if "owner" in references and (found or (record.object == LEAD and "owner" in news)):
        found["owner"] = references["owner"]
    return found


def _deal(record: RemoteRecord, identifiers: Sequence[Identifier], now: Instant) -> tuple[Signal, ...]:
    """An opportunity as its contact's signal. A deleted one, or a role that ended, takes nothing back that was told."""
    references = record.references
    opportunity_id = record.remote_id if record.object == OPPORTUNITY else references.get("opportunity", "")
    if record.deleted or not opportunity_id or "state" not in references:
        return ()
    deal = {name: references[key] for key, name in DEAL.items() if key in references}
    about = {**_about(record), "opportunity_id": opportunity_id, **deal}
    grounds = [record.system, opportunity_id, [str(identifier) for identifier in identifiers[:1]], deal]
    at = min(record.stamp, now)
    return (Signal(**_common(record, CHANGED, identifiers, at, now, grounds), attributes=about),)


def _about(record: RemoteRecord) -> dict[str, str]:
    return {"system": record.system, "object": record.object, "remote_id": record.remote_id}


def _common(
    record: RemoteRecord,
    kind: str,
    identifiers: Sequence[Identifier],
    at: Instant,
    now: Instant,
    grounds: Sequence[object],
) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps([kind, *grounds], sort_keys=True, ensure_ascii=True).encode()).hexdigest()
    return {
        "signal_id": f"sig_{digest[:26]}",
        "kind": kind,
        "occurred_at": at,
        "recorded_at": now,
        "source": record.system,
        "evidence": Evidence.VERIFIED,
        "identifiers": tuple(identifiers),
    }
