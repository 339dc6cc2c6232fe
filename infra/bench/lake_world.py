"""A lake of any size: facts of a B2B company over three years, written as the lake writer and the packer leave them.

Made by the engine itself from hashes of row numbers, so that the same size is the same lake, and fifty million facts
take minutes. One file per day of recording, each fact once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import duckdb

from shared.domain.instant import DAY

DAYS: Final = 1_095
FIRST_DAY: Final = "2023-11-01"
_MERGED_SHARE: Final = 0.2
_ACTIVE_DAYS: Final = 152
"""Nothing happens to anybody after that."""
_WRITTEN_DAYS: Final = 30
"""Days that are written at once: their files are all open at the same time."""
CHANNEL_NAMES: Final = (
    "Paid Search",
    "Organic Search",
    "Email",
    "Paid Social",
    "Direct",
    "Referral",
    "Webinar",
    "Events",
)

_DICE: Final = """
CREATE MACRO roll(thing, die, sides) AS (hash(thing, die) % sides)::BIGINT;
CREATE MACRO chance(thing, die) AS hash(thing, die) / 18446744073709551616.0
"""
_PEOPLE: Final = """
CREATE TABLE everybody AS
SELECT lead_id, begun, channel, campaign, content, company, merged_into, owner,
  CASE WHEN merged_into <> '' THEN -1 WHEN luck < 0.60 THEN 0 WHEN luck < 0.85 THEN 1 WHEN luck < 0.95 THEN 2
    WHEN luck < 0.975 THEN 3 WHEN luck < 0.997 THEN 4 ELSE 5 END AS reach,
  1 + (spread * 2 * ({per_lead} - 1))::BIGINT AS touches
FROM (
  SELECT format('lead_{{:016x}}', hash(i, 0)) AS lead_id,
    epoch_ms(DATE '{first}') + (sqrt(chance(i, 1)) * {days} * 86400000)::BIGINT AS begun,
    {channels}[1 + roll(i, 2, {n_channels})] AS channel,
    'campaign-' || (roll(i, 3, 40)) AS campaign,
    '/lp/' || (roll(i, 4, 25)) AS content,
    format('company_{{:012x}}', hash(roll(i, 5, greatest(1, {leads} // 4)), 6) >> 16) AS company,
    CASE WHEN chance(i, 7) < {merged}
      THEN format('lead_{{:016x}}', hash(roll(i, 8, {leads}), 0)) ELSE '' END AS merged_into,
    'owner-' || (roll(i, 9, 12)) AS owner,
    chance(i, 10) AS luck,
    chance(i, 11) AS spread
  FROM range({leads}) numbers(i)
) ORDER BY lead_id
"""
_FACTS: Final = """
WITH people AS NOT MATERIALIZED (
  SELECT * FROM everybody WHERE begun >= {start} - {active} AND begun < {stop}
), stage AS NOT MATERIALIZED (
  SELECT people.*, position,
    ['anonymous', 'inquiry', 'mql', 'sql', 'opportunity', 'customer', 'advocate'][position + 1] AS from_stage,
    ['inquiry', 'mql', 'sql', 'opportunity', 'customer', 'advocate'][position + 1] AS to_stage,
    begun + (position * 12 * (0.5 + chance(lead_id, position)) * 86400000)::BIGINT AS happened
  FROM people, range(6) positions(position) WHERE position <= reach
), touch AS NOT MATERIALIZED (
  SELECT *, begun + CASE WHEN number = 0 THEN 0 ELSE
    (pow(chance(lead_id, number), 2) * 150 * 86400000)::BIGINT END AS happened,
    (hash(lead_id, number, 2) >> 2)::BIGINT AS luck
  FROM (SELECT *, unnest(range(touches)) AS number FROM people) people
), told(lead_id, version, place, name, happened, data) AS NOT MATERIALIZED (
  SELECT lead_id, number + 2, 0, 'TouchpointRecorded', happened,
    '{{"touchpoint_id":"t' || lead_id || number || '","kind":"' ||
    ['page_viewed', 'page_viewed', 'page_viewed', 'page_viewed', 'page_viewed', 'page_viewed', 'email_opened',
     'email_clicked', 'form_submitted', 'content_downloaded', 'webinar_attended', 'page_viewed'][1 + (luck % 12)] ||
    '","channel":"' || CASE WHEN number = 0 THEN channel ELSE {channels}[1 + (luck >> 8) % {n_channels}] END ||
    '","source":"segment","campaign":"' || CASE WHEN number = 0 THEN campaign ELSE 'campaign-' || (luck >> 16) % 40 END
    || '","path":"' || CASE WHEN number = 0 THEN content ELSE '/p/' || (luck >> 24) % 200 END || '","human":true}}'
  FROM touch
  UNION ALL
  SELECT lead_id, number + 2, 1, 'ScoreChanged', happened,
    '{{"total":' || (100 * number) || ',"fit":100,"engagement":' || (100 * number) || ',"grade":"' ||
    chr(65 + (luck % 4)::INTEGER) || (1 + (luck >> 4) % 4) || '","policy_version":"p1"}}'
  FROM touch WHERE number % 8 = 0
  UNION ALL
  SELECT lead_id, 1, 0, 'LeadCaptured', begun, '{{"source":"form"}}' FROM people WHERE reach >= 0
  UNION ALL
  SELECT lead_id, 1, 1, 'CompanyLinked', begun,
    '{{"company_id":"' || company || '","domain":"' || company || '.example","by":"domain"}}'
  FROM people WHERE reach >= 0
  UNION ALL
  SELECT lead_id, 1, 2 + place, 'ConsentGiven', begun, '{{"purpose":"' || ['processing', 'ad.email'][place + 1] ||
    '","channel":null,"source":"form"}}' FROM people, range(2) places(place) WHERE reach >= 0
  UNION ALL
  SELECT merged_into, 1, 9, 'LeadMerged', begun + 86400000, '{{"loser_id":"' || lead_id || '","reason":"email"}}'
  FROM people WHERE merged_into <> '' AND merged_into <> lead_id
  UNION ALL
  SELECT lead_id, 100000 + position, 0, 'StageChanged', happened,
    '{{"from_stage":"' || from_stage || '","to_stage":"' || to_stage || '","entered":["' || to_stage || '"]}}'
  FROM stage
  UNION ALL
  SELECT lead_id, 100000 + position, 1, 'HandoverRequested', happened, '{{"due":' || (happened + 14400000) || '}}'
  FROM stage WHERE to_stage = 'sql'
  UNION ALL
  SELECT lead_id, 100100, 0, 'HandoverAccepted', happened + 7200000,
    '{{"due":' || (happened + 14400000) || ',"answered_in_time":true,"owner":"' || owner || '"}}'
  FROM stage WHERE to_stage = 'sql' AND reach >= 3
  UNION ALL
  SELECT lead_id, 100000 + position, 2, 'OpportunityChanged', happened,
    '{{"opportunity_id":"006' || lead_id || '","state":"' || CASE to_stage WHEN 'customer' THEN 'won' ELSE 'open' END ||
    '","amount":"' || (5000 + roll(lead_id, 12, 90000)) || '.50","currency":"EUR","opened_on":"' ||
    strftime(epoch_ms(begun + 3456000000), '%Y-%m-%d') || '","closed_on":"' ||
    strftime(epoch_ms(happened), '%Y-%m-%d') || '","company_id":"' || company || '"}}'
  FROM stage WHERE to_stage IN ('opportunity', 'customer')
)
SELECT lead_id || '.' || version || '.' || place AS event_id, name, '1-0-0' AS schema_version,
  epoch_ms(happened) AS occurred_at, epoch_ms(happened + 2000) AS recorded_at, lead_id, version AS lead_version,
  '' AS correlation_id, '' AS causation_id, 'leadspine' AS producer, data,
  strftime(epoch_ms(happened + 2000), '%Y-%m-%d') AS dt
FROM told WHERE happened + 2000 >= {start} AND happened + 2000 < {stop} ORDER BY lead_id
"""


@dataclass(frozen=True, slots=True)
class LakeSize:
    """How many leads, and about how many facts."""

    leads: int
    facts: int

    @property
    def touches_per_lead(self) -> float:
        """Touches make up most facts; every eighth changes the score, and a lead has a dozen other facts."""
        return max(2.0, (self.facts / self.leads - 7) / 1.13)


def write_lake(folder: Path, size: LakeSize, tell: Callable[[int], object]) -> int:
    """Write the facts of a lake of this size to ``folder``/facts/dt=…; returns how many there are."""
    connection = duckdb.connect()
    connection.execute(f"SET temp_directory = '{folder / 'spill'}'; SET partitioned_write_max_open_files = 100")
    terms = {
        "leads": size.leads,
        "per_lead": size.touches_per_lead,
        "first": FIRST_DAY,
        "days": DAYS,
        "channels": list(CHANNEL_NAMES),
        "n_channels": len(CHANNEL_NAMES),
        "merged": _MERGED_SHARE,
        "active": _ACTIVE_DAYS * DAY,
    }
    connection.execute(_DICE)
    connection.execute(_PEOPLE.format(**terms))
    first = int(datetime.fromisoformat(FIRST_DAY).replace(tzinfo=UTC).timestamp()) * 1000
    written = 0
    for start in range(first, first + (DAYS + _ACTIVE_DAYS) * DAY, _WRITTEN_DAYS * DAY):
        query = _FACTS.format(**terms, start=start, stop=start + _WRITTEN_DAYS * DAY)
        row = connection.execute(
            f"COPY ({query}) TO '{folder / 'facts'}' "
            "(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (dt), FILENAME_PATTERN 'packed-{i}', OVERWRITE_OR_IGNORE)"
        ).fetchone()
        written += int(row[0]) if row else 0
        tell(written)
    connection.close()
    return written


class FolderObjects:
    """A bucket in a folder. What is ``hidden`` has not been written yet."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.hidden: frozenset[str] = frozenset()

    def names(self, prefix: str) -> list[str]:
        """Keys below a prefix, in order."""
        found = (path.relative_to(self._root).as_posix() for path in (self._root / prefix).rglob("*.*"))
        return sorted(name for name in found if name not in self.hidden)

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Bytes and a tag; None when there is no such object."""
        path = self._root / name
        if not path.exists():
            return None
        body = path.read_bytes()
        return body, sha256(body).hexdigest()

    def put(self, name: str, body: bytes) -> None:
        """Write an object."""
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def put_if(self, name: str, body: bytes, tag: str | None) -> bool:
        """Write an object only if its version is still ``tag``."""
        held = self.get(name)
        if (None if held is None else held[1]) != tag:
            return False
        self.put(name, body)
        return True

    def remove(self, names: Sequence[str]) -> None:
        """Delete objects."""
        for name in names:
            (self._root / name).unlink(missing_ok=True)
