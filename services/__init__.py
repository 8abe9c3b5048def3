"""ingest ─documents.ingested▶ classifier ─documents.classified▶ related ─documents.related▶ feeds ─documents.published▶ webhooks."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Read once, when numpy is first imported, so before everything else. By itself numpy has as many threads as there are cores for one product,
# and they wait for each other by turning: on two busy cores a text's vector took 0.50 s of processor time, and takes 0.05 with one.

FLOW = ("ingest", "classifier", "related", "feeds", "webhooks")
