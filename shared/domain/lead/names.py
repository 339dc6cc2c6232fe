"""First, last and full name of a person, from statements of the whole and of its parts, each judged by itself."""

from collections.abc import Mapping

from shared.domain.lead.model import FieldValue


def first_name(profile: Mapping[str, FieldValue]) -> FieldValue | None:
    """The first name by itself or out of the full name, whichever was stated with more authority and later."""
    return _part(profile, "first_name", 0)


def last_name(profile: Mapping[str, FieldValue]) -> FieldValue | None:
    """The last name by itself or out of the full name: a new one from a CRM leaves the first name of a form alone."""
    return _part(profile, "last_name", 1)


def full_name(profile: Mapping[str, FieldValue]) -> str | None:
    """The full name as it was stated, or put together from its parts when one of them was stated later."""
    whole = profile.get("name")
    parts = [profile[part] for part in ("first_name", "last_name") if part in profile]
    if whole and all(whole.stamp >= part.stamp for part in parts):
        return whole.value or None
    found = (first_name(profile), last_name(profile))
    return " ".join(part.value for part in found if part is not None and part.value) or None


def _part(profile: Mapping[str, FieldValue], key: str, place: int) -> FieldValue | None:
    whole, part = profile.get("name"), profile.get(key)
    if whole and (part is None or whole.stamp > part.stamp):
        half = _halves(whole, profile)[place]
        if half:
            return FieldValue(whole.stamp, half, whole.source)
    return part


def _halves(whole: FieldValue, profile: Mapping[str, FieldValue]) -> tuple[str, str]:
    """First and last name of a full one. A last name known from elsewhere is found again (``van der Berg``)."""
    name = whole.value.strip()
    known = profile.get("last_name")
    if known and known.value and name.lower().endswith(f" {known.value.lower()}"):
        return name[: -len(known.value)].strip(), name[-len(known.value) :]
    first, _, last = name.rpartition(" ")
    return first.strip(), last
