"""The ground under the five services; it knows none of them."""
