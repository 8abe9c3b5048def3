"""The related index split by key over several processes: each holds a share of the documents, a batch asks all of them."""
