"""Pure. Mutants of section 5.1.1 and 5.1.2: how addresses are taken, and what is answered at once."""

from __future__ import annotations

from tests.benchmarks.mutants.mutant import ASKING, DESK, ROUTE, ROUTES, SUBSCRIPTION, VERIFYING, mutant

JOINED = "    return f\"{request.callback}{'&' if '?' in request.callback else '?'}{ours}\""
ASKED = '        log.info("subscription.asked",'
VERIFIED_FIRST = '        while await self.verifying.waiting():\n            await __import__("asyncio").sleep(0.01)\n'

PARAMETERS = (
    mutant(
        "test_parameters.py::test_the_query_is_kept_and_continued",
        "the callback's query is replaced",
        SUBSCRIPTION,
        JOINED,
        "    return f\"{request.callback.partition('?')[0]}?{ours}\"",
    ),
    mutant(
        "test_parameters.py::test_the_query_is_kept_byte_for_byte",
        "the callback's query is decoded and encoded again",
        SUBSCRIPTION,
        JOINED,
        "    from urllib.parse import parse_qsl, urlencode\n"
        "    path, _, query = request.callback.partition('?')\n"
        '    return f"{path}?{urlencode(parse_qsl(query, True))}&{ours}"',
    ),
    mutant(
        "test_parameters.py::test_the_query_is_kept_byte_for_byte",
        "the callback is quoted anew on its way (as it was until this suite)",
        "shared/wire.py",
        "    parts = URL(url, encoded=SENDABLE.fullmatch(url) is not None)",
        "    parts = URL(url)",
    ),
    mutant(
        "test_parameters.py::test_parameters_of_the_same_name_are_not_overwritten",
        "the callback's parameters of the same name are overwritten (thylacine)",
        SUBSCRIPTION,
        JOINED,
        "    path, _, query = request.callback.partition('?')\n"
        "    own = [part for part in query.split('&') if part.partition('=')[0] not in told]\n"
        "    return f\"{path}?{'&'.join([*own, ours])}\"",
    ),
    mutant(
        "test_parameters.py::test_a_callback_without_a_query_gets_one",
        "an ampersand where there is no query",
        SUBSCRIPTION,
        JOINED,
        '    return f"{request.callback}&{ours}"',
    ),
    mutant(
        "test_parameters.py::test_a_push_goes_to_the_callback_with_its_query",
        "pushes go to the callback without its query",
        ROUTE,
        "subscription.callback, taken.body",
        'subscription.callback.partition("?")[0], taken.body',
    ),
    mutant(
        "test_parameters.py::test_a_topic_may_come_percent_encoded",
        "percent-encoding is not understood",
        ASKING,
        "    return ENCODED.sub(_decoded, value)",
        "    return value",
    ),
    mutant(
        "test_parameters.py::test_both_spellings_of_a_topic_are_one_subscription",
        "a topic's capital percent-encoding is not understood",
        ASKING,
        "%([0-9A-Fa-f]{2})",
        "%([0-9a-f]{2})",
    ),
    mutant(
        "test_parameters.py::test_a_callback_may_come_percent_encoded",
        "a callback's percent-encoding is not understood",
        ASKING,
        '    callback, topic = (_address(fields, name) for name in ("hub.callback", "hub.topic"))',
        '    callback, topic = _one(fields, "hub.callback"), _address(fields, "hub.topic")',
    ),
    mutant(
        "test_parameters.py::test_reserved_characters_stay_as_they_are",
        "reserved characters are decoded too",
        ASKING,
        "    return letter if letter in UNRESERVED else found[0]",
        "    return letter if letter != ' ' else found[0]",
    ),
    mutant(
        "test_parameters.py::test_a_topic_with_a_query_comes_back_whole",
        "hub.topic stands in the query as it is (Webubbub)",
        SUBSCRIPTION,
        "quote(value, safe='')",
        "value",
    ),
    mutant(
        "test_parameters.py::test_a_callback_without_a_path_is_one",
        "a callback needs a path",
        ASKING,
        "    return ENCODED.sub(_decoded, value)",
        '    if value.count("/") < 3:\n        raise BadRequest(f"{name} has no path")\n    return ENCODED.sub(_decoded, value)',
    ),
)

ANSWERS = (
    mutant(
        "test_answers.py::test_a_request_is_accepted",
        "200 instead of 202",
        ROUTES,
        "status_code=HTTPStatus.ACCEPTED)",
        "status_code=HTTPStatus.OK)",
    ),
    mutant(
        "test_answers.py::test_the_answer_waits_for_nobody",
        "the answer waits for the callback's",
        DESK,
        ASKED,
        VERIFIED_FIRST + ASKED,
    ),
    mutant(
        "test_answers.py::test_the_answer_tells_no_outcome",
        "the answer tells whether the callback agreed (WebSubHub)",
        DESK,
        ASKED,
        VERIFIED_FIRST
        + "        if place not in (await self.subscriptions.current(at_most_seconds_old=0)).by_id:\n"
        + '            raise UnknownTopic("the callback did not agree")\n'
        + ASKED,
    ),
    mutant(
        "test_answers.py::test_a_request_is_verified_soon",
        "callbacks are asked after three seconds",
        VERIFYING,
        "{str(request.number): now})",
        "{str(request.number): now + 3_000})",
    ),
    mutant(
        "test_answers.py::test_an_error_is_answered_as_such",
        "errors are told in JSON",
        ROUTES,
        'PlainTextResponse(error.detail + "\\n", error.status, headers=headers)',
        'Response(error.detail, error.status, headers=headers, media_type="application/json")',
    ),
    mutant(
        "test_answers.py::test_an_error_is_answered_as_such",
        "errors are not explained",
        ROUTES,
        'PlainTextResponse(error.detail + "\\n",',
        'PlainTextResponse("no",',
    ),
    mutant(
        "test_answers.py::test_an_error_is_answered_as_such",
        "a mode that is not known is taken for subscribe",
        ASKING,
        "    if mode not in {Mode.SUBSCRIBE, Mode.UNSUBSCRIBE}:",
        "    if not mode:",
    ),
    mutant(
        "test_answers.py::test_a_body_that_is_no_form_is_an_error",
        "a body of any type is read as a form",
        ROUTES,
        "    if media_type != FORM:",
        "    if not media_type:",
    ),
    mutant(
        "test_answers.py::test_letters_that_look_like_digits_are_no_lease",
        "a superscript two is a digit, until it is counted with",
        ASKING,
        "(value.isascii() and value.isdigit())",
        "value.isdigit()",
    ),
    mutant(
        "test_answers.py::test_an_unknown_algorithm_is_an_error",
        "an algorithm that is not known is taken for the usual one",
        ASKING,
        "    raise BadRequest(f\"hub.algorithm is one of {', '.join(ALGORITHMS)}\")",
        "    return USUAL",
    ),
    mutant(
        "test_answers.py::test_a_redirection_says_where_to",
        "307 without Location",
        ROUTES,
        '    listed = f"{PATH}/subscriptions"',
        '    host.web.add_route(f"{PATH}/", lambda _: Response(status_code=307), methods=["POST"])\n'
        '    listed = f"{PATH}/subscriptions"',
    ),
    mutant(
        "test_answers.py::test_an_endless_request_is_refused",
        "a body of any length is read",
        ROUTES,
        "if len(content) > MOST_BODY_BYTES:",
        "if len(content) > 10**9:",
    ),
)
