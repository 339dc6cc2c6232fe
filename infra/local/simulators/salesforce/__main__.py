"""`python -m infra.local.simulators.salesforce --state DIR --port N [--clock FILE]`."""

from infra.local.simulators.salesforce.api import SalesforceSite
from infra.local.simulators.serve import run_command_line

if __name__ == "__main__":
    run_command_line(SalesforceSite, SalesforceSite.title)
