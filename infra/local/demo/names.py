"""Invented people and companies in four languages. Nobody of these exists: every corporate domain is under `.example`.

Addresses at free mail services carry a number, so that they are not somebody's by chance.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from infra.local.demo.dice import Dice

MARKETS: Final = {
    "US": {"US": 0.5, "DE": 0.3, "PL": 0.2},
    "UK": {"GB": 0.4, "PL": 0.25, "RU": 0.2, "DE": 0.15},
}
"""leadforge knows two regions; the demo spreads their companies over the markets of a vendor in Central Europe."""

LANGUAGE: Final = {"US": "en", "GB": "en", "DE": "de", "PL": "pl", "RU": "ru"}

# Women's and men's names; a surname is a stem with the ending of a woman's or a man's name.
_FIRST: Final = {
    "en": (
        ("Emily", "Grace", "Hannah", "Olivia", "Chloe", "Rachel", "Megan", "Laura"),
        ("James", "Oliver", "Daniel", "Thomas", "Ryan", "Adam", "Luke", "Mark"),
    ),
    "de": (
        ("Anja", "Katrin", "Lena", "Sabine", "Heike", "Miriam", "Ulrike", "Jana"),
        ("Jürgen", "Lukas", "Stefan", "Markus", "Tobias", "Jörg", "Felix", "Uwe"),
    ),
    "pl": (
        ("Agnieszka", "Małgorzata", "Zofia", "Katarzyna", "Joanna", "Magda", "Łucja", "Ewa"),
        ("Paweł", "Tomasz", "Krzysztof", "Michał", "Jakub", "Łukasz", "Marek", "Piotr"),
    ),
    "ru": (
        ("Анна", "Елена", "Ольга", "Мария", "Наталья", "Ирина", "Юлия", "Светлана"),
        ("Алексей", "Дмитрий", "Сергей", "Иван", "Павел", "Андрей", "Михаил", "Егор"),
    ),
}
_LAST: Final = {
    "en": ("Ashdown", "Brockley", "Carswell", "Denholm", "Elstree", "Farrow", "Garstang", "Hexham", "Inskip",
           "Kelsall", "Lindale", "Marsden", "Norbury", "Oakham", "Penrith", "Thornbury"),
    "de": ("Ahrenfeld", "Brückmann", "Dornbusch", "Eichhorst", "Falkenau", "Grünthal", "Hagedorn", "Immerath",
           "Kalthoff", "Lindhorst", "Mühlrad", "Nordhaus", "Osterkamp", "Rübsam", "Steinweg", "Weißbach"),
    "pl": ("Brzozowsk", "Czarneck", "Dąbrowieck", "Gołębiowsk", "Jaworsk", "Krasnopolsk", "Lipieck", "Młynarsk",
           "Olszańsk", "Podgórsk", "Rzeszowsk", "Sosnowieck", "Świerczyńsk", "Topolsk", "Wierzbick", "Żuławsk"),
    "ru": ("Березин", "Волгин", "Горелов", "Дубравин", "Ельцов", "Журавлёв", "Заречнов", "Ключев",
           "Ладожин", "Морозов", "Неверов", "Озеров", "Полянин", "Рябинин", "Северов", "Тополев"),
}  # fmt: skip
_ENDINGS: Final = {"en": ("", ""), "de": ("", ""), "pl": ("a", "i"), "ru": ("а", "")}

_STEMS: Final = {
    "en": (("Nor", "Bright", "Silver", "Oak", "North", "Clear", "Stone", "Blue"),
           ("bridge", "field", "gate", "haven", "mere", "wick", "well", "ford")),
    "de": (("Nord", "Rhein", "Stein", "Grün", "Hoch", "Wald", "Süd", "Elb"),
           ("werk", "bau", "takt", "kraft", "feld", "mark", "tal", "hof")),
    "pl": (("Ziel", "Wisło", "Nowo", "Jas", "Bur", "Sreb", "Dąb", "Kro"),
           ("mont", "pol", "stal", "tech", "dar", "wit", "nex", "bud")),
    "ru": (("Север", "Вест", "Урал", "Волга", "Ново", "Пром", "Сиб", "Стан"),
           ("лог", "маш", "снаб", "тех", "строй", "торг", "мет", "лайн")),
}  # fmt: skip
_TRADES: Final = {
    "en": {"manufacturing": "Manufacturing", "logistics": "Logistics", "professional_services": "Advisory",
           "healthcare_non_clinical": "Care Services"},
    "de": {"manufacturing": "Maschinen", "logistics": "Spedition", "professional_services": "Beratung",
           "healthcare_non_clinical": "Pflegedienste"},
    "pl": {"manufacturing": "Produkcja", "logistics": "Logistyka", "professional_services": "Doradztwo",
           "healthcare_non_clinical": "Opieka"},
    "ru": {"manufacturing": "Производство", "logistics": "Логистика", "professional_services": "Консалтинг",
           "healthcare_non_clinical": "Медсервис"},
}  # fmt: skip
_LEGAL: Final = {"en": "{} Ltd", "de": "{} GmbH", "pl": "{} Sp. z o.o.", "ru": "ООО «{}»"}

_FREE_MAIL: Final = {
    "en": ("gmail.com", "outlook.com"),
    "de": ("gmx.de", "web.de"),
    "pl": ("wp.pl", "onet.pl"),
    "ru": ("mail.ru", "yandex.ru"),
}
# Ranges kept free for fiction where a country has one, unused exchanges otherwise.
_PHONES: Final = {
    "US": "+1 202 555 01{:02d}", "GB": "+44 20 7946 0{:03d}", "DE": "+49 30 23125 {:03d}",
    "PL": "+48 22 000 {:04d}", "RU": "+7 495 000-{:04d}",
}  # fmt: skip

_LATIN: Final = str.maketrans("абвгдезийклмнопрстуфыэёł", "abvgdeziyklmnoprstufyeel") | str.maketrans(
    {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"}
    | {"ß": "ss"}
)


@dataclass(frozen=True, slots=True)
class PersonName:
    """A first and a last name that agree."""

    first: str
    last: str


def person_name(dice: Dice, language: str, key: str) -> PersonName:
    """An invented name."""
    male = dice.between(0, 1, key, "sex")
    stem = dice.pick(_LAST[language], key, "last")
    return PersonName(dice.pick(_FIRST[language][male], key, "first"), stem + _ENDINGS[language][male])


def trade_name(language: str, industry: str, number: int) -> str:
    """An invented name without its legal form; different numbers give different names."""
    fronts, backs = _STEMS[language]
    stem = fronts[number % len(fronts)] + backs[number // len(fronts) % len(backs)]
    again = number // (len(fronts) * len(backs))
    trade = _TRADES[language][industry]
    return f"{stem} {trade} {again + 1}" if again else f"{stem} {trade}"


def company_name(language: str, trade: str) -> str:
    """A trade name with the legal form of its country."""
    return _LEGAL[language].format(trade)


def company_domain(language: str, trade: str) -> str:
    """The mail domain of a company."""
    return f"{slug(trade)}-{language}.example"


def free_mail_domain(dice: Dice, language: str, key: str) -> str:
    """A free mail service."""
    return dice.pick(_FREE_MAIL[language], key, "free mail")


def phone(dice: Dice, country: str, key: str) -> str:
    """A number that rings nowhere."""
    pattern = _PHONES[country]
    digits = int(pattern.partition("{:0")[2][0])
    return pattern.format(dice.between(0, 10**digits - 1, key, "phone"))


def slug(text: str) -> str:
    """Text for an address: ASCII letters, digits and hyphens."""
    latin = unicodedata.normalize("NFKD", text.lower().translate(_LATIN))
    kept = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in latin if ord(letter) < 768)
    return "-".join(kept.split())
