"""One row of costs: what it has to say, and why a row is refused. Reads one row; cost_file.py reads the file."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Final, NamedTuple

from shared.domain.money.amounts import CURRENCY, AmbiguousAmount, NotAnAmount, cents, exact, plain, read_amount
from shared.domain.money.policy_model import KINDS, MoneyPolicy
from shared.domain.money.spreadsheet import runs

MAX_TEXT: Final = 200
"""Characters of a channel, a campaign or a key."""
_TEXTS: Final = ("date", "kind", "channel", "campaign", "currency", "key")
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


class Cost(NamedTuple):
    """Money that was spent. ``key`` names the row for ever: a later row with the same key replaces it."""

    key: str
    day: str
    kind: str
    channel: str
    campaign: str
    amount: Decimal
    currency: str


class Flaw(NamedTuple):
    """Why a row was refused. Never repeats what was in it."""

    field: str
    code: str
    message: str


def read_cost(values: Mapping[str, str | Decimal], policy: MoneyPolicy) -> Cost | list[Flaw]:
    """A row by the names of its fields, or everything that is wrong with it. Without a key the row has none yet."""
    # Spreadsheets leave no-break spaces and line breaks in names; two spellings of one campaign would be two.
    texts = {name: " ".join(str(values.get(name, "")).split()) for name in _TEXTS}
    flaws = [flaw for name, text in texts.items() if (flaw := _text_flaw(name, text))]
    day = _day(texts["date"], flaws)
    amount = _amount(values.get("amount", ""), flaws)
    kind, currency = texts["kind"].lower(), texts["currency"].upper()
    if kind not in KINDS:
        flaws.append(Flaw("kind", "COSTS.BAD_KIND", f"is not one of {', '.join(KINDS)}"))
    if not CURRENCY.fullmatch(currency):
        flaws.append(Flaw("currency", "COSTS.BAD_CURRENCY", "is not a currency code of three letters"))
    elif day and policy.rates.rate(currency, day) is None:
        flaws.append(Flaw("currency", "COSTS.NO_RATE", "has no exchange rate for this date in money.yaml"))
    if flaws or amount is None:
        return flaws
    return Cost(texts["key"], day, kind, texts["channel"], texts["campaign"], amount, currency)


def content_key(cost: Cost, number: int) -> str:
    """The key of a row that states none: its content, and which of several equal rows of its file it is."""
    content = (cost.day, cost.kind, cost.channel, cost.campaign, plain_amount(cost.amount), cost.currency, str(number))
    return "content:" + sha256("\n".join(content).encode()).hexdigest()[:32]


def digest_of(costs: Iterable[Cost]) -> str:
    """The hash of rows, whatever their order: the same rows again are recognised by it."""
    rows = sorted("\n".join((*cost[:5], plain_amount(cost.amount), cost.currency)) for cost in costs)
    return sha256("\n\n".join(rows).encode()).hexdigest()


def plain_amount(amount: Decimal) -> str:
    """The exact amount, however many zeros it was written with."""
    return plain(amount) if amount == cents(amount) else f"{amount.normalize():f}"


def _text_flaw(name: str, text: str) -> Flaw | None:
    if len(text) > MAX_TEXT:
        return Flaw(name, "COSTS.TOO_LONG", f"is longer than {MAX_TEXT} characters")
    if runs(text):
        return Flaw(
            name, "COSTS.FORMULA", "would be run as a formula by a spreadsheet; begin it with another character"
        )
    if not text.isprintable():
        return Flaw(name, "COSTS.BAD_TEXT", "has characters that cannot be shown")
    return None


def _day(text: str, flaws: list[Flaw]) -> str:
    dotted = _DOTTED.fullmatch(text)
    try:
        if dotted:
            found = date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        else:
            # fromisoformat also reads 20260309 and 2026-W11-1, which nobody means in a cost file.
            found = date.fromisoformat(text if len(text) == 10 and text[4] == "-" == text[7] else "")
    except ValueError:
        flaws.append(Flaw("date", "COSTS.BAD_DATE", "is not a date as 2026-03-09 or 09.03.2026"))
        return ""
    return found.isoformat()


def _amount(value: str | Decimal, flaws: list[Flaw]) -> Decimal | None:
    try:
        # A JSON number has one reading only.
        return _number(value) if isinstance(value, Decimal) else read_amount(value)
    except AmbiguousAmount:
        flaws.append(Flaw("amount", "COSTS.AMBIGUOUS_AMOUNT", "may be thousands or decimals; write two decimals"))
    except NotAnAmount:
        flaws.append(Flaw("amount", "COSTS.BAD_AMOUNT", "is not an amount with at most four decimals"))
    return None


def _number(value: Decimal) -> Decimal:
    """An exponent could ask for gigabytes of zeros, so it is looked at before the number is written out."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > 20:
        raise NotAnAmount
    return exact(f"{value:f}")
