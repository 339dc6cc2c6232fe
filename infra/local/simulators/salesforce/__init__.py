"""A Salesforce org on this machine."""

from pathlib import Path

from infra.local.simulators.salesforce.api import SalesforceSite
from infra.local.simulators.serve import serve_site


def serve_salesforce(home_folder: Path, port: int) -> None:
    """Serve the org of a laptop cloud's folder on loopback, until SIGTERM."""
    serve_site(SalesforceSite, state=home_folder / "salesforce", port=port, clock=home_folder / "clock")
