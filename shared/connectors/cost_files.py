"""Files of costs: how a sender proves itself. shared.app.import_costs reads them, and nobody becomes a lead."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.contracts.intake import InboundRequest, Rejected, Submission
from shared.domain.intake.problem import Problem
from shared.domain.intake.signatures import Proof, proves


def verify(request: InboundRequest, scheme: str, secrets: Sequence[str]) -> bool:
    """The scheme of the source; beside Standard Webhooks also its secret as a bearer token.

    A bearer proves less: whoever reads it once can send. Book-keeping programs that can send a file can often do no
    more than set a header.
    """
    proof = Proof(headers=request.headers, query={}, body=request.body, now=request.received_at)
    return proves(scheme, proof, secrets) or proves("bearer", proof, secrets)


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:  # noqa: ARG001 - the port's
    """Nothing in a file of costs is a signal.

    Raises:
        Problem: INTAKE.UNKNOWN_SOURCE (404): it was sent to the door of signals.
    """
    raise Problem("INTAKE.UNKNOWN_SOURCE", status=404, detail="Costs are sent with POST to /in/costs.")
