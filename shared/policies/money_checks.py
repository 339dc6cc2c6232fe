"""What belongs together in money.yaml. Works on raw values: it finds everything."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.policies.problems import Path

Raw = Mapping[str, Any]
Finding = tuple[Path, str]


def check_money(data: Raw) -> Iterator[Finding]:
    """No rate of the reporting currency to itself, no rate of nothing, no currency without a rate, no kind twice."""
    given = data.get("spend")
    spend: list[Any] = given if isinstance(given, list) else []
    for number, kind in enumerate(spend):
        if isinstance(kind, str) and kind in spend[:number]:
            yield ("spend", number), f'"{kind}" is there twice'
    rates = data.get("rates")
    for currency, months in rates.items() if isinstance(rates, dict) else ():
        path: Path = ("rates", currency)
        if currency == data.get("currency"):
            yield path, "is the reporting currency: one unit of it is always worth one"
        if not isinstance(months, dict):
            continue
        if not months:
            yield path, "has no rate"
        for month, rate in months.items():
            if isinstance(rate, str) and _is_nothing(rate):
                yield (*path, month), "must be more than nothing"


def _is_nothing(rate: str) -> bool:
    try:
        return Decimal(rate) == 0
    except InvalidOperation:
        return False
