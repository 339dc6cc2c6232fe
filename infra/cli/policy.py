"""`leadspine policy …`: what operators do with rules. Owns the wording only; the rules of rules are shared.policies."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.exits import Status
from infra.cli.output import AsJson, print_json
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
    as_json: AsJson = False,
) -> None:
    """Check every policy file and name file, line and field of everything that is wrong.

    For whoever changes rules. Needs no running cloud. JSON is a list of errors, empty when all is well. Exit status 1
    when something is wrong.

    Example: leadspine policy check
    Example: leadspine policy check my-rules --json
    """
    try:
        policies = load_directory(directory)
    except PolicyErrors as problems:
        _show(problems, as_json=as_json)
        raise typer.Exit(Status.WRONG) from None
    typer.echo("[]" if as_json else _summary(policies))


def _show(problems: PolicyErrors, *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(error) for error in problems.errors])
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
