"""Orders and payments of an ERP or of 1C: the rows of docs/reference/metrics.md (Orders) as JSON, or the CSV as it is.

Every row tells of an order as it stands, so that rows may come in any order and again. Whoever has no e-mail address is
known by the customer's number or by the company's domain.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.contracts.intake import InboundRequest, Rejected, Submission
from shared.domain.intake.bodies import content_type_of, decode_text
from shared.domain.intake.orders import LOST, PAID, PLACED
from shared.domain.intake.problem import Problem
from shared.domain.money.order_file import OrderRow, read_file
from shared.domain.money.table_file import BadFile

STRICT = True
"""Its senders are programs that somebody is writing: tell them."""

_KINDS: Final = {"open": "order_placed", "won": "order_paid", "lost": "order_refunded"}
_CHANGES: Final = {"open": PLACED, "won": PAID, "lost": LOST}


def parse(request: InboundRequest, options: Mapping[str, Any]) -> list[Submission | Rejected]:  # noqa: ARG001 - the port's
    """One submission per row, then the rows that are refused; their index is the line less one.

    Raises:
        Problem: ORDERS.* of shared.domain.money.table_file (400); nothing can be read.
    """
    declared = content_type_of(request.headers.get("content-type", ""))
    text, _ = decode_text(request.body, declared.charset)
    try:
        file = read_file(text)
    except BadFile as bad:
        raise Problem(bad.code, status=400, detail=bad.detail) from bad
    refused = {refusal.line: refusal for refusal in reversed(file.refused)}
    return [
        *(_submission(row, request.source) for _, row in file.orders),
        *(
            Rejected(code=one.code, detail=f"Line {line}: {one.field} {one.message}.", index=line - 1)
            for line, one in sorted(refused.items())
        ),
    ]


def _submission(row: OrderRow, source: str) -> Submission:
    attributes = {
        "order_id": row.order,
        "order_change": _CHANGES[row.state],
        "amount": row.amount,
        "currency": row.currency,
        "placed_on": row.placed_on,
        "closed_on": row.closed_on,
        "company_domain": row.domain,
    }
    # A number of the books stands for a company: it must not make one person of the several who order for it.
    customer = row.customer or row.domain
    return Submission(
        kind=_KINDS[row.state],
        vendor_id=row.row_id,
        occurred_at=row.at if "T" in row.at else f"{row.at}T00:00:00Z",
        email=row.email or None,
        phone=row.phone or None,
        name=row.name or None,
        company=row.company or None,
        external_id=f"{source}:{customer}" if customer and not row.email else None,
        attributes={name: text for name, text in attributes.items() if text},
    )
