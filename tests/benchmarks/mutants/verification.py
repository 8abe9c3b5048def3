"""Pure. Mutants of section 5.2 and 5.3: hubs that take no for yes."""

from __future__ import annotations

from tests.benchmarks.mutants.mutant import DESK, SUBSCRIPTION, SUBSCRIPTIONS, VERIFYING, Mutant, mutant
from tests.benchmarks.mutants.requests import BROUGHT_BACK

DENIED = '        told |= {"hub.reason": request.reason} if request.reason else {}'
CHALLENGE = "chance.token_urlsafe(CHALLENGE_BYTES)"
SUCCESS = "not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:"
SAME = "    return hmac.compare_digest(answer.body, challenge.encode())"

VERIFICATION = (
    mutant(
        "test_verification.py::test_subscribing_is_verified_with_all_four",
        "no hub.lease_seconds",
        SUBSCRIPTION,
        "    if request.mode is Mode.SUBSCRIBE:",
        "    if request.mode is Mode.DENIED:",
    ),
    mutant(
        "test_verification.py::test_subscribing_is_verified_with_all_four",
        "no hub.topic",
        SUBSCRIPTION,
        ', "hub.topic": request.topic}',
        "}",
    ),
    mutant(
        "test_verification.py::test_unsubscribing_is_verified_too",
        "unsubscribing is called subscribing",
        SUBSCRIPTION,
        '"hub.mode": str(request.mode)',
        '"hub.mode": "subscribe"',
    ),
    Mutant(
        "test_verification.py::test_the_secret_is_never_said_back",
        "the secret stands in the question",
        (
            (
                DESK,
                "            algorithm=wish.algorithm,\n",
                "            algorithm=wish.algorithm,\n            reason=wish.secret.decode(),\n",
            ),
            (
                SUBSCRIPTION,
                '        told["hub.challenge"] = challenge',
                '        told |= {"hub.challenge": challenge, "hub.secret": request.reason}',
            ),
        ),
    ),
    mutant(
        "test_verification.py::test_every_challenge_is_new",
        "a subscription has one challenge for ever (Switchboard)",
        VERIFYING,
        CHALLENGE,
        "request.place * 2",
    ),
    mutant(
        "test_verification.py::test_every_challenge_is_new",
        "a challenge is short",
        VERIFYING,
        "CHALLENGE_BYTES = 24",
        "CHALLENGE_BYTES = 6",
    ),
    mutant(
        "test_verification.py::test_nothing_is_pushed_before_the_callback_agreed",
        "a subscription begins with its request",
        VERIFYING,
        "        answer = await self._outbound.get(question",
        "        await self._apply(request, asked_at)\n        answer = await self._outbound.get(question",
    ),
    mutant(
        "test_verification.py::test_any_2xx_with_the_challenge_agrees",
        "200 alone agrees (Flask-WebSub)",
        VERIFYING,
        SUCCESS,
        "answer.status != HTTPStatus.OK:",
    ),
    mutant(
        "test_verification.py::test_a_redirection_is_a_no_and_not_followed",
        "a redirection agrees",
        VERIFYING,
        SUCCESS,
        "not HTTPStatus.OK <= answer.status < HTTPStatus.BAD_REQUEST:",
    ),
    mutant(
        "test_verification.py::test_a_redirection_is_a_no_and_not_followed",
        "a redirection is followed (Flask-WebSub)",
        VERIFYING,
        "        if request.mode is Mode.DENIED:\n",
        '        if answer.headers.get("location"):\n'
        '            answer = await self._outbound.get(answer.headers["location"])\n'
        "        if request.mode is Mode.DENIED:\n",
    ),
    mutant(
        "test_verification.py::test_an_error_is_a_no_whatever_its_body",
        "the body alone agrees",
        VERIFYING,
        f"    if answer.status is None or {SUCCESS}",
        "    if answer.status is None:",
    ),
    mutant(
        "test_verification.py::test_another_body_is_a_no",
        "it is enough that the challenge stands in the body",
        VERIFYING,
        SAME,
        "    return challenge.encode() in answer.body",
    ),
    mutant(
        "test_verification.py::test_another_body_is_a_no",
        "nobody looks at the body",
        VERIFYING,
        SAME,
        "    return bool(challenge)",
    ),
    mutant(
        "test_verification.py::test_a_part_of_the_challenge_is_a_no",
        "a part of the challenge is enough",
        VERIFYING,
        SAME,
        "    return bool(answer.body) and challenge.encode().startswith(answer.body)",
    ),
    mutant(
        "test_verification.py::test_an_old_challenge_is_a_no",
        "the challenge can be known beforehand",
        VERIFYING,
        CHALLENGE,
        "request.place * 2",
    ),
    mutant(
        "test_verification.py::test_an_endless_answer_is_a_no",
        "it is enough that the body begins with the challenge",
        VERIFYING,
        SAME,
        "    return answer.body.startswith(challenge.encode())",
    ),
    mutant(
        "test_verification.py::test_who_says_no_is_not_pressed_for_ever",
        "who says no is asked until it says yes",
        VERIFYING,
        '            word = "refused"\n',
        '            word = "refused"\n'
        '            await self.ask(request.model_copy(update={"number": await self.number()}))\n',
    ),
    mutant(
        "test_verification.py::test_the_last_request_decides",
        "what was asked for earlier and agreed to later wins (as it was until this suite)",
        VERIFYING,
        "or 0) > request.number",
        "or 0) < 0",
    ),
)

VALIDATION = (
    mutant(
        "test_validation.py::test_who_is_denied_is_told",
        "nobody is told of a denial",
        DESK,
        "        await self._tell(ended, reason)\n\n    async def _tell",
        "\n    async def _tell",
    ),
    mutant(
        "test_validation.py::test_who_is_denied_is_told",
        "a denial asks for agreement",
        SUBSCRIPTION,
        DENIED,
        '        told["hub.challenge"] = challenge',
    ),
    mutant(
        "test_validation.py::test_a_denial_gives_its_reason",
        "a denial has no reason",
        SUBSCRIPTION,
        DENIED,
        "        pass",
    ),
    mutant(
        "test_validation.py::test_a_denial_keeps_the_callbacks_query",
        "a denial goes to the callback's path as it is decoded",
        SUBSCRIPTION,
        "    return f\"{request.callback}{'&'",
        "    from urllib.parse import unquote\n\n    return f\"{unquote(request.callback)}{'&'",
    ),
    mutant(
        "test_validation.py::test_after_a_denial_nothing_is_pushed",
        "a denial ends nothing",
        DESK,
        "ended = await self.subscriptions.remove(name)",
        "ended = await self.subscriptions.get(name)",
    ),
    mutant(
        "test_validation.py::test_whatever_is_answered_a_denial_stands",
        "who objects to a denial is subscribed again",
        VERIFYING,
        '            word = "denied"\n',
        '            word = "denied"\n            await self._apply(request, asked_at)\n',
    ),
    mutant(
        "test_validation.py::test_a_denial_of_one_is_no_denial_of_others",
        "a denial ends every subscription to the topic",
        DESK,
        "        ended = await self.subscriptions.remove(name)\n",
        "        ended = await self.subscriptions.remove(name)\n"
        "        for each in await self.subscriptions.all():\n"
        "            if each.topic == ended.topic:\n"
        "                await self.subscriptions.remove(each.id)\n",
    ),
    mutant(
        "test_validation.py::test_a_topic_that_is_taken_away_is_denied",
        "subscriptions to what is no more go on in silence",
        DESK,
        "        return [each for each in view.by_id.values() if each.topic in lost] if lost else []",
        "        return []",
    ),
    mutant(
        "test_validation.py::test_who_was_denied_may_ask_again",
        "who was denied once is denied for ever",
        SUBSCRIPTIONS,
        *BROUGHT_BACK,
    ),
)
