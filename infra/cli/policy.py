"""`leadspine policy …`: what operators do with rules. Owns the wording only; the rules of rules are shared.policies."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from shared.policies.loader import RULES, Policies, PolicyErrors, load_directory

app = typer.Typer(no_args_is_help=True, help="Rules as data: check them before they go live.")


@app.callback()
def policy() -> None:
    """Rules as data: check them before they go live."""


@app.command()
def check(
    directory: Annotated[
        Path, typer.Argument(help="Folder with the policy files.", show_default="the shipped rules")
    ] = RULES,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list of errors as JSON, empty when all is well.")
    ] = False,
) -> None:
    """Check every policy file and name file, line and field of everything that is wrong."""
    try:
        policies = load_directory(directory)
    except PolicyErrors as problems:
        _show(problems, as_json=as_json)
        raise typer.Exit(code=1) from None
    typer.echo("[]" if as_json else _summary(policies))


def _show(problems: PolicyErrors, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(error) for error in problems.errors], ensure_ascii=False, indent=2))
        return
    for error in problems.errors:
        typer.echo(str(error))
    count = len(problems.errors)
    typer.echo(f"{count} error{'s' if count != 1 else ''}", err=True)


def _summary(policies: Policies) -> str:
    scoring, lifecycle, consent = policies.scoring, policies.lifecycle, policies.consent
    texts = f"{len(consent.purposes)} purposes, {len(consent.texts)} texts"
    return "\n".join(
        (
            f"scoring.yaml        {len(scoring.rules)} rules, version {scoring.version}",
            f"lifecycle.yaml      {len(lifecycle.stages)} stages, version {lifecycle.version}",
            f"consent_texts.yaml  {texts}, version {consent.version}",
            f"sources.yaml        {len(policies.sources)} sources",
            f"all is well, version {policies.version}",
        )
    )
