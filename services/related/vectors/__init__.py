"""The related index with a Redis vector set in place of a process's memory: nothing is held here between two batches."""
