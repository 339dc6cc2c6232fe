"""What a new subscription holds before anybody worked in it: partition, channels, programs, lists, campaigns."""

from typing import Any

from infra.local.simulators.marketo.stamps import asset_stamp, stamp
from infra.local.simulators.store import Store

CLIENT_ID, CLIENT_SECRET = "cid", "secret"
"""The custom service every simulator starts with. It opens nothing but this."""
API_USER = "leadspine-api@subscription.example"

_STEPS = {
    "Nurture": [("Member", 10, False), ("Engaged", 20, True)],
    "Email Send": [("Member", 10, False), ("Sent", 20, False), ("Opened", 30, False), ("Clicked", 40, True)],
    "Webinar": [
        ("Invited", 10, False),
        ("Registered", 20, False),
        ("No Show", 30, False),
        ("Member", 35, False),
        ("Attended", 40, True),
    ],
}
_PROGRAMS = {
    1001: ("Welcome nurture", "Nurture", "Engagement"),
    1002: ("Autumn webinar", "Webinar", "Event with Webinar"),
}
_LISTS = {2001: ("Newsletter", "Welcome nurture"), 2002: ("Trade fair visitors", "Autumn webinar")}
_CAMPAIGNS = {3001: ("Send welcome pack", "trigger"), 3002: ("Monthly newsletter", "batch")}


def fill(store: Store, now_ms: int) -> None:
    """Write it."""
    store.put("partitions", "1", {"id": 1, "name": "Default", "description": "Initial system lead partition"})
    for number, (name, steps) in enumerate(_STEPS.items(), start=1):
        store.put("channels", str(number), _channel(number, name, steps, now_ms))
    for number, (name, channel, kind) in _PROGRAMS.items():
        store.put("programs", str(number), _program(number, name, channel, kind, now_ms))
    at = {"createdAt": stamp(now_ms), "updatedAt": stamp(now_ms), "workspaceName": "Default"}
    for number, (name, program) in _LISTS.items():
        store.put("lists", str(number), {"id": number, "name": name, "programName": program, **at})
    for number, (name, kind) in _CAMPAIGNS.items():
        more = {"type": kind, "isTriggerable": kind == "trigger", "active": True, "programName": "Welcome nurture"}
        store.put("campaigns", str(number), {"id": number, "name": name, **more, **at})


def _channel(number: int, name: str, steps: list[tuple[str, int, bool]], now_ms: int) -> dict[str, Any]:
    every = [("Not in Program", 0, False), *steps]
    statuses = [
        {"name": step, "step": place, "description": "", "hidden": place == 0, "success": success}
        for step, place, success in every
    ]
    at = asset_stamp(now_ms)
    kinds = {"Nurture": "engagement", "Webinar": "event"}
    return {
        "id": number,
        "name": name,
        "applicableProgramType": kinds.get(name, "program"),
        "progressionStatuses": statuses,
        "createdAt": at,
        "updatedAt": at,
    }


def _program(number: int, name: str, channel: str, kind: str, now_ms: int) -> dict[str, Any]:
    at = asset_stamp(now_ms)
    return {
        "id": number,
        "name": name,
        "description": "",
        "createdAt": at,
        "updatedAt": at,
        "url": f"https://app.marketo.example/#PG{number}A1",
        "type": kind,
        "channel": channel,
        "folder": {"type": "Folder", "value": 1, "folderName": "Marketing Activities"},
        "status": "on",
        "workspace": "Default",
        "tags": [],
        "costs": [],
        "headStart": False,
    }
