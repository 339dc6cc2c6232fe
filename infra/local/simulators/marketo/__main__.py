"""`python -m infra.local.simulators.marketo --state DIR --port N [--clock FILE]`: a subscription on loopback."""

from infra.local.simulators.marketo.subscription import Marketo
from infra.local.simulators.moment import Clock
from infra.local.simulators.serve import run_command_line
from infra.local.simulators.store import Store


def make_site(store: Store, clock: Clock) -> Marketo:
    """A subscription whose callers really wait, so that it can count those under way."""
    return Marketo(store, clock, sees_concurrency=True)


if __name__ == "__main__":
    run_command_line(make_site, Marketo.title)
