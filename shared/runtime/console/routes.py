"""The pages about people and figures: what each shows, and who may see it. The roles are those of the API."""

from shared.runtime.api_routes import ApiServices
from shared.runtime.console.company_pages import company_pages
from shared.runtime.console.desk_routes import desk_routes
from shared.runtime.console.lead_pages import lead_pages
from shared.runtime.console.overview_pages import overview_pages
from shared.runtime.console.report_pages import report_pages
from shared.runtime.console.web import Route


def console_routes(services: ApiServices) -> tuple[Route, ...]:
    """All pages behind the login, in the order of the navigation."""
    return (
        *overview_pages(services),
        *lead_pages(services),
        *company_pages(services),
        *report_pages(services),
        *desk_routes(services),
    )
