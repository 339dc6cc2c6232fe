"""The pages of those who keep it running: hand-overs, synchronisation, operations, in the order of the navigation."""

from shared.runtime.api_routes import ApiServices
from shared.runtime.console.handover_pages import handover_pages
from shared.runtime.console.operations_pages import operations_pages
from shared.runtime.console.sync_pages import sync_pages
from shared.runtime.console.web import Route


def desk_routes(services: ApiServices) -> tuple[Route, ...]:
    """All of them with their actions."""
    return (*handover_pages(services), *sync_pages(services), *operations_pages(services))
