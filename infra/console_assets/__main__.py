"""`python -m infra.console_assets`: fetch what the console's pages load. Part of `make setup`."""

import sys

from infra.console_assets import NotFetched, fetch


def main() -> None:
    """Fetch, or say why not."""
    try:
        fetch()
    except NotFetched as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
