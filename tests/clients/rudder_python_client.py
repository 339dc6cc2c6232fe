"""Drives the unmodified RudderStack Python client. Environment: BASE_URL, WRITE_KEY, N, USER_ID, GZIP."""

import os

from rudderstack import analytics

analytics.write_key = os.environ["WRITE_KEY"]
analytics.dataPlaneUrl = os.environ["BASE_URL"]
analytics.gzip = os.environ.get("GZIP") == "1"
analytics.max_retries = 5
user, count = os.environ["USER_ID"], int(os.environ["N"])
analytics.identify(user, {"email": f"{user}@clients.example.com", "name": "Иван Петров"})
analytics.page(user, "Docs", "Pricing", {"url": "https://example.com/pricing"})
analytics.screen(user, "Home", "Main")
analytics.group(user, "g-1", {"name": "ООО «Ромашка»"})
analytics.alias(f"{user}-device", user)
for n in range(count):
    analytics.track(user, "Order Completed", {"order_id": f"{user}-o-{n}", "revenue": 99.9, "currency": "PLN"})
analytics.flush()
analytics.shutdown()
