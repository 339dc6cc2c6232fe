"""Every person belongs to a company when it can be known: by CRM account, corporate e-mail domain, or stated name."""

import hashlib
import re
import unicodedata
from typing import Final

from shared.domain.company.model import BY_ACCOUNT, BY_BARE_ACCOUNT, BY_DOMAIN, BY_NAME, CompanyLink
from shared.domain.intake.signal import REMOTE_CHANGED, Signal

_LEGAL_FORMS: Final = re.compile(
    r"\b(gmbh|ag|kg|se|inc|llc|ltd|limited|corp|corporation|co|plc|sa|sas|sarl|bv|nv|ab|oy|as|srl|spa|"
    r"sp z o o|sp zoo|spolka z o o|ооо|оао|зао|пао|ао|ип|тов)\b"
)
_NOT_WORD: Final = re.compile(r"[^\w]+")


def company_id(kind: str, value: str) -> str:
    """The id of a company, derived from what it is known by, so that two writers never create it twice."""
    return "company_" + hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()[:24]


def normalised_name(name: str) -> str:
    """A company name for matching: case, accents, punctuation and legal form do not matter."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().replace("ł", "l"))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    spaced = _NOT_WORD.sub(" ", bare).strip()
    without = " ".join(_LEGAL_FORMS.sub(" ", spaced).split())
    return without or spaced


def link(signal: Signal) -> CompanyLink | None:
    """What a signal says about the person's company; None when nothing."""
    if signal.kind == REMOTE_CHANGED and signal.attributes.get("account_id"):
        return _by_account(signal)
    if signal.company_domain:
        return CompanyLink(
            company_id("domain", signal.company_domain),
            signal.company_domain,
            signal.profile.get("company", ""),
            BY_DOMAIN,
            signal.evidence,
            signal.occurred_at,
            signal.signal_id,
        )
    name = signal.profile.get("company")
    if not name or not (key := normalised_name(name)):
        return None
    return CompanyLink(
        company_id("name", key), "", name, BY_NAME, signal.evidence, signal.occurred_at, signal.signal_id
    )


def _by_account(signal: Signal) -> CompanyLink:
    """A CRM account. Its domain, where it has one, makes it the same company as that of its people's addresses.

    ``account_domain`` is the registrable domain of a company; whoever reads the account leaves out free mail.
    """
    account, domain, name = (
        str(signal.attributes.get(name, "")) for name in ("account_id", "account_domain", "account_name")
    )
    identity = company_id("domain", domain) if domain else company_id("account", account)
    # The account of an opportunity is the buyer's; whoever has a role in it may belong to another company.
    rank = BY_ACCOUNT if domain and "opportunity_id" not in signal.attributes else BY_BARE_ACCOUNT
    return CompanyLink(identity, domain, name, rank, signal.evidence, signal.occurred_at, signal.signal_id)


def better(a: CompanyLink | None, b: CompanyLink | None) -> CompanyLink | None:
    """The stronger of two links; total and commutative."""
    if a is None or b is None:
        return a or b
    return a if a.precedence <= b.precedence else b
