"""The pages about companies: which there are, and everything about one of them."""

from typing import Any, Final

from pydantic import ValidationError

from shared.app.console import companies
from shared.contracts import api
from shared.domain.intake.problem import Problem
from shared.runtime.api_routes import ApiServices
from shared.runtime.console.web import Page, Route, Visit
from shared.runtime.roles import EVERYBODY

HOME: Final = "/console/companies"


def company_pages(services: ApiServices) -> tuple[Route, ...]:
    """The list of companies, and one of them."""

    def listed(visit: Visit) -> Page:
        # The question comes in a form: who is asked for would stay in the logs that addresses are kept in.
        text, cursor = visit.form.get("text", "").strip(), visit.form.get("cursor") or None
        try:
            asked = api.CompanySearch(text=text or None, cursor=cursor)
        except ValidationError:
            raise Problem("API.BAD_REQUEST", status=400, detail="That is too long to search for.") from None
        found = services.companies.listed(asked.text, asked.cursor)
        values = {"found": found, "text": text, "continued": bool(cursor)}
        return Page(template="companies.html", title="Companies", values=values)

    def one(visit: Visit) -> Page:
        company = services.companies.company(visit.path["id"])
        values: dict[str, Any] = {"company": company, "view": companies.view(company)}
        read = tuple(person.id for person in company.persons)
        return Page(template="company.html", title=values["view"].name, values=values, people=read)

    return (
        Route(method="GET", path=HOME, name="companies", roles=EVERYBODY, endpoint=listed, menu="Companies"),
        Route(method="POST", path=HOME, name="searchCompanies", roles=EVERYBODY, endpoint=listed),
        Route(method="GET", path=f"{HOME}/{{id}}", name="company", roles=EVERYBODY, endpoint=one),
    )
