"""The marketing channel of a touch: the default channel groups of GA4 as one ordered table. The first match holds.

https://support.google.com/analytics/answer/9756891 . Comparison ignores case, as GA4's reports do in practice.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple


class Origin(NamedTuple):
    """Where a touch came from, in lower case."""

    source: str
    medium: str
    campaign: str = ""


UNASSIGNED: Final = "Unassigned"
DIRECT: Final = "Direct"

_PAID: Final = re.compile(r"(.*cp.*|ppc|retargeting|paid.*)")
_SHOPPING_CAMPAIGN: Final = re.compile(r"(.*(([^a-df-z]|^)shop|shopping).*)")
_VIDEO_MEDIUM: Final = re.compile(r"(.*video.*)")
_EMAIL: Final = frozenset({"email", "e-mail", "e_mail", "e mail"})

_SEARCH: Final = re.compile(
    r"(.*\.)?(google|bing|yahoo|duckduckgo|yandex|ya|baidu|ecosia|qwant|seznam|naver|daum|rambler|startpage|ask|aol|"
    r"go\.mail|nova\.rambler|onet|brave|sogou)(\.[a-z.]+)?"
)
_SHOPPING: Final = re.compile(
    r"(.*\.)?(amazon|ebay|etsy|aliexpress|alibaba|walmart|shopify|allegro|ozon|wildberries|market\.yandex|ceneo|"
    r"shopping\.google|googleshopping|rozetka|zalando)(\.[a-z.]+)?"
)
_SOCIAL: Final = re.compile(
    r"(.*\.)?(facebook|fb|instagram|ig|meta|linkedin|lnkd|twitter|t\.co|pinterest|reddit|quora|tumblr|snapchat|threads|"
    r"mastodon|bluesky|vk|vkontakte|ok|odnoklassniki|telegram|tg|t\.me|whatsapp|viber|wechat|weibo|xing|livejournal|"
    r"dzen|zen\.yandex|wykop|nk)(\.[a-z.]+)?"
)
_VIDEO: Final = re.compile(
    r"(.*\.)?(youtube|youtu\.be|vimeo|twitch|tiktok|dailymotion|rutube|wistia|netflix)(\.[a-z.]+)?"
)
_PAID_SOCIAL_MEDIUM: Final = re.compile(r"paid[_ -]?social")
_SOCIAL_MEDIA: Final = frozenset({"social", "social-network", "social-media", "sm", "social network", "social media"})
_DISPLAY: Final = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_REFERRAL: Final = frozenset({"referral", "app", "link"})
_PUSH: Final = re.compile(r"mobile|notification")
_NO_MEDIUM: Final = frozenset({"(none)", "(not set)", ""})

_Test = Callable[[Origin], object]


def _paid(touch: Origin) -> bool:
    return bool(_PAID.fullmatch(touch.medium))


def _shopping(touch: Origin) -> bool:
    return bool(_SHOPPING.fullmatch(touch.source) or _SHOPPING_CAMPAIGN.fullmatch(touch.campaign))


RULES: Final[tuple[tuple[str, _Test], ...]] = (
    (DIRECT, lambda t: t.source in ("(direct)", "") and t.medium in _NO_MEDIUM),
    ("Cross-network", lambda t: "cross-network" in t.campaign),
    ("Display", lambda t: t.medium in _DISPLAY),
    ("Paid Shopping", lambda t: _paid(t) and _shopping(t)),
    ("Paid Search", lambda t: _paid(t) and _SEARCH.fullmatch(t.source)),
    ("Paid Social", lambda t: _PAID_SOCIAL_MEDIUM.fullmatch(t.medium) or (_paid(t) and _SOCIAL.fullmatch(t.source))),
    ("Paid Video", lambda t: _paid(t) and _VIDEO.fullmatch(t.source)),
    ("Paid Other", _paid),
    ("Organic Shopping", _shopping),
    ("Organic Social", lambda t: t.medium in _SOCIAL_MEDIA or (t.medium not in _EMAIL and _SOCIAL.fullmatch(t.source))),
    ("Organic Video", lambda t: _VIDEO.fullmatch(t.source) or _VIDEO_MEDIUM.fullmatch(t.medium)),
    ("Email", lambda t: t.source in _EMAIL or t.medium in _EMAIL),
    ("Organic Search", lambda t: _SEARCH.fullmatch(t.source) or t.medium == "organic"),
    ("Affiliates", lambda t: t.medium == "affiliate"),
    ("Referral", lambda t: t.medium in _REFERRAL),
    ("Audio", lambda t: t.medium == "audio"),
    ("SMS", lambda t: "sms" in (t.source, t.medium)),
    ("Mobile Push Notifications", lambda t: t.medium.endswith("push") or _PUSH.search(t.medium)),
)  # fmt: skip


def channel_of(source: str, medium: str, campaign: str = "") -> str:
    """The channel of campaign parameters; ``Unassigned`` when no rule knows them."""
    touch = Origin(source.strip().lower(), medium.strip().lower(), campaign.strip().lower())
    return next((channel for channel, test in RULES if test(touch)), UNASSIGNED)


def channel_of_visit(*, referrer_host: str, own_host: str, paid_click: bool) -> str:
    """The channel of a page without campaign parameters: by its referrer; ``Unassigned`` inside one's own site."""
    if paid_click:
        return channel_of(referrer_host, "cpc")
    if not referrer_host:
        return DIRECT
    if referrer_host == own_host:
        return UNASSIGNED
    return channel_of(referrer_host, "referral")
