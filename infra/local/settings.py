"""The engine's environment: everything that MiniStack and the functions in it are told from outside."""

import json
import os
from collections.abc import Mapping

from infra.local.home import Home
from infra.local.processes import LOOPBACK

REGION = "eu-central-1"
ACCOUNT = "000000000000"
OPERATOR_KEY = "test"
"""The key of the account's root user: deployments and the journeys' own look-ups. Functions get their roles."""
STAFF = {"sales": ["sales@acme.test"]}
"""Who is told of hand-overs here, beside the recipients of messages.yaml."""
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "SYSTEMROOT")


def engine_environment(
    home: Home, *, aws_port: int, api_port: int = 0, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The engine's whole environment. Nothing else is inherited: what is here, every function can read."""
    outer = os.environ if environ is None else environ
    inherited = {name: outer[name] for name in _INHERITED if name in outer}
    return {
        **inherited,
        "LEADSPINE_HOME": str(home.root),
        "LEADSPINE_CLOCK_FILE": str(home.clock),
        "TMPDIR": str(home.temporary),
        "BIND_HOST": LOOPBACK,
        # Queue addresses are stored state, so they must not change with the port that was free today. Clients ignore
        # the address's host and port: they talk to AWS_ENDPOINT_URL.
        "GATEWAY_PORT": "4566",
        "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{aws_port}",
        # Links in mails lead to the door of this cloud; the stack only knows an address that resolves nowhere.
        "LINKS_URL": f"http://{LOOPBACK}:{api_port}" if api_port else "",
        "STAFF_RECIPIENTS": json.dumps(STAFF),
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.engine / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.engine / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "LAMBDA_WARM_TTL_SECONDS": "120",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": OPERATOR_KEY,
        "AWS_SECRET_ACCESS_KEY": OPERATOR_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "",
    }
