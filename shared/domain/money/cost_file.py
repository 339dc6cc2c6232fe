"""A file of costs, CSV or JSON, as rows and refusals. A wrong row refuses itself, a wrong column the whole file."""

from dataclasses import dataclass
from typing import Final

from shared.domain.money.cells import Flaw
from shared.domain.money.costs import Cost, content_key, read_cost
from shared.domain.money.policy_model import MoneyPolicy
from shared.domain.money.table_file import Layout, Refusal, read_rows

LAYOUT: Final = Layout(
    area="COSTS",
    listed="costs",
    columns=("date", "kind", "channel", "campaign", "amount", "currency", "key", "note"),
    required=(("date",), ("kind",), ("amount",), ("currency",)),
    synonyms={
        "day": "date", "type": "kind", "sum": "amount", "cost": "amount", "id": "key", "comment": "note",
        "дата": "date", "вид": "kind", "канал": "channel", "кампания": "campaign", "сумма": "amount",
        "валюта": "currency", "ключ": "key", "примечание": "note",
        "rodzaj": "kind", "kanał": "channel", "kampania": "campaign", "kwota": "amount", "waluta": "currency",
        "klucz": "key", "uwagi": "note",
    },
)  # fmt: skip
"""``note`` is for people and is not kept."""


@dataclass(frozen=True, slots=True)
class CostFile:
    """What a file says."""

    costs: tuple[Cost, ...]
    refused: tuple[Refusal, ...]


def read_file(text: str, policy: MoneyPolicy) -> CostFile:
    """Read a file.

    Raises:
        BadFile: COSTS.NO_ROWS, NOT_JSON, NOT_CSV, NO_COLUMN, UNKNOWN_COLUMN, TOO_MANY_ROWS.
    """
    costs: dict[str, Cost] = {}
    refused: list[Refusal] = []
    copies: dict[Cost, int] = {}
    for line, values in read_rows(text, LAYOUT):
        found = read_cost(values, policy) if values else [Flaw("", "COSTS.WRONG_WIDTH", "has more cells than columns")]
        if isinstance(found, list):
            refused += [Refusal(line, *flaw) for flaw in found]
            continue
        if not found.key:
            copies[found] = copies.get(found, 0) + 1
            found = found._replace(key=content_key(found, copies[found]))
        if costs.setdefault(found.key, found) != found:
            refused.append(Refusal(line, "key", "COSTS.KEY_TWICE", "is used by another row of this file"))
    return CostFile(tuple(costs.values()), tuple(refused))
