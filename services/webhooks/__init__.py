"""Tells partners: signed, kept trying, and written down."""
