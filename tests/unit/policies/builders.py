"""A small valid set of policy files, and a way to spoil one line of it."""

from pathlib import Path

from shared.policies.loader import PolicyError, PolicyErrors, load_directory

SCORING = """\
fit_bands: {A: 40, B: 25, C: 10}
engagement_bands: {"1": 60, "2": 30, "3": 10}
rules:
  - id: executive
    category: fit
    points: 15
    when: {field: profile.title, op: mentions_any, value: [ceo, cfo]}
  - id: pricing
    category: engagement
    kinds: [page_viewed]
    points: 8
    half_life_days: 14
    cap: 24
    when:
      all:
        - {field: attributes.path, op: contains, value: pricing}
        - not: {field: utm.medium, op: eq, value: affiliate}
"""

LIFECYCLE = """\
handover: {stage: sql, sla_hours: 4}
backfill_after_days: 1
stages:
  - id: inquiry
    order: 1
    reason: LIFECYCLE.KNOWN
    enter: {field: known, op: eq, value: true}
  - id: sql
    order: 2
    reason: LIFECYCLE.READY
    enter: {field: score.total, op: ge, value: 50}
  - id: customer
    order: 3
    reason: LIFECYCLE.WON
"""

CONSENT = """\
controllers:
  acme: {name: Acme, address: Warsaw}
purposes:
  - id: processing
    family: data
    title: {en: Processing}
  - id: ad.email
    family: advertising
    channel: email
    title: {en: Marketing by e-mail}
texts:
  - id: processing-1
    purpose: processing
    language: en
    version: 1
    regimes: [eu]
    controller: acme
    text: I agree that Acme processes my answers to reply to me.
  - id: email-1
    purpose: ad.email
    language: en
    version: 1
    regimes: [ru]
    controller: acme
    default: false
    text: I agree to receive advertising from Acme by e-mail.
    metadata:
      operator_name: Acme
      operator_address: Warsaw
      purpose: advertising
      data: e-mail
      actions: storage and use
      processors: none
      term: 3 years
      withdrawal: a link in every message
"""

SOURCES = """\
sources:
  typeform:
    vendor: typeform
    scheme: typeform
    consents:
      box: {purpose: ad.email, text_id: email-1}
  segment:
    vendor: segment
    scheme: write_key
    evidence: claimed
"""

SYNC = """\
conflicts: {tie: salesforce, uncertainty_seconds: 60, freeze_after: 3}
overlap_minutes: 10
merge_in_marketo: false
create:
  salesforce: {field: handover.state, op: exists}
  marketo: {field: consent.processing, op: eq, value: given}
handover:
  status: Open
  task_subject: Call {name}
  territories:
    - name: poland
      when: {field: profile.country, op: eq, value: PL}
      owners: [ola@acme.test]
    - name: rest
      owners: [sam@acme.test]
  answers:
    Working: accepted
    Rejected: rejected:inquiry
  stages:
    customer: {status: Closed, owner: Queue}
budgets:
  salesforce: {daily: 1000, careful: 0.7, urgent_only: 0.8, stop: 0.9}
  marketo: {daily: 1000, careful: 0.7, urgent_only: 0.8, stop: 0.9}
fields:
  - name: email
    local: profile.email
    type: email
    remote:
      salesforce.lead: {name: Email}
      marketo.person: {name: email}
  - name: last_name
    local: name.last
    remote:
      salesforce.lead: {name: LastName, default: unknown}
  - name: company
    local: profile.company
    rule: owner:salesforce
    remote:
      salesforce.lead: {name: Company, default: none}
  - name: no_email
    local: consent.ad.email.opt_out
    type: flag
    rule: merge:least-permissive
    remote:
      salesforce.lead: {name: HasOptedOutOfEmail}
  - name: points
    local: score.total
    type: number
    rule: owner:leadspine
    passenger: true
    remote:
      marketo.person: {name: leadScore, direction: out}
"""

MESSAGES = """\
sender_name: Acme
list_id: news.acme.test
languages: {default: en}
cap: {messages: 3, days: 7}
messages: []
"""

MONEY = """\
owner: finance
currency: EUR
spend: [media, staff]
regular_content: 2
rates:
  USD: {"2026-01": "0.92"}
"""

FILES = {
    "scoring.yaml": SCORING,
    "lifecycle.yaml": LIFECYCLE,
    "consent_texts.yaml": CONSENT,
    "sources.yaml": SOURCES,
    "sync.yaml": SYNC,
    "messages.yaml": MESSAGES,
    "money.yaml": MONEY,
}


def write_policies(folder: Path, **changed: str) -> Path:
    """The valid set, with whole files replaced by name without suffix."""
    for name, text in FILES.items():
        (folder / name).write_text(changed.get(name.removesuffix(".yaml"), text), encoding="utf-8")
    return folder


def errors_after(folder: Path, file: str, old: str, new: str) -> tuple[PolicyError, ...]:
    """Everything the loader finds after one replacement in one file."""
    text = FILES[file]
    assert text.count(old) == 1, f"{old!r} is not exactly once in {file}"
    write_policies(folder, **{file.removesuffix(".yaml"): text.replace(old, new)})
    try:
        load_directory(folder)
    except PolicyErrors as problems:
        return problems.errors
    return ()
