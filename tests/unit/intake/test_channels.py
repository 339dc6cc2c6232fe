"""Channels of touches, row by row."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.touchpoint.channel import channel_of, channel_of_visit

TABLE = Path(__file__).parents[2] / "fixtures" / "webhooks" / "_tables" / "channels.json"
ROWS: list[dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))["rows"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['source']}/{row['medium']}")
def test_the_reference_rows_hold(row: dict[str, Any]) -> None:
    assert channel_of(row["source"], row["medium"], row.get("campaign", "")) == row["ga4"]


@pytest.mark.parametrize(
    ("source", "medium", "campaign", "channel"),
    [
        ("www.google.com", "referral", "", "Organic Search"),
        ("m.facebook.com", "referral", "", "Organic Social"),
        ("tg", "", "", "Organic Social"),
        ("linkedin", "paid_social", "", "Paid Social"),
        ("x", "video", "", "Organic Video"),
        ("news", "newsletter", "", "Unassigned"),
        ("google", "cpc", "cross-network", "Cross-network"),
        ("x", "partner", "eshop", "Organic Shopping"),
        ("x", "partner", "workshop", "Unassigned"),
        ("facebook", "email", "", "Email"),
        ("notgoogle.example", "referral", "", "Referral"),
    ],
)
def test_cases_beside_the_table(source: str, medium: str, campaign: str, channel: str) -> None:
    assert channel_of(source, medium, campaign) == channel


@pytest.mark.parametrize(
    ("referrer", "paid", "channel"),
    [
        ("", False, "Direct"),
        ("example.com", False, "Unassigned"),
        ("google.com", False, "Organic Search"),
        ("google.com", True, "Paid Search"),
        ("", True, "Paid Other"),
        ("blog.example.org", False, "Referral"),
    ],
)
def test_a_visit_without_a_campaign_is_known_by_its_referrer(referrer: str, paid: bool, channel: str) -> None:
    assert channel_of_visit(referrer_host=referrer, own_host="example.com", paid_click=paid) == channel
