"""Makes the template: `python -m infra.aws.app [--out cdk.out] [--layers] [--check]`.

Offline, without an account, without Docker. Run by the CDK command line (cdk.json) it writes where that wants it.
"""

import argparse
import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from aws_cdk import App, Validations

from infra import build
from infra.aws.acknowledgements import ACKNOWLEDGED, Meant, acknowledge
from infra.aws.stack import LeadspineStack
from infra.catalog import CATALOG, STACK_NAME

OUT: Final = build.ROOT / "cdk.out"


def synthesise(
    *, out: Path = OUT, staged: Path = build.STAGED, root: Path = build.ROOT, layers: bool = False, check: bool = False
) -> dict[str, object]:
    """Stage the assets, write the cloud assembly to ``out`` and return the template.

    ``check`` also runs CloudFormation's own rules and AwsSolutions, which take longer than everything else together.
    What they found is in `validation-report.json`; a finding that no acknowledgement covers fails the synthesis.
    """
    with ThreadPoolExecutor(1) as beside:
        queries = beside.submit(build.compile_queries, root, staged)
        layer_hashes = build.stage(root=root, out=staged, layers=layers)
        queries.result()
    app = make_app(out, staged, layer_hashes, check=check)
    app.synth()
    template: dict[str, object] = json.loads((out / f"{STACK_NAME}.template.json").read_text())
    return template


def make_app(
    out: Path,
    staged: Path,
    layer_hashes: dict[str, str],
    *,
    check: bool = False,
    acknowledged: tuple[Meant, ...] = ACKNOWLEDGED,
) -> App:
    """The CDK app with its one stack, not yet synthesised. Replaces an assembly that lies at ``out``."""
    if (out / "cdk.out").is_file():
        shutil.rmtree(out)
    context = json.loads((build.ROOT / "cdk.json").read_text())["context"]
    app = App(
        outdir=str(out),
        analytics_reporting=False,
        tree_metadata=False,
        context=context,
        builtin_cloud_formation_validation=check,
    )
    stack = LeadspineStack(app, STACK_NAME, catalog=CATALOG, staged=staged, layer_hashes=layer_hashes)
    if check:
        from cdk_nag import AwsSolutionsChecks

        acknowledge(stack, acknowledged)
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def main() -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("CDK_OUTDIR", OUT)))
    parser.add_argument("--layers", action="store_true", help="fill the dependency layers (needed to deploy to AWS)")
    parser.add_argument("--check", action="store_true", help="check the rules of CloudFormation and AwsSolutions, too")
    arguments = parser.parse_args()
    try:
        synthesise(out=arguments.out, layers=arguments.layers, check=arguments.check)
    except build.BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
