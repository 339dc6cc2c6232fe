"""Drives the unmodified Segment Python client. Environment: BASE_URL, WRITE_KEY, N, USER, GZIP."""

import os

from segment import analytics

analytics.write_key = os.environ["WRITE_KEY"]
analytics.host = os.environ["BASE_URL"]
analytics.gzip = os.environ.get("GZIP") == "1"
analytics.max_retries = 5
user, count = os.environ["USER_ID"], int(os.environ["N"])
email = f"{user}@clients.example.com"
campaign = {"source": "google", "medium": "cpc", "name": "brand"}
analytics.identify(user, {"email": email, "firstName": "Anna"}, context={"campaign": campaign})
analytics.group(user, "g-1", {"name": "Żabka Sp. z o.o.", "employees": 42})
analytics.alias(f"{user}-device", user)
analytics.page(user, "Docs", "Pricing", {"url": "https://example.com/pricing"})
analytics.screen(user, "Home", "Main")
for n in range(count):
    analytics.track(user, "Lead Submitted", {"form_id": f"f-{n}"}, anonymous_id=f"{user}-device")
analytics.flush()
analytics.shutdown()
