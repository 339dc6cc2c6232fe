#!/bin/sh
# `make setup` puts this into .venv/bin/leadspine. It works from any folder and does not make the project importable for
# anything else in the venv: the laptop's Lambdas must see nothing but their own assets.
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd) || exit 1
exec "$root/.venv/bin/python" -P -c \
  'import sys; sys.path.insert(0, sys.argv.pop(1)); from infra.cli.main import main; main()' "$root" "$@"
