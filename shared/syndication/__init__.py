"""How an article is written as an entry and entries as a feed; who shelves feeds and who pushes them write the same bytes."""
