"""The roles of people, and the sets of them to which routes and pages are open."""

from typing import Final

ROLES: Final = ("marketer", "sales", "privacy", "operator")
"""All there are: names of groups of the user pool."""

EVERYBODY: Final = frozenset(ROLES)
READERS: Final = frozenset({"marketer", "sales", "operator"})
"""Who may see how synchronisation goes."""
KEEPERS: Final = frozenset({"marketer", "operator"})
"""Who may tell what was spent, keep segments, and take apart who was merged wrongly."""
OPERATOR: Final = frozenset({"operator"})
