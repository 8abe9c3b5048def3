"""Pure. All mutants of the hub, in the order of the Recommendation."""

from __future__ import annotations

from tests.benchmarks.mutants.discovery import DISCOVERY, PUBLISHING
from tests.benchmarks.mutants.distribution import DISTRIBUTION, SUBSCRIBERS
from tests.benchmarks.mutants.failures import FAILURES, SAFETY
from tests.benchmarks.mutants.leases import LEASES_KEPT, SIGNATURES
from tests.benchmarks.mutants.nearness import NEARNESS
from tests.benchmarks.mutants.parameters import ANSWERS, PARAMETERS
from tests.benchmarks.mutants.requests import REQUESTS
from tests.benchmarks.mutants.verification import VALIDATION, VERIFICATION

MUTANTS = (
    *DISCOVERY,
    *PUBLISHING,
    *REQUESTS,
    *PARAMETERS,
    *ANSWERS,
    *VALIDATION,
    *VERIFICATION,
    *LEASES_KEPT,
    *DISTRIBUTION,
    *NEARNESS,
    *FAILURES,
    *SIGNATURES,
    *SAFETY,
    *SUBSCRIBERS,
)
