"""Pure. All mutants of the hub, in the order of the suite's files."""

from __future__ import annotations

from tests.benchmarks.mutants.agreeing import LEASES_KEPT, VALIDATION, VERIFICATION
from tests.benchmarks.mutants.asking import ANSWERS, PARAMETERS, REQUESTS
from tests.benchmarks.mutants.pushing import (
    DISCOVERY,
    DISTRIBUTION,
    FAILURES,
    SAFETY,
    SIGNATURES,
    SUBSCRIBERS,
)

MUTANTS = (
    *DISCOVERY,
    *REQUESTS,
    *PARAMETERS,
    *ANSWERS,
    *VALIDATION,
    *VERIFICATION,
    *LEASES_KEPT,
    *DISTRIBUTION,
    *FAILURES,
    *SIGNATURES,
    *SAFETY,
    *SUBSCRIBERS,
)
