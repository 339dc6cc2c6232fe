"""The door of costs: prove, read, keep; answer with what was taken and refused. The same file twice changes nothing.

The answer tells about every row, so that the sender needs no second channel. A replay within the tolerance of the
signature, or a retry after a lost answer, finds every row known by its key.
"""

from dataclasses import dataclass, replace
from typing import Final

from shared.app.import_costs import CostImporter
from shared.contracts.costs import MAX_FILE, CostImport, CostImportReport
from shared.contracts.intake import InboundRequest, Source
from shared.domain.intake.bodies import content_type_of, decode_text, inflate, too_large
from shared.domain.intake.problem import Problem
from shared.ports.intake import SourceSecrets, Verifier

MAX_BODY: Final = 4_000_000
"""Bytes; a function is handed six megabytes at most."""
CYRILLIC: Final = "cp1251"
"""Book-keeping programs in Russian write it, and it is hardly ever valid UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostDoor:
    """What the door works with: its source, if there is one, with its secrets, and the import that the API has, too."""

    source: Source | None
    secrets: SourceSecrets
    verify: Verifier
    importer: CostImporter

    def receive(self, request: InboundRequest) -> CostImportReport:
        """Take in the file in the body: CSV or JSON; ``?dry_run=1`` says what would happen and keeps nothing.

        Raises:
            Problem: INTAKE.UNKNOWN_SOURCE (404), INTAKE.METHOD_NOT_ALLOWED (405), INTAKE.TOO_LARGE (413),
                INTAKE.BAD_SIGNATURE (401), COSTS.* (422); nothing was kept.
        """
        if self.source is None:
            raise Problem("INTAKE.UNKNOWN_SOURCE", status=404, detail="There is no source of that name.")
        if request.method != "POST":
            raise Problem("INTAKE.METHOD_NOT_ALLOWED", status=405, detail="Send a POST request.")
        encoding = request.headers.get("content-encoding", "")
        body = inflate(request.body, encoding, limit=MAX_BODY)
        if not self._proven(self.source, replace(request, body=body), request):
            detail = (
                "The request does not prove that it comes from this source: signature or token is missing or wrong."
            )
            raise Problem("INTAKE.BAD_SIGNATURE", status=401, detail=detail)
        content = _text(body, request.headers.get("content-type", ""))
        if len(content) > MAX_FILE:
            raise too_large(MAX_FILE)
        if not content:
            raise Problem("COSTS.NO_ROWS", status=422, detail="There are no rows in it.")
        dry_run = (request.query.get("dry_run") or ("",))[0].lower() in ("1", "true", "yes")
        return self.importer.take(CostImport(content=content, dry_run=dry_run))

    def _proven(self, source: Source, plain: InboundRequest, sent: InboundRequest) -> bool:
        """A signature covers the body, or the compressed bytes as sent. Without a secret nothing is proven."""
        secrets = tuple(secret for secret in self.secrets.secrets_of(source.name) if secret)
        signed = (plain,) if plain.body == sent.body else (plain, sent)
        return bool(secrets) and any(self.verify(request, source.scheme, secrets) for request in signed)


def _text(body: bytes, content_type: str) -> str:
    """The text of a file: in the charset that is declared, else UTF-8, else Cyrillic."""
    charset = content_type_of(content_type).charset
    text, flags = decode_text(body, charset)
    if flags and charset is None:
        text, flags = decode_text(body, CYRILLIC)
    return text
