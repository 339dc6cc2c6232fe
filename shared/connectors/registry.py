"""Finds the module of a vendor by its name, when it is first needed. A new vendor is one file beside this one.

A module has ``parse(request, options)`` and may have ``verify(request, scheme, secrets)`` for a scheme that is not in
the table of shared.domain.intake.signatures, ``handshake(request, secrets)``, and ``STRICT`` (see Connector).
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import ModuleType

from shared.contracts.intake import InboundRequest
from shared.domain.intake.problem import Problem
from shared.domain.intake.signatures import Proof, proves
from shared.ports.intake import Connector

_NOT_VENDORS = frozenset({"registry", "__init__"})


@cache
def connector_of(vendor: str) -> Connector:
    """The connector of a vendor.

    Raises:
        Problem: INTAKE.UNKNOWN_VENDOR (500): a source is configured with a vendor that this build does not have.
    """
    module = _module(vendor)
    if module is None:
        raise Problem("INTAKE.UNKNOWN_VENDOR", status=500, detail="The source names a vendor that is not installed.")
    return Connector(
        parse=module.parse,
        verify=getattr(module, "verify", verify_by_table),
        handshake=getattr(module, "handshake", None),
        strict=getattr(module, "STRICT", False),
    )


def is_known(vendor: str) -> bool:
    """Whether this build has a connector of that name."""
    return _module(vendor) is not None


def _module(vendor: str) -> ModuleType | None:
    name = f"{__package__}.{vendor}"
    if not vendor.isidentifier() or vendor in _NOT_VENDORS:
        return None
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:  # the vendor is there, something that it needs is not
            raise
        return None
    # A system that we synchronise with is a sibling here, and no source of requests.
    return module if hasattr(module, "parse") else None


def verify_by_table(request: InboundRequest, scheme: str, secrets: Sequence[str]) -> bool:
    """Check a request with one of the common schemes."""
    proof = Proof(headers=request.headers, query=request.query, body=request.body, now=request.received_at)
    return proves(scheme, proof, secrets)
