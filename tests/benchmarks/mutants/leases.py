"""Pure. Mutants of section 5.3.1 and 8: hubs that hold on to what is over, or sign badly."""

from __future__ import annotations

from tests.benchmarks.mutants.mutant import ROUTE, SUBSCRIPTION, VERIFYING, mutant

LEASES = "LONGEST_LEASE_SECONDS = HOUR, 10 * DAY, 30 * DAY"
GIVEN = "LEASE_SECONDS if asked is None else min(max(asked, SHORTEST_LEASE_SECONDS), LONGEST_LEASE_SECONDS)"
UNTIL = "        until=now + timedelta(seconds=request.lease_seconds),"
LIVE = "if subscription is None or not subscription.live(at):"
OPENED = 'self._keyring.secret(subscription.secret, subscription.id).encode("latin-1")'
SIGNED = "signature(secret, subscription.algorithm, taken.body)"

LEASES_KEPT = (
    mutant(
        "test_leases.py::test_who_asks_for_none_gets_ten_days",
        "the usual lease is a day",
        SUBSCRIPTION,
        LEASES,
        LEASES.replace("10 * DAY", "DAY"),
    ),
    mutant(
        "test_leases.py::test_what_is_asked_for_is_given",
        "all leases are the same",
        SUBSCRIPTION,
        GIVEN,
        "LEASE_SECONDS",
    ),
    mutant(
        "test_leases.py::test_too_short_a_lease_is_an_hour",
        "a lease may be a minute",
        SUBSCRIPTION,
        LEASES,
        LEASES.replace("HOUR,", "60,"),
    ),
    mutant(
        "test_leases.py::test_no_lease_is_perpetual",
        "a lease may be as long as anybody likes",
        SUBSCRIPTION,
        GIVEN,
        "LEASE_SECONDS if asked is None else max(asked, SHORTEST_LEASE_SECONDS)",
    ),
    mutant(
        "test_leases.py::test_a_lease_holds_to_its_end",
        "a lease ends a minute too early",
        SUBSCRIPTION,
        UNTIL,
        UNTIL.replace("request.lease_seconds", "request.lease_seconds - 60"),
    ),
    mutant(
        "test_leases.py::test_a_lease_ends_to_the_second",
        "a lease ends half a minute too late",
        SUBSCRIPTION,
        UNTIL,
        UNTIL.replace("request.lease_seconds", "request.lease_seconds + 30"),
    ),
    mutant(
        "test_leases.py::test_the_usual_lease_ends_as_well",
        "who asked for no lease has one for ever",
        SUBSCRIPTION,
        UNTIL,
        UNTIL.replace(
            "request.lease_seconds", "request.lease_seconds if request.lease_seconds != LEASE_SECONDS else 10**9"
        ),
    ),
    mutant(
        "test_leases.py::test_a_lease_counts_from_the_question",
        "a lease counts from the callback's answer (as it was until this suite)",
        VERIFYING,
        "            return verified(request, known, asked_at)",
        "            return verified(request, known, self._clock.now())",
    ),
    mutant(
        "test_leases.py::test_a_renewal_counts_from_itself",
        "a renewal does not lengthen",
        SUBSCRIPTION,
        UNTIL,
        UNTIL[:-1] + " if not known else known.until,",
    ),
    mutant(
        "test_leases.py::test_a_renewal_may_shorten",
        "a renewal does not shorten",
        SUBSCRIPTION,
        UNTIL,
        "        until=max(now + timedelta(seconds=request.lease_seconds), known.until if known else now),",
    ),
    mutant(
        "test_leases.py::test_who_is_late_may_subscribe_again",
        "who let a lease end is not taken back",
        VERIFYING,
        "            return verified(request, known, asked_at)",
        "            ended = self.__dict__.setdefault('ended', {})\n"
        "            if ended.setdefault(request.place, request.lease_seconds) == 3_600 and request.lease_seconds > 3_600:\n"
        "                return None\n"
        "            return verified(request, known, asked_at)",
    ),
    mutant(
        "test_leases.py::test_a_retry_ends_with_the_lease",
        "whoever was subscribed when it was planned is pushed to",
        ROUTE,
        LIVE,
        "if subscription is None:",
        "        return self._terms\n",
        "        self._seen = getattr(self, '_seen', {}) | view.by_lane\n        return dict.fromkeys(self._seen, TERMS)\n",
        "        subscription = self._view.by_lane.get(taken.lane)\n",
        "        subscription = self._seen.get(taken.lane)\n",
    ),
)

SIGNATURES = (
    mutant(
        "test_signatures.py::test_without_a_secret_there_is_no_signature",
        "who gave no secret gets a signature with none",
        ROUTE,
        "        if subscription.secret:",
        "        if subscription:",
        OPENED,
        f'{OPENED} if subscription.secret else b""',
    ),
    mutant(
        "test_signatures.py::test_a_signature_is_sha256_unless_asked_otherwise",
        "sha1 is the usual one",
        SUBSCRIPTION,
        'USUAL: Algorithm = "sha256"',
        'USUAL: Algorithm = "sha1"',
    ),
    mutant(
        "test_signatures.py::test_all_recognised_algorithms_can_be_asked_for",
        "nobody can choose",
        ROUTE,
        SIGNED,
        'signature(secret, "sha256", taken.body)',
    ),
    mutant(
        "test_signatures.py::test_the_algorithm_is_each_subscriptions_own",
        "the first algorithm stays for ever",
        SUBSCRIPTION,
        "        algorithm=request.algorithm,\n        lease",
        "        algorithm=known.algorithm if known else request.algorithm,\n        lease",
    ),
    mutant(
        "test_signatures.py::test_every_byte_is_signed",
        "letters beyond ASCII are not signed",
        ROUTE,
        SIGNED,
        'signature(secret, subscription.algorithm, taken.body.decode().encode("ascii", "replace"))',
    ),
    mutant(
        "test_signatures.py::test_a_secret_may_have_any_letters",
        "a secret's bytes are encoded twice",
        ROUTE,
        OPENED,
        OPENED.replace('"latin-1"', ""),
    ),
    mutant(
        "test_signatures.py::test_each_secret_signs_for_its_own",
        "one secret signs everything",
        ROUTE,
        f"            secret = {OPENED}",
        f"            secret = self.__dict__.setdefault('_one', {OPENED})",
    ),
    mutant(
        "test_signatures.py::test_a_retry_is_signed_too",
        "retries are not signed",
        ROUTE,
        "        if subscription.secret:",
        "        if subscription.secret and not taken.attempt:",
    ),
)
