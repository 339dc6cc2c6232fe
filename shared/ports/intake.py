"""What the doors write and what the signal processor reads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.contracts.intake import Delivery, InboundRequest, Rejected, Reply, Submission


class RawArchive(Protocol):
    """Requests as they came, before anything was understood. An object is durable when ``put`` returns."""

    def put(self, request: InboundRequest, delivery_id: str) -> str:
        """Store a request; returns its key, which sorts by time of receipt and holds no personal data."""

    def get(self, key: str) -> InboundRequest:
        """Read a request back. Raises KeyError when it is gone."""

    def keys_since(self, received_at: int) -> Iterator[str]:
        """Keys of requests received at or after an instant, oldest first."""


class SignalQueue(Protocol):
    """The queue between the doors and the decisions."""

    def send(self, delivery: Delivery) -> None:
        """Hand over a delivery. Durable when it returns."""


class SourceSecrets(Protocol):
    """Secrets of sources; several at once while one is being rotated."""

    def secrets_of(self, source: str) -> tuple[str, ...]:
        """The secrets that are valid now; empty means that nothing can be accepted (fail closed)."""


class SourceParser(Protocol):
    """A vendor's payload in neutral words. One small module per vendor implements it."""

    def __call__(self, request: InboundRequest, options: Mapping[str, object]) -> list[Submission | Rejected]:
        """The submissions in a request, in its order; an event that cannot be one is a ``Rejected`` in its place.

        Empty for what is rightly nothing: a vendor's test ping, an event type nobody asked for, an empty batch.

        Raises:
            shared.domain.intake.problem.Problem: the payload as a whole cannot be understood; ``code`` says why.
        """


Verifier = Callable[[InboundRequest, str, Sequence[str]], bool]
"""``verify(request, scheme, secrets)``: does the request prove its origin? Never called without a secret."""

Handshake = Callable[[InboundRequest, Sequence[str]], Reply | None]
"""Answers a vendor's subscription check (GET or HEAD); None when this is not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One vendor's module: how to check, how to greet, how to read.

    ``strict``: a request of which nothing can be used is refused, for a developer to see it at once. Vendors are not
    refused (they hammer, or switch the webhook off): theirs is accepted, and parked where our own people see it.
    """

    parse: SourceParser
    verify: Verifier
    handshake: Handshake | None = None
    strict: bool = False
