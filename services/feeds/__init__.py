"""Shelves articles by subject, and serves them as feeds and pages."""
