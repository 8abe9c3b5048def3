"""Sixteen words of which the tests of related articles make their documents: few, so that many documents share some."""

from __future__ import annotations

WORDS = "moon tide sea sun night ship harbour storm wind rain cloud star law court judge treaty".split()  # noqa: SIM905 - names, not code
