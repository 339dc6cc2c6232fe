"""Calls `leadspine` as a shell does, in process: arguments in, exit status and both outputs out."""

import contextlib
import io
import json
from dataclasses import dataclass
from typing import Any

from infra.cli.main import main


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for programs."""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """What it printed, without the breaks of lines."""
        return " ".join(self.out.split())


def leadspine(*arguments: str) -> Answer:
    """Run a command line."""
    out, err = io.StringIO(), io.StringIO()
    status: Any = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as ended:
            status = ended.code
    return Answer(int(status or 0), out.getvalue(), err.getvalue())
