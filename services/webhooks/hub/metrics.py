"""What the hub tells Prometheus at /metrics: counted in this process, and how much stands in Redis as it was seen last."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

SUBSCRIPTIONS = Gauge("syndicate_hub_subscriptions", "WebSub subscriptions")
TOPICS = Gauge("syndicate_hub_topics", "Topics that somebody is subscribed to")
ASKED = Counter("syndicate_hub_requests", "Requests whose callback was asked, by what came of it", ["verdict"])
PUSHED = Counter("syndicate_hub_payloads", "Payloads made of what was new in a topic")
ENTRIES = Counter("syndicate_hub_entries", "Entries in these payloads")
SPREAD = Counter("syndicate_hub_deliveries", "Deliveries made of these payloads")
ATTEMPTS = Counter("syndicate_hub_attempts", "Attempts to deliver, by the first digit of the answer", ["answer"])
