"""Gives each document its subject."""
