"""The third service: the nearest documents of the whole corpus, and every neighbour whose own list changed."""
