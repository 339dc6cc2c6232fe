"""The routes of companies. What is searched for is in a body, never in a URL."""

from shared.app.read_companies import CompanyReader
from shared.contracts import api
from shared.runtime.roles import EVERYBODY
from shared.runtime.routing import Call, Route


def company_routes(reader: CompanyReader) -> list[Route]:
    """All of them, in the order of the documentation."""

    def searched(call: Call) -> api.CompanyList:
        asked = call.asked(api.CompanySearch)
        return reader.listed(asked.text, asked.cursor)

    return [
        Route(
            method="GET",
            path="/api/companies",
            name="listCompanies",
            summary="Companies, latest touched first",
            roles=EVERYBODY,
            answer=api.CompanyList,
            endpoint=lambda call: reader.listed(None, call.asked(api.PageQuery).cursor),
            query=api.PageQuery,
            errors=(503,),
        ),
        Route(
            method="POST",
            path="/api/companies/search",
            name="searchCompanies",
            summary="Find companies by a part of their domain, or by id",
            roles=EVERYBODY,
            body=api.CompanySearch,
            answer=api.CompanyList,
            endpoint=searched,
            errors=(413, 503),
        ),
        Route(
            method="GET",
            path="/api/companies/{id}",
            name="getCompanyById",
            summary="A company with its people, hand-overs and opportunities, and whether marketing had a part in them",
            roles=EVERYBODY,
            answer=api.Company,
            endpoint=lambda call: reader.company(call.path["id"]),
            errors=(404, 503),
        ),
    ]
