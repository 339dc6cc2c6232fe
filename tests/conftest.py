"""What every test gets: credentials that open nothing, and no host but loopback; examples without a deadline."""

import os

from hypothesis import settings

os.environ.update(
    {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
)

# Whoever develops looks for new examples with every run; a run of CI tells of the change, so it looks at the same ones.
settings.register_profile("leadspine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("leadspine")
