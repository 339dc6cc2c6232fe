"""The engine's modules as the rest of this package uses them: MiniStack 1.5.33, imported once and in the right order.

Import it only where the engine's environment is set (`infra.local.settings`): MiniStack reads it at import.
"""

import threading
from importlib import import_module
from typing import Any

_start = threading.Thread.start


def _start_unless_reaper(thread: threading.Thread) -> None:
    # Expiry runs in `infra.local.patches` instead: on the cloud's own clock and through the journal.
    if thread.name != "dynamodb-ttl-reaper":
        _start(thread)


threading.Thread.start = _start_unless_reaper  # type: ignore[assignment, method-assign]
try:
    dynamodb: Any = import_module("ministack.services.dynamodb")
finally:
    threading.Thread.start = _start  # type: ignore[method-assign]

app: Any = import_module("ministack.app")
apigateway: Any = import_module("ministack.services.apigateway")
athena: Any = import_module("ministack.services.athena")
iam_actions: Any = import_module("ministack.core.iam_actions")
concurrency: Any = import_module("ministack.core.concurrency")
persistence: Any = import_module("ministack.core.persistence")
responses: Any = import_module("ministack.core.responses")
workers: Any = import_module("ministack.core.lambda_runtime")
events: Any = import_module("ministack.services.eventbridge")
lambdas: Any = import_module("ministack.services.lambda_svc")
provisioners: Any = import_module("ministack.services.cloudformation.provisioners")
s3: Any = import_module("ministack.services.s3")
ses_v2: Any = import_module("ministack.services.ses_v2")
scheduler: Any = import_module("ministack.services.scheduler")
sqs: Any = import_module("ministack.services.sqs")
