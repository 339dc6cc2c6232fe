"""Orders and payments of an ERP or of 1C as rows, CSV or JSON. A wrong row refuses itself, a wrong column the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Final, NamedTuple

from shared.domain.money.amounts import plain
from shared.domain.money.cells import Cells, Flaw, Values
from shared.domain.money.table_file import Layout, Refusal, read_rows

LAYOUT: Final = Layout(
    area="ORDERS",
    listed="orders",
    columns=(
        "order", "date", "email", "domain", "customer", "name", "company", "phone", "amount", "refunded", "currency",
        "state", "paid_on", "closed_on", "updated", "note",
    ),
    required=(("order",), ("date", "paid_on"), ("email", "domain", "customer")),
    synonyms={
        "order_id": "order", "order id": "order", "order number": "order", "number": "order", "key": "order",
        "id": "order", "invoice": "order", "day": "date", "order date": "date", "placed_on": "date",
        "e-mail": "email", "mail": "email", "company domain": "domain", "company_domain": "domain",
        "customer id": "customer", "customer_id": "customer", "client": "customer", "sum": "amount", "total": "amount",
        "status": "state", "paid": "paid_on", "payment date": "paid_on", "payment_date": "paid_on",
        "cancelled_on": "closed_on", "refunded_on": "closed_on", "changed": "updated", "comment": "note",
        "заказ": "order", "номер": "order", "номер заказа": "order", "ключ": "order", "счёт": "order", "счет": "order",
        "дата": "date", "дата заказа": "date", "почта": "email", "домен": "domain",
        "контрагент": "customer", "код клиента": "customer", "инн": "customer", "клиент": "customer", "имя": "name",
        "фио": "name", "компания": "company", "организация": "company", "телефон": "phone", "сумма": "amount",
        "возврат": "refunded", "валюта": "currency", "статус": "state", "состояние": "state", "оплачен": "paid_on",
        "дата оплаты": "paid_on", "закрыт": "closed_on", "изменён": "updated", "изменен": "updated",
        "примечание": "note", "комментарий": "note",
        "zamówienie": "order", "numer": "order", "klucz": "order", "faktura": "order", "poczta": "email",
        "domena": "domain", "klient": "customer", "nip": "customer", "firma": "company", "telefon": "phone",
        "kwota": "amount", "zwrot": "refunded", "waluta": "currency", "stan": "state", "zapłacono": "paid_on",
        "data zapłaty": "paid_on", "data": "date", "zamknięto": "closed_on", "zmieniono": "updated", "uwagi": "note",
    },
)  # fmt: skip
"""``note`` is for people and is not kept."""

STATES: Final = ("open", "won", "lost")

_STATES: Final[Mapping[str, str]] = {
    word: state
    for state, words in {
        "open": "open,placed,new,unpaid,pending,on-hold,awaiting payment,новый,открыт,не оплачен,ожидает оплаты,"
        "otwarte,nowe,niezapłacone",
        "won": "won,paid,completed,complete,processing,оплачен,оплачено,выполнен,opłacone,zapłacone,zrealizowane",
        "lost": "lost,cancelled,canceled,refunded,failed,returned,отменён,отменен,возвращён,возвращен,возврат,"
        "anulowane,zwrócone",
    }.items()
    for word in words.split(",")
}
"""How shops and book-keeping programs call the states, in lower case."""


class OrderRow(NamedTuple):
    """An order as it stands. ``amount`` is less what was given back, ``""`` when nobody says; days are calendar days.

    ``at`` is the day, or the instant in ISO 8601, as of which the row speaks: of two rows about an order the later
    one holds.
    """

    order: str
    state: str
    amount: str
    currency: str
    placed_on: str
    closed_on: str
    at: str
    email: str
    domain: str
    customer: str
    name: str
    company: str
    phone: str

    @property
    def row_id(self) -> str:
        """The same for every row that says the same, in whatever file."""
        return "row:" + sha256("\n".join(self).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class OrderFile:
    """What a file says; every row with its line."""

    orders: tuple[tuple[int, OrderRow], ...]
    refused: tuple[Refusal, ...]


def read_file(text: str) -> OrderFile:
    """Read a file.

    Raises:
        BadFile: ORDERS.NO_ROWS, NOT_JSON, NOT_CSV, NO_COLUMN, UNKNOWN_COLUMN, TOO_MANY_ROWS.
    """
    orders: list[tuple[int, OrderRow]] = []
    refused: list[Refusal] = []
    for line, values in read_rows(text, LAYOUT):
        found = read_order(values) if values else [Flaw("", "ORDERS.WRONG_WIDTH", "has more cells than columns")]
        if isinstance(found, list):
            refused += [Refusal(line, *flaw) for flaw in found]
        else:
            orders.append((line, found))
    return OrderFile(tuple(orders), tuple(refused))


def read_order(values: Values) -> OrderRow | list[Flaw]:
    """A row by the names of its fields, or everything that is wrong with it."""
    cells = Cells("ORDERS", values)
    order, email, domain, customer = (cells.text(name) for name in ("order", "email", "domain", "customer"))
    name, company = (cells.text(field) for field in ("name", "company"))
    # A number with its plus is no formula.
    phone = " ".join(str(values.get("phone", "")).split())[:40]
    placed_on, paid_on, closed_on = (
        cells.day(field) if cells.has(field) else "" for field in ("date", "paid_on", "closed_on")
    )
    updated = _updated(cells)
    amount, currency, gone = _money(cells)
    state = "lost" if gone else _state(cells, paid=bool(paid_on))
    if not order:
        cells.refuse("order", "NO_ORDER", "is empty: an order has a number")
    if not (email or domain or customer):
        cells.refuse("email", "NO_CUSTOMER", "is empty, and neither domain nor customer says who ordered")
    if not (placed_on or paid_on):
        cells.refuse("date", "NO_DATE", "is empty, and paid_on does not say when either")
    if cells.flaws:
        return cells.flaws
    closed_on = {
        "won": paid_on or closed_on or placed_on,
        "lost": closed_on or updated[:10] or paid_on or placed_on,
    }.get(state, "")
    at = updated or max(placed_on, paid_on, closed_on)
    return OrderRow(
        order, state, amount, currency, placed_on, closed_on, at, email, domain, customer, name, company, phone
    )


def _updated(cells: Cells) -> str:
    """When the row was changed last: a day, or an instant as programs write it."""
    if not cells.has("updated"):
        return ""
    text = cells.text("updated")
    if "T" not in text:
        return cells.day("updated")
    try:
        datetime.fromisoformat(text)
    except ValueError:
        cells.refuse("updated", "BAD_DATE", "is neither a date nor a time as 2026-03-09T14:30:00Z")
        return ""
    return text


def _money(cells: Cells) -> tuple[str, str, bool]:
    """The amount less what was given back, its currency, and whether all of it was given back.

    Nothing for an order whose amount nobody says. One that was given back whole keeps its amount: it is lost.
    """
    if not cells.has("amount"):
        return "", "", False
    amount, currency = cells.amount("amount"), cells.currency("currency")
    refunded = cells.amount("refunded") if cells.has("refunded") else Decimal(0)
    if amount is None or refunded is None:
        return "", "", False
    if not 0 <= refunded <= amount:
        cells.refuse("amount", "BAD_AMOUNT", "is below zero, or less than what was given back")
        return "", "", False
    gone = 0 < refunded == amount
    return plain(amount if gone else amount - refunded), currency, gone


def _state(cells: Cells, *, paid: bool) -> str:
    """The state; without one an order is paid when it says on which day."""
    word = cells.text("state").lower()
    state = _STATES.get(word) if word else ("won" if paid else "open")
    if state is None:
        cells.refuse("state", "BAD_STATE", f"is not one of {', '.join(STATES)}, nor a word that is known for one")
        return ""
    return state
