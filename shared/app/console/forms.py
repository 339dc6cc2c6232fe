"""How the value of a figure is written: for people on a page, and for a spreadsheet in a file."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Literal

from shared.app.console import times

Form = Literal["count", "money", "share", "days", "hours", "factor"]
"""``share`` is of one and read in per cent, ``factor`` says how many times as much; ``money`` is a decimal as text."""

UNITS: Final[Mapping[str, str]] = {"share": "share of 1", "days": "days", "hours": "hours"}
"""What a column of a file is in, where its name does not say so."""

WHOLE_FROM: Final = 1000
"""From so much on, an amount that is read at a glance needs no cents."""


def money(text: str | None) -> str:
    """An amount with cents and thousands set apart."""
    return times.NONE if text is None else _grouped(f"{Decimal(text):,.2f}")


def glance(text: str | None, currency: str) -> str:
    """An amount to read at a glance, with its currency."""
    if text is None:
        return times.NONE
    amount = Decimal(text)
    plain = f"{amount:,.0f}" if abs(amount) >= WHOLE_FROM or amount == amount.to_integral() else f"{amount:,.2f}"
    return f"{_grouped(plain)} {currency}"


def percent(share: float | None) -> str:
    """A share of one, which may be below zero or far above one."""
    return times.NONE if share is None else _grouped(f"{share * 100:,.1f}") + f"{times.THIN}%"


def factor(value: float | None) -> str:
    """How many times as much."""
    return times.NONE if value is None else f"{value:.2f}{times.THIN}×"


_SHOWN: Final[Mapping[str, Callable[[Any], str]]] = {
    "count": times.number,
    "money": money,
    "share": percent,
    "days": times.days,
    "hours": times.days,
    "factor": factor,
}


def shown(value: Any, form: Form) -> str:
    """A value as a page has it; a dash for none."""
    return _SHOWN[form](value)


def _grouped(text: str) -> str:
    return text.replace(",", times.THIN).replace("-", "\N{MINUS SIGN}")
