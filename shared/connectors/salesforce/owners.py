"""Owners by the names that the policy uses: users by user name, queues by label or developer name."""

from collections.abc import Iterable
from typing import Final

from shared.connectors.salesforce.asking import Asker
from shared.connectors.salesforce.ids import QUEUE_PREFIX, id18, is_id
from shared.connectors.salesforce.queries import Select, in_lists, listed

OWNER_FIELD: Final = "OwnerId"


class Owners:
    """Finds ids of owners and keeps them for the life of the process; a name that is not found is asked again."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._known: dict[str, str] = {}

    def learn(self, names: Iterable[str]) -> None:
        """Look up those that are not known yet: one call for all of them."""
        unknown = sorted({name.lower() for name in names if name and not is_id(name)} - set(self._known))
        if not unknown:
            return
        for group in in_lists(unknown):
            users, queues = self._asker.ask_all([_users(group), _queues(group)])
            self._known |= {str(row["Username"]).lower(): id18(str(row["Id"])) for row in users if row.get("Username")}
            for row in queues:
                for name in (row.get("Name"), row.get("DeveloperName")):
                    if name:
                        self._known.setdefault(str(name).lower(), id18(str(row["Id"])))

    def id_of(self, name: str) -> str:
        """The id of a learnt name, or of an id itself; ``""`` when there is no such active owner."""
        return id18(name) if is_id(name) else self._known.get(name.lower(), "")


def is_queue(owner_id: str) -> bool:
    """Whether an owner is a queue: leads may belong to one, contacts may not."""
    return owner_id.startswith(QUEUE_PREFIX)


def _users(names: Iterable[str]) -> Select:
    return Select(source="User", columns=("Id", "Username"), where=f"Username IN ({listed(names)}) AND IsActive = true")


def _queues(names: tuple[str, ...]) -> Select:
    return Select(
        source="Group",
        columns=("Id", "Name", "DeveloperName"),
        where=f"Type = 'Queue' AND (Name IN ({listed(names)}) OR DeveloperName IN ({listed(names)}))",
    )
