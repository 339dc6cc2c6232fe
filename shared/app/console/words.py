"""What codes and names of the engine mean, in plain words. A code that is missing here is shown as it is."""

from typing import Final

STAGES: Final = {
    "anonymous": "Anonymous", "inquiry": "Inquiry", "mql": "Marketing qualified", "sql": "Sales qualified",
    "opportunity": "Opportunity", "customer": "Customer", "advocate": "Advocate", "recycled": "Back to marketing",
    "disqualified": "Disqualified",
}  # fmt: skip

REASONS: Final = {
    "LIFECYCLE.FIRST_SEEN": "was seen for the first time",
    "LIFECYCLE.KNOWN": "left a name, an address or a number",
    "LIFECYCLE.SCORE_REACHED": "reached the score that marketing asks for",
    "LIFECYCLE.READY_FOR_SALES": "fits and shows interest enough for sales",
    "LIFECYCLE.BACK_TO_MARKETING": "was given back by sales",
    "LIFECYCLE.NOT_A_BUYER": "was ruled out by sales",
    "LIFECYCLE.OPPORTUNITY_OPENED": "has an opportunity in the CRM",
    "LIFECYCLE.BOUGHT": "bought",
    "LIFECYCLE.RECOMMENDS_US": "recommends us",
}

SYSTEMS: Final = {"salesforce": "Salesforce", "marketo": "Marketo", "leadspine": "Leadspine"}

PURPOSES: Final = {
    "processing": "Keep and use what the person told us",
    "ad.email": "Advertising by e-mail",
    "ad.sms": "Advertising by SMS",
    "ad.call": "Advertising by telephone",
    "ad.chat": "Advertising by chat",
    "track.web": "Follow visits to our site",
    "track.email": "See whether e-mails are opened",
    "profiling": "Draw conclusions about interests",
}
"""The default purposes, in the order in which people ask about them."""

VERDICTS: Final = {
    "SYNC.AGREED": "Both sides say the same.",
    "SYNC.BLANK": "One side is empty, and an empty value never removes one.",
    "SYNC.BLOCKED": "The other system refuses this value.",
    "SYNC.DIRECTION": "This field is only sent one way.",
    "SYNC.LATEST": "Both had changed; the later change holds.",
    "SYNC.LATEST.ROW_TIME": "Both had changed; the later one holds, as far as the record's own time says it.",
    "SYNC.MANUAL": "Both had changed; the rule leaves it to a person.",
    "SYNC.MERGED": "Both had changed; the values were joined.",
    "SYNC.NATIVE": "The other system keeps this value itself.",
    "SYNC.OPT_IN_IGNORED": "Nobody is signed up again by another system alone.",
    "SYNC.OPT_OUT": "Somebody objected; that holds whatever any rule says.",
    "SYNC.OWNER": "The rule says which side owns this field.",
    "SYNC.PING_PONG": "The value went back and forth; it was stopped there.",
    "SYNC.RESTORED": "The other side changed what it does not own; our value was put back.",
    "SYNC.TAKEN": "Changed there, taken in here.",
    "SYNC.TIE": "Both changed at about the same time; the rule names the side that holds.",
    "SYNC.WRITTEN": "Changed here, sent there.",
    "SYNC.UNSEEN": "Neither side has had a value yet.",
}

STAYS: Final = {
    "SYNC.NEVER_CREATED_HERE": "Records are never created in this system.",
    "SYNC.NOT_YET": "The rule for creating a record does not hold yet.",
    "SYNC.NOTHING_KNOWN": "Nothing is known that could be written.",
    "SYNC.NOT_CREATED_HERE": "There is no record, and none is created.",
    "SYNC.NOTHING_TO_WRITE": "Everything is up to date.",
    "SYNC.PARKED": "The system refused exactly this before; it waits for a change.",
}

SYNC_STATUS: Final = {
    "ok": ("Up to date", "good"), "paused": ("Paused", "warn"), "off": ("Not connected", "calm"),
    "behind": ("Behind", "warn"), "refused": ("Refused", "bad"),
}  # fmt: skip

BUDGETS: Final = {
    "normal": "normal pace",
    "careful": "careful: most of the day's calls are used",
    "urgent_only": "urgent only: opt-outs and hand-overs",
    "stop": "stopped: the day's calls are used up",
}

HANDOVERS: Final = {
    "requested": ("Waiting", "calm"), "overdue": ("Overdue", "bad"), "accepted": ("Accepted", "good"),
    "rejected": ("Given back", "warn"),
}  # fmt: skip

MESSAGES: Final = {
    "permitted": ("Allowed, on its way", "calm"), "sent": ("Sent", "good"), "delivered": ("Delivered", "good"),
    "opened": ("Opened", "good"), "clicked": ("Clicked", "good"), "suppressed": ("Not sent", "warn"),
    "unsent": ("Not sent yet", "warn"), "unknown": ("Unclear whether sent", "warn"), "refused": ("Refused", "bad"),
    "rejected": ("Rejected", "bad"), "bounced": ("Bounced", "bad"), "complained": ("Complaint", "bad"),
}  # fmt: skip

SEND_REASONS: Final = {
    "SEND.BOUNCED": "the address does not work",
    "SEND.COMPLAINED": "the person complained about an earlier message",
    "SEND.UNSUBSCRIBED": "the person unsubscribed",
    "SEND.NO_ADDRESS": "there is no address",
    "SEND.OBJECTED": "the person objected",
    "SEND.NO_CONSENT": "the person never agreed",
    "SEND.WITHDRAWN": "the consent was withdrawn",
    "SEND.UNVERIFIED": "the consent is not proven",
    "SEND.LEDGER_WITHDRAWN": "the ledger holds a withdrawal",
    "SEND.NO_EVIDENCE": "the ledger has no proof of a consent",
    "SEND.UNKNOWN_TEXT": "the text that was agreed to is not known",
    "SEND.RESIDENCY": "the data may not leave its country",
    "SEND.ALREADY_SENT": "it was sent before",
    "SEND.TOO_LATE": "its occasion has passed",
    "SEND.TOO_OFTEN": "the address had enough messages lately",
    "SEND.NO_LINK": "no unsubscribe link could be made",
}

FAMILIES: Final = {
    "stage_changed": "stage", "consent_given": "consent", "consent_withdrawn": "consent", "remote_changed": "sync",
    "order_placed": "money", "order_paid": "money", "order_refunded": "money",
}  # fmt: skip
"""How kinds of a timeline are marked; everything else that a person did is activity."""


def stage(name: str) -> str:
    """A stage of the lifecycle."""
    return STAGES.get(name, name.replace("_", " ").capitalize())


def reason(code: str) -> str:
    """Why a stage was entered."""
    return REASONS.get(code, code)


def system(name: str) -> str:
    """Another system."""
    return SYSTEMS.get(name, name)


def label(name: str) -> str:
    """A name of a field, a kind or a channel that has no words of its own."""
    return name.replace("_", " ").replace(".", " ").replace("-", " ").strip().capitalize() or "Unknown"


def family(kind: str) -> str:
    """How an item of a timeline is marked."""
    if kind.startswith(("handover", "lead_notified")):
        return "handover"
    if kind.startswith(("email_", "sms_")):
        return "message"
    return FAMILIES.get(kind, "activity")


def stay(code: str) -> str:
    """Why a writer leaves a person alone."""
    if code.startswith("SYNC.LINK_"):
        return f"The record there is {code.removeprefix('SYNC.LINK_').lower().replace('_', ' ')}."
    return STAYS.get(code, code)
