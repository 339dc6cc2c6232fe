"""A withdrawal that did not come through a door, on its way to the decision: archive, then queue, as at every door.

The address is looked up by its digest, so that no link and no queue holds one. The signal's id is made of what is
withdrawn and when, so recording it twice is one signal.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.contracts.intake import Delivery, InboundRequest
from shared.domain.instant import SECOND, Instant
from shared.ports.clock import IdFactory
from shared.ports.intake import RawArchive, SignalQueue
from shared.ports.messages import ContactPoints

UNSUBSCRIBE: Final = "unsubscribe"
MAIL: Final = "mail"
"""The sources of our own signals (sources.yaml)."""

WITHDRAWN_KIND: Final = "consent_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What writing down a signal of our own needs."""

    archive: RawArchive
    queue: SignalQueue
    contacts: ContactPoints
    ids: IdFactory


def record_withdrawal(
    deps: Recording,
    *,
    lead_id: str,
    address: str,
    purpose: str,
    message_id: str,
    at: Instant,
    now: Instant,
    way: str,
) -> bool:
    """Write down that a purpose was withdrawn from an address (its digest); False when nobody has it any more.

    ``way`` says how: ``page``, ``one_click``, ``complaint``, or ``found`` by the gateway, which met a suppression
    without a withdrawal. Repetitions within a second are one signal.

    Raises:
        StoreUnavailable: not now; doing all of it again is right.
    """
    told = {
        "kind": WITHDRAWN_KIND,
        "id": f"{address}:{purpose}:{at // SECOND}",
        "occurred_at": at,
        "withdraws": purpose,
        "message_id": message_id,
        "way": way,
    }
    return record_signal(deps, UNSUBSCRIBE, told, lead_id=lead_id, address=address, now=now)


def record_signal(
    deps: Recording, source: str, told: Mapping[str, Any], *, lead_id: str, address: str, now: Instant
) -> bool:
    """Archive and queue one event of our own about the person behind a digest; False when there is none.

    Raises:
        StoreUnavailable: not now.
    """
    email = deps.contacts.address_of(lead_id, address)
    if email is None:
        return False
    request = InboundRequest(
        method="POST",
        path=f"/{source}",
        source=source,
        query={},
        headers={"content-type": "application/json"},
        body=json.dumps({**told, "email": email}).encode(),
        received_at=now,
    )
    seed = deps.ids.seed()
    delivery_id = f"dlv_{seed[:26]}"
    deps.queue.send(
        Delivery(
            delivery_id=delivery_id,
            source=source,
            archive_key=deps.archive.put(request, delivery_id),
            received_at=now,
            correlation_id=f"cor_{hashlib.sha256(seed.encode()).hexdigest()[:26]}",
        )
    )
    return True
