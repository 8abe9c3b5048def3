"""Pure. Mutants of section 7 and 9: hubs that give up otherwise, or call whom they should not."""

from __future__ import annotations

from tests.benchmarks.mutants.mutant import DESK, OPENING, OUTCOME, ROUTE, ROUTES, SUBSCRIPTION, Mutant, mutant

SUCCESS = "if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:"
POSTED = "        answer = await self._outbound.post(subscription.callback, taken.body, headers, taken.kind)\n"
GONE = "        before, after = await self._subscriptions.revise(seen.id, lambda now: None if now == seen else now)\n"
FAILURES = (
    mutant(
        "test_failures.py::test_any_2xx_is_a_success",
        "200 alone is a success",
        OUTCOME,
        SUCCESS,
        "if status == HTTPStatus.OK:",
    ),
    mutant(
        "test_failures.py::test_a_redirection_is_a_failure_and_not_followed",
        "a redirection is a success",
        OUTCOME,
        SUCCESS,
        SUCCESS.replace("MULTIPLE_CHOICES", "BAD_REQUEST"),
    ),
    mutant(
        "test_failures.py::test_a_redirection_is_a_failure_and_not_followed",
        "a redirection is followed (Flask-WebSub)",
        ROUTE,
        POSTED,
        POSTED + '        if moved := answer.headers.get("location"):\n'
        "            answer = await self._outbound.post(moved, taken.body, headers, taken.kind)\n",
    ),
    mutant(
        "test_failures.py::test_an_error_is_tried_again",
        "nothing is tried twice",
        OUTCOME,
        "    if attempt >= len(schedule):",
        "    if attempt >= 1:",
    ),
    mutant(
        "test_failures.py::test_no_answer_is_tried_again",
        "who does not answer is given up",
        OUTCOME,
        "    if attempt >= len(schedule):",
        "    if attempt >= len(schedule) or status is None:",
    ),
    mutant(
        "test_failures.py::test_retries_have_an_end",
        "retries never end",
        OUTCOME,
        "    if attempt >= len(schedule):",
        "    if attempt < 0:",
        "RetryAt(schedule[attempt] *",
        "RetryAt(schedule[min(attempt, 2)] *",
    ),
    mutant(
        "test_failures.py::test_days_of_failure_end_nothing",
        "who fails long enough is unsubscribed (Switchboard)",
        ROUTE,
        POSTED,
        POSTED + "        if taken.attempt >= 4:\n            return Answer(HTTPStatus.GONE)\n",
    ),
    mutant(
        "test_failures.py::test_410_ends_the_subscription",
        "410 is a failure like any other",
        OUTCOME,
        "    if status == HTTPStatus.GONE:",
        "    if status == 499:",
    ),
    mutant(
        "test_failures.py::test_410_ends_one_subscription",
        "410 ends everything that goes to the callback",
        ROUTE,
        GONE,
        GONE + "        for each in [each for each in self._view.by_id.values() if each.callback == seen.callback]:\n"
        "            await self._subscriptions.revise(each.id, lambda _: None)\n",
    ),
    mutant(
        "test_failures.py::test_who_was_gone_may_come_back",
        "who answered 410 once is gone for ever",
        ROUTE,
        POSTED,
        "        self._gone = getattr(self, '_gone', set())\n"
        "        if subscription.callback in self._gone:\n            return Answer(HTTPStatus.GONE)\n"
        + POSTED
        + "        self._gone |= {subscription.callback} if answer.status == 410 else set()\n",
    ),
    mutant(
        "test_failures.py::test_the_body_of_an_answer_means_nothing",
        "an answer that speaks of an error is one",
        ROUTE,
        POSTED,
        POSTED + '        if b"error" in answer.body:\n            return Answer(HTTPStatus.BAD_GATEWAY)\n',
    ),
    mutant(
        "test_failures.py::test_a_failing_subscriber_delays_nobody",
        "one at a time",
        "services/webhooks/pump.py",
        "MOST_IN_FLIGHT = 1_024",
        "MOST_IN_FLIGHT = 1",
    ),
    mutant(
        "test_failures.py::test_what_failed_is_made_good_with_what_is_newer",
        "what is newer replaces what failed",
        "services/webhooks/hub/lua/spread.lua",
        "redis.call('ZCARD', later) >= bound then",
        "redis.call('ZCARD', later) >= 1 then",
    ),
)

SAFETY = (
    mutant(
        "test_safety.py::test_the_callback_is_called_exactly_as_given",
        "the callback's dots and slashes are tidied up on its way (as it was until this suite)",
        "shared/wire.py",
        "    parts = URL(url, encoded=SENDABLE.fullmatch(url) is not None)",
        "    parts = URL(url)",
    ),
    mutant(
        "test_safety.py::test_the_callback_is_called_exactly_as_given",
        "a callback is small letters",
        ROUTE,
        "subscription.callback, taken.body",
        "subscription.callback.lower(), taken.body",
    ),
    mutant(
        "test_safety.py::test_a_forbidden_address_is_never_dialled",
        "whatever a callback names is called (all open hubs)",
        OPENING,
        "asking = Outbound(settings.partner_networks,",
        'outbound = asking = Outbound((__import__("ipaddress").ip_network("0.0.0.0/0"),),',
    ),
    mutant(
        "test_safety.py::test_the_list_of_subscriptions_is_the_operators",
        "anybody sees the subscriptions",
        ROUTES,
        '{"dependencies": [Depends(host.operator)], "tags"',
        '{"tags"',
    ),
    mutant(
        "test_safety.py::test_no_list_shows_a_secret",
        "the list shows secrets, sealed",
        SUBSCRIPTION,
        'exclude={"lane", "number", "secret", "callback"}',
        'exclude={"lane", "number", "callback"}',
    ),
    Mutant(
        "test_safety.py::test_the_store_holds_no_secret_to_be_read",
        "secrets are kept as they are",
        (
            (DESK, 'self.keyring.seal(wish.secret.decode("latin-1"), place) if', 'wish.secret.decode("latin-1") if'),
            (ROUTE, "self._keyring.secret(subscription.secret, subscription.id)", "subscription.secret"),
        ),
    ),
)
