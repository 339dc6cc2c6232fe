"""A terminal as an SVG picture: `leadspine demo --svg FILE` renews docs/demo.svg with it.

The picture asks nobody for fonts and names no machine; the same words make the same bytes.
"""

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from rich.console import Console, RenderableType
from rich.text import Text

WIDTH: Final = 92
"""Columns: as wide as a README shows."""
_FONTS: Final = "ui-monospace, Menlo, Consolas, monospace"


def draw(command: str, shown: Iterable[RenderableType], *, title: str) -> str:
    """The SVG of a terminal in which a command printed something."""
    console = Console(record=True, file=io.StringIO(), width=WIDTH, force_terminal=True, color_system="truecolor")
    console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
    for one in shown:
        console.print()
        console.print(one)
    return _self_contained(console.export_svg(title=title, unique_id="terminal"), title)


def write(path: Path, svg: str) -> None:
    """Keep it.

    Raises:
        OSError: the file cannot be written.
    """
    path.write_text(svg, encoding="utf-8")


def _self_contained(svg: str, title: str) -> str:
    """Rich's picture without its web font, with a name for who cannot see it."""
    without_fonts = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    named = without_fonts.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
    return named.replace("font-family: Fira Code, monospace", f"font-family: {_FONTS}")
