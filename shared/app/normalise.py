"""Submissions become signals: identities, clean text, consent claims, one instant, one id that every retry shares.

Pure but for the libraries that know addresses, numbers and domains; no clock, no storage. Runs behind the queue only.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from shared.app.contact_points import corporate_domain
from shared.app.stated_person import NUMERIC_PHONE, Person, read_person
from shared.contracts.intake import InboundRequest, Rejected, Source, Submission
from shared.domain.identity.model import ANONYMOUS, EMAIL, EXTERNAL, SIGNAL, USER, Evidence, Identifier
from shared.domain.instant import Instant
from shared.domain.intake.campaign import click_id_of, host_and_path
from shared.domain.intake.orders import RESERVED, statement
from shared.domain.intake.problem import Problem
from shared.domain.intake.signal import REMOTE_CHANGED, ConsentClaim, Scalar, Signal
from shared.domain.intake.text import clean_text, suspicious
from shared.domain.intake.timestamps import read_time
from shared.domain.touchpoint.channel import UNASSIGNED, channel_of, channel_of_visit
from shared.ports.intake import SourceParser

WRITE_KEY: Final = "write_key"
"""The scheme whose secret is public: whatever it carries is a claim."""

MAX_ID: Final = 300
MAX_ANSWERS: Final = 50
MAX_ATTRIBUTES: Final = 30
EXACT: Final = 2**53
"""Larger whole numbers do not survive other people's JSON: they travel as text."""

ROBOTS: Final = re.compile(
    r"headlesschrome|phantomjs|slimerjs|puppeteer|playwright|selenium|googlebot|bingbot|yandex(?:bot|images|metrika)|"
    r"baiduspider|duckduckbot|applebot|facebookexternalhit|semrushbot|ahrefsbot|mj12bot|petalbot|bytespider|gptbot",
    re.IGNORECASE,
)
"""Browsers without a person, and crawlers. Servers that post with their own client are meant to: they are not here."""

_VISITS: Final = frozenset({"form_submitted", "page_viewed", "screen_viewed", "content_downloaded", "product_viewed"})
_BY_KIND: Final = {"email": "Email", "sms": "SMS"}
_ADDRESS: Final = re.compile(r"[^\s@/]+@[^\s@/]+")


def signals_of(
    request: InboundRequest,
    source: Source,
    *,
    parse: SourceParser,
    archive_key: str,
    correlation_id: str,
) -> tuple[list[Signal], list[Rejected]]:
    """Everything an archived request says, as signals; and what cannot be one, to be parked.

    Raises:
        Problem: the request as a whole cannot be read (its source or its parser changed since the door took it).
    """
    source = _regional(source, request)
    signals: list[Signal] = []
    rejected: list[Rejected] = []
    for index, (item, ordinal) in enumerate(_numbered(parse(request, source.parser_options))):
        if isinstance(item, Rejected):
            rejected.append(_named(item, source, archive_key))
            continue
        try:
            signal = normalise(item, source=source, received_at=request.received_at, ordinal=ordinal)
        except Problem as problem:
            reference = signal_id_of(item, source.name, ordinal)
            rejected.append(Rejected(code=problem.code, detail=problem.detail, index=index, reference=reference))
        else:
            signals.append(replace(signal, archive_key=archive_key, correlation_id=correlation_id))
    return signals, rejected


def _numbered(items: Iterable[Submission | Rejected]) -> Iterator[tuple[Submission | Rejected, int]]:
    """Each item with its number among equal ones: what tells two events without ids apart, in any order of a batch."""
    equal: Counter[str] = Counter()
    for item in items:
        ordinal = 0
        if isinstance(item, Submission) and not item.vendor_id:
            digest = _content_hash(item)
            ordinal = equal[digest]
            equal[digest] += 1
        yield item, ordinal


def normalise(
    submission: Submission,
    *,
    source: Source,
    received_at: Instant,
    ordinal: int = 0,
) -> Signal:
    """One signal. ``ordinal`` counts equal submissions without an id inside one request.

    Raises:
        Problem: INTAKE.NO_IDENTIFIER; nothing tells who this was, not even a phone.
    """
    evidence = _evidence(submission, source)
    signal_id = signal_id_of(submission, source.name, ordinal)
    person = read_person(submission, source.region)
    occurred_at, time_flags = read_time(submission.occurred_at, received_at)
    answers, answer_flags = _answers(submission.answers)
    identifiers = _identifiers(submission, person, evidence, signal_id)
    attributes, order_flags = _with_order(_attributes(submission), submission.kind, source, evidence, occurred_at)
    flags = (*submission.flags, *person.flags, *time_flags, *answer_flags, *order_flags, *_machine(submission))
    return Signal(
        signal_id=signal_id,
        kind=submission.kind,
        occurred_at=occurred_at,
        recorded_at=received_at,
        source=source.name,
        evidence=evidence,
        identifiers=identifiers,
        vendor_id=clean_text(submission.vendor_id or "", limit=MAX_ID)[0] or None,
        phone=person.phone,
        previous=_previous(submission),
        company_domain=_company_domain(person, attributes, evidence),
        channel=_channel(submission),
        profile=person.profile,
        attributes=attributes,
        answers=answers,
        utm={key: text for key, value in submission.utm.items() if (text := clean_text(value, limit=200)[0])},
        consents=_consents(submission, source),
        evidence_details=_evidence_details(submission),
        flags=tuple(dict.fromkeys(flag for flag in flags if flag != NUMERIC_PHONE)),
    )


def signal_id_of(submission: Submission, source: str, ordinal: int = 0) -> str:
    """The same for every delivery of the same event: by the vendor's id, else by the content itself.

    The kind is part of it: shops use one id for an order that is placed, paid and refunded.
    """
    identity = (
        f"id\0{submission.vendor_id}" if submission.vendor_id else f"content\0{_content_hash(submission)}\0{ordinal}"
    )
    digest = hashlib.sha256(f"{source}\0{submission.kind}\0{identity}".encode("utf-8", "surrogatepass"))
    return f"sig_{digest.hexdigest()[:26]}"


def _content_hash(submission: Submission) -> str:
    # Who carried it (ip, browser) may differ between retries of a relay; what was said does not.
    said = asdict(replace(submission, ip=None, user_agent=None, flags=(), evidence=None))
    plain = json.dumps(said, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(plain.encode("ascii")).hexdigest()


def _regional(source: Source, request: InboundRequest) -> Source:
    """``?region=IE`` in the address given to a vendor says where its phone numbers are from."""
    region = (request.query.get("region") or ("",))[0].upper()
    return replace(source, region=region) if len(region) == 2 and region.isascii() and region.isalpha() else source


def _named(item: Rejected, source: Source, archive_key: str) -> Rejected:
    own = item.reference or f"{archive_key}\0{item.index}"
    digest = hashlib.sha256(f"{source.name}\0rejected\0{own}".encode("utf-8", "surrogatepass")).hexdigest()
    return replace(item, reference=f"sig_{digest[:26]}")


def _evidence(submission: Submission, source: Source) -> Evidence:
    claimed = source.scheme == WRITE_KEY or "claimed" in (source.evidence, submission.evidence)
    return Evidence.CLAIMED if claimed else Evidence.VERIFIED


def _identifiers(submission: Submission, person: Person, evidence: Evidence, signal_id: str) -> tuple[Identifier, ...]:
    """Every way to recognise the person. An external reference counts only where somebody proved to be the sender."""
    external = submission.external_id if evidence is Evidence.VERIFIED else None
    named = (
        (EXTERNAL, external),
        (EMAIL, person.address.key if person.address else None),
        (USER, submission.user_id),
        (ANONYMOUS, submission.anonymous_id),
    )
    found = tuple(Identifier(kind, text) for kind, value in named if (text := clean_text(value or "", limit=MAX_ID)[0]))
    if found:
        return found
    if person.reachable:
        return (Identifier(SIGNAL, signal_id),)
    raise Problem("INTAKE.NO_IDENTIFIER", status=422, detail="Nothing in it tells who this was, not even a phone.")


def _previous(submission: Submission) -> Identifier | None:
    text = clean_text(submission.previous_id or "", limit=MAX_ID)[0]
    return Identifier(ANONYMOUS, text) if text else None


def _channel(submission: Submission) -> str:
    """By campaign, else by referrer for what happened on a page, else by the medium the signal itself is."""
    utm = submission.utm
    if utm.get("source") or utm.get("medium"):
        return channel_of(utm.get("source", ""), utm.get("medium", ""), utm.get("campaign", ""))
    by_kind = _BY_KIND.get(submission.kind.partition("_")[0])
    if by_kind:
        return by_kind
    own, _ = host_and_path(submission.page_url)
    click = click_id_of(submission.page_url)
    if submission.kind not in _VISITS or not (submission.page_url or submission.referrer):
        return UNASSIGNED
    referrer, _ = host_and_path(submission.referrer)
    return channel_of_visit(referrer_host=referrer, own_host=own, paid_click=click is not None)


def _attributes(submission: Submission) -> dict[str, Scalar]:
    """What rules may read of the event: nothing that names a person."""
    host, path = host_and_path(submission.page_url)
    referrer, _ = host_and_path(submission.referrer)
    given: dict[str, Any] = {
        "path": path,
        "host": host,
        "referrer_host": referrer,
        "click_id_kind": click_id_of(submission.page_url),
        **submission.attributes,
    }
    plain = {key: _plain(value) for key, value in given.items()}
    return dict(list({key: value for key, value in plain.items() if value not in (None, "")}.items())[:MAX_ATTRIBUTES])


def _with_order(
    attributes: dict[str, Scalar], kind: str, source: Source, evidence: Evidence, at: Instant
) -> tuple[dict[str, Scalar], tuple[str, ...]]:
    """The attributes with the opportunity that an order is, where the sender proved to know; and flags."""
    if kind == REMOTE_CHANGED and evidence:
        return attributes, ()  # a connector of the CRM speaks
    said = {name: value for name, value in attributes.items() if name not in RESERVED}
    if not evidence:
        return said, ()
    shop, currency = (str(source.options.get(name) or "") for name in ("shop", "currency"))
    found, flags = statement(kind, said, shop=shop or source.name, currency=currency, at=at)
    if not found:
        return said, flags
    # The amount is the one that was read, or none.
    told = {name: value for name, value in said.items() if name not in ("amount", "currency")}
    return {**told, **found}, flags


def _company_domain(person: Person, attributes: Mapping[str, Scalar], evidence: Evidence) -> str | None:
    """The domain of the company by the address, else by what a proven sender says of it."""
    own = corporate_domain(person.address.domain) if person.address else None
    stated = attributes.get("company_domain") if evidence else None
    return own or (corporate_domain(str(stated).lower()) if stated else None)


def _plain(value: object) -> Scalar | None:
    if isinstance(value, bool) or (isinstance(value, float) and abs(value) < 1e300):
        return value
    if isinstance(value, int):
        return value if abs(value) < EXACT else str(value)
    if not isinstance(value, str):
        return None
    return _ADDRESS.sub("[address]", clean_text(value, limit=200)[0])


def _answers(answers: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    kept: dict[str, str] = {}
    flags: list[str] = []
    for key, value in list(answers.items())[:MAX_ANSWERS]:
        name, _ = clean_text(str(key), limit=120)
        text, text_flags = clean_text(str(value), limit=500)
        if name and text:
            kept[name] = text
            flags += [*text_flags, *suspicious(text)]
    return kept, tuple(dict.fromkeys(flags))


def _machine(submission: Submission) -> tuple[str, ...]:
    return ("bot_ua",) if submission.user_agent and ROBOTS.search(submission.user_agent) else ()


def _consents(submission: Submission, source: Source) -> tuple[ConsentClaim, ...]:
    bound = {binding["purpose"]: binding for binding in source.consents.values() if binding.get("purpose")}
    shown = (submission.consent_text or "").encode("utf-8", "ignore").decode().strip() or None
    claims = []
    for purpose, given in sorted(submission.consents.items()):
        binding = bound.get(purpose, {})
        text = shown or binding.get("text")
        claims.append(
            ConsentClaim(
                purpose=clean_text(purpose, limit=60)[0],
                given=given,
                text_id=binding.get("text_id"),
                text_sha256=hashlib.sha256(text.encode()).hexdigest() if text else binding.get("text_sha256"),
                text=text[:4_000] if text else None,
            )
        )
    return tuple(claim for claim in claims if claim.purpose)


def _evidence_details(submission: Submission) -> dict[str, str]:
    """How the statement was made, kept only where there is one to prove."""
    if not submission.consents:
        return {}
    host, path = host_and_path(submission.page_url)
    details = {"ip": submission.ip, "user_agent": submission.user_agent, "page": f"{host}{path}" if host else None}
    return {key: text for key, value in details.items() if value and (text := clean_text(value, limit=300)[0])}
