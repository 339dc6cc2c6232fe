"""What a submission states about a person: names, address, number, company, as clean profile values with flags.

What cannot be used is kept beside it as it came (``email_raw``, ``phone_raw``), for a human; nothing is guessed.
"""

from dataclasses import dataclass, field
from typing import Final

from shared.app.contact_points import Address, read_address, read_number
from shared.contracts.intake import Submission
from shared.domain.intake.text import clean_text, mixed_scripts, read_name, suspicious

NUMERIC_PHONE: Final = "phone:number"
"""A parser's remark: the phone came as a JSON number, which cannot carry a leading plus."""


@dataclass(slots=True)
class Person:
    """What a submission says about somebody, cleaned. ``reachable``: there is a phone that somebody could dial."""

    profile: dict[str, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    address: Address | None = None
    phone: str | None = None
    reachable: bool = False


def read_person(submission: Submission, region: str | None) -> Person:
    """Everything a submission states about its person, each value cleaned by its own rules."""
    person = Person()
    for key in ("name", "first_name", "last_name", "title", "company", "country"):
        _keep_text(person, key, getattr(submission, key))
    _keep_name(person)
    _keep_email(person, submission.email)
    _keep_phone(person, submission, region)
    return person


def _keep_text(person: Person, key: str, value: str | None) -> None:
    text, flags = clean_text(value or "", limit=200)
    if text:
        person.profile[key] = text
        person.flags += [f"{flag}:{key}" for flag in (*flags, *suspicious(text))]


def _keep_name(person: Person) -> None:
    profile = person.profile
    if "name" in profile:
        name, first, last = read_name(profile["name"])
        if name is None:
            del profile["name"]
            person.flags.append("name:not_a_name")
        else:
            profile["name"] = name
            person.flags += ["mixed_script:name"] if mixed_scripts(name) else []
            for key, part in (("first_name", first), ("last_name", last)):
                if part:
                    profile.setdefault(key, part)
    parts = [profile[key] for key in ("first_name", "last_name") if key in profile]
    if parts:
        profile.setdefault("name", " ".join(parts))


def _keep_email(person: Person, raw: str | None) -> None:
    if not (raw and raw.strip()):
        return
    person.address = read_address(raw.replace("\0", ""))
    if person.address is None:
        person.flags.append("email:invalid")
        person.profile["email_raw"] = clean_text(raw, limit=200)[0]
        return
    person.profile["email"] = person.address.shown
    if person.address.mixed_script:
        person.flags.append("mixed_script")


def _keep_phone(person: Person, submission: Submission, region: str | None) -> None:
    raw = (submission.phone or "").replace("\0", "").strip()
    if not raw:
        return
    number = read_number(raw, region, numeric=NUMERIC_PHONE in submission.flags)
    if number is not None:
        person.phone = person.profile["phone"] = number.e164
        person.reachable = True
    else:
        person.profile["phone_raw"] = clean_text(raw, limit=60)[0]
        person.reachable = sum(letter.isdigit() for letter in raw) >= 7
    if number is None or not number.valid:
        person.flags.append("phone:invalid")
