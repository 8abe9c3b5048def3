"""ingest ─documents.ingested▶ classifier ─documents.classified▶ related ─documents.related▶ feeds ─documents.published▶ webhooks."""

FLOW = ("ingest", "classifier", "related", "feeds", "webhooks")
