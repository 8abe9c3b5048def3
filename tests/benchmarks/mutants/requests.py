"""Pure. Mutants of section 5.1: what is asked for, and when it takes effect."""

from __future__ import annotations

from tests.benchmarks.mutants.mutant import ASKING, DESK, SUBSCRIPTION, SUBSCRIPTIONS, VERIFYING, mutant

BROUGHT_BACK = (
    "        self.kinds = 0\n",
    "        self.kinds = 0\n        self.left: set[str] = set()\n",
    "        if subscription:\n            self.by_id[name]",
    "        if subscription and name not in self.left:\n            self.by_id[name]",
    "        self.version += 1",
    "        self.version += 1\n        if subscription is None:\n            self.left.add(name)",
)
ASKED = '        log.info("subscription.asked",'
BEFORE_ASKING = "        await self.verifying.ask(request)\n" + ASKED
PLACE = "    return digest(callback, topic)"

REQUESTS = (
    mutant(
        "test_requests.py::test_the_least_request_is_enough",
        "hub.secret is required",
        ASKING,
        "    return Wish(Mode.SUBSCRIBE,",
        '    if not _secret(fields):\n        raise BadRequest("hub.secret is missing")\n    return Wish(Mode.SUBSCRIBE,',
    ),
    mutant(
        "test_requests.py::test_a_secret_is_taken",
        "hub.secret is taken and forgotten",
        ASKING,
        "_lease(fields), _secret(fields),",
        '_lease(fields), b"",',
    ),
    mutant(
        "test_requests.py::test_a_secret_of_199_bytes_is_taken",
        "a secret has less than 199 bytes",
        ASKING,
        "MOST_SECRET_BYTES = 199",
        "MOST_SECRET_BYTES = 198",
    ),
    mutant(
        "test_requests.py::test_a_secret_of_200_bytes_is_refused",
        "a secret may have 200 bytes",
        ASKING,
        "MOST_SECRET_BYTES = 199",
        "MOST_SECRET_BYTES = 200",
    ),
    mutant(
        "test_requests.py::test_the_length_of_a_secret_counts_bytes",
        "a secret's characters are counted",
        ASKING,
        "if len(secret) > MOST_SECRET_BYTES:",
        'if len(secret.decode("utf-8", "replace")) > MOST_SECRET_BYTES:',
    ),
    mutant(
        "test_requests.py::test_unknown_parameters_are_ignored",
        "a parameter that is not known is an error",
        ASKING,
        '    mode = _one(fields, "hub.mode")\n',
        '    mode = _one(fields, "hub.mode")\n    if "foo" in fields or "hub.verify" in fields:\n'
        '        raise BadRequest("that is not known")\n',
    ),
    mutant(
        "test_requests.py::test_unsubscribing_ends_it",
        "an unsubscription is verified and does nothing",
        VERIFYING,
        "            if request.mode is Mode.UNSUBSCRIBE:\n                return None",
        "            if request.mode is Mode.UNSUBSCRIBE:\n                return known",
    ),
    mutant(
        "test_requests.py::test_unsubscribing_ignores_the_lease",
        "hub.lease_seconds is judged when unsubscribing",
        ASKING,
        "topic, lease_of(None), b",
        "topic, _lease(fields), b",
    ),
    mutant(
        "test_requests.py::test_unsubscribing_from_what_is_not_there_is_answered_alike",
        "the answer tells who is subscribed",
        DESK,
        "        number = await self.verifying.number()\n        secret",
        "        known = (await self.subscriptions.current(at_most_seconds_old=0)).by_id\n"
        "        if wish.mode is Mode.UNSUBSCRIBE and place not in known:\n"
        '            raise UnknownTopic("nobody is subscribed")\n'
        "        number = await self.verifying.number()\n        secret",
    ),
    mutant(
        "test_requests.py::test_who_left_may_come_back",
        "who unsubscribed once cannot subscribe again",
        SUBSCRIPTIONS,
        *BROUGHT_BACK,
    ),
    mutant(
        "test_requests.py::test_asking_again_makes_no_second_subscription",
        "every request makes a subscription of its own",
        SUBSCRIPTION,
        "        return place_of(self.callback, self.topic)\n\n\nclass Subscription",
        '        return f"{place_of(self.callback, self.topic)}{self.number}"\n\n\nclass Subscription',
        "    def id(self) -> str:\n        return place_of(self.callback, self.topic)",
        '    def id(self) -> str:\n        return f"{place_of(self.callback, self.topic)}{self.number}"',
    ),
    mutant(
        "test_requests.py::test_a_renewal_brings_its_new_secret",
        "the first secret stays for ever",
        SUBSCRIPTION,
        "        secret=request.secret,",
        "        secret=known.secret if known else request.secret,",
    ),
    mutant(
        "test_requests.py::test_a_renewal_without_a_secret_has_none",
        "a renewal without a secret keeps the old one (Webubbub)",
        SUBSCRIPTION,
        "        secret=request.secret,",
        '        secret=request.secret or (known.secret if known else ""),',
    ),
    mutant(
        "test_requests.py::test_a_refused_renewal_changes_no_secret",
        "the new secret is stored before the callback agreed (Switchboard)",
        DESK,
        BEFORE_ASKING,
        '        change = {"secret": secret}\n'
        "        await self.subscriptions.revise(place, lambda known: known and known.model_copy(update=change))\n"
        + BEFORE_ASKING,
    ),
    mutant(
        "test_requests.py::test_a_renewal_under_way_changes_nothing_yet",
        "a renewal holds as soon as the callback is asked",
        VERIFYING,
        "        answer = await self._outbound.get(question",
        "        await self._apply(request, asked_at)\n        answer = await self._outbound.get(question",
    ),
    mutant(
        "test_requests.py::test_nobody_can_unsubscribe_another",
        "an unsubscription needs no agreement (WebSubHub)",
        VERIFYING,
        "elif confirmed:",
        "elif request.mode is Mode.UNSUBSCRIBE or confirmed:",
    ),
    mutant(
        "test_requests.py::test_a_refused_renewal_changes_no_lease",
        "the new lease holds before the callback agreed (Webubbub)",
        DESK,
        BEFORE_ASKING,
        '        lease = __import__("datetime").timedelta(seconds=wish.lease_seconds)\n'
        '        change = {"until": self.verifying._clock.now() + lease}\n'
        "        await self.subscriptions.revise(place, lambda known: known and known.model_copy(update=change))\n"
        + BEFORE_ASKING,
    ),
    mutant(
        "test_requests.py::test_each_callback_stands_alone",
        "there is one subscription for each topic",
        SUBSCRIPTION,
        PLACE,
        "    return digest(topic)",
    ),
    mutant(
        "test_requests.py::test_each_topic_stands_alone",
        "there is one subscription for each callback",
        SUBSCRIPTION,
        PLACE,
        "    return digest(callback)",
    ),
)
