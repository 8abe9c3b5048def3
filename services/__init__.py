"""ingest ─documents.ingested▶ classifier ─documents.classified▶ related ─documents.related▶ feeds ─documents.published▶ webhooks."""
