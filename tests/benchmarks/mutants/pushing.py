"""Pure. Hubs that push something else, to somebody else, or give up otherwise: sections 4, 7, 8 and 9, and subscribers of other hands."""

from __future__ import annotations

from tests.benchmarks.mutants.mutant import (
    DESK,
    DISTRIBUTING,
    EDITION,
    FILING,
    NEWSROOM,
    OPENING,
    OUTCOME,
    ROUTE,
    ROUTES,
    SUBSCRIPTION,
    TOPICS,
    Mutant,
    mutant,
)

POSTED = "        answer = await self._outbound.post(subscription.callback, taken.body, headers, taken.kind)\n"
SUCCESS = "if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:"
UNCHANGED = "        if before and before.digest == record.digest and before.listed == record.listed:"
SIGNED = "signature(secret, subscription.algorithm, taken.body)"
OPENED = 'self._keyring.secret(subscription.secret, subscription.id).encode("latin-1")'
BUILT = "Outbound(settings.partner_networks, total_seconds=settings.webhook_seconds)"
GONE = "        before, after = await self._subscriptions.revise(seen.id, lambda now: None if now == seen else now)\n"
ANNOUNCED = """        return f'<{self.hub}>; rel="hub", <{topic}>; rel="self"'"""
ADDRESSES = "shared/syndication/addresses.py"

DISTRIBUTION = (
    mutant(
        "test_distribution.py::test_a_push_has_the_topics_own_media_type",
        "everything is XML",
        TOPICS,
        'return f"{self.form.media_type}; charset=utf-8" if self.form else ""',
        'return "application/xml; charset=utf-8"',
    ),
    mutant(
        "test_distribution.py::test_a_push_is_a_post_with_a_body",
        "a push has no body",
        ROUTE,
        "subscription.callback, taken.body,",
        'subscription.callback, b"",',
    ),
    mutant(
        "test_distribution.py::test_a_push_names_hub_and_topic_in_one_header",
        "no rel=self",
        ADDRESSES,
        ANNOUNCED,
        """        return f'<{self.hub}>; rel="hub"'""",
    ),
    mutant(
        "test_distribution.py::test_a_push_names_hub_and_topic_in_one_header",
        "a wrong rel=self, which websub.rocks does not see",
        ADDRESSES,
        ANNOUNCED,
        """        return f'<{self.hub}>; rel="hub", <{self.hub}>; rel="self"'""",
    ),
    mutant(
        "test_distribution.py::test_a_push_names_hub_and_topic_in_one_header",
        "two Link headers",
        ROUTE,
        '{"Link": self._site.announced(subscription.topic),',
        """{"Link": f'<{self._site.hub}>; rel="hub"', "link": f'<{subscription.topic}>; rel="self"',""",
    ),
    mutant(
        "test_distribution.py::test_a_push_is_a_feed_of_its_topic",
        "a push has the title of everything",
        EDITION,
        "titled(self._site, name_of(topic.address, articles))",
        'titled(self._site, "")',
    ),
    mutant(
        "test_distribution.py::test_a_push_holds_only_what_is_new",
        "what was pushed once goes with everything that follows",
        EDITION,
        "form, ordered = topic.form, sorted(news, key=_newest_first)",
        "self._all = [*getattr(self, '_all', []), *news]\n"
        "        form, ordered = topic.form, sorted(self._all, key=_newest_first)",
    ),
    mutant(
        "test_distribution.py::test_an_entry_is_pushed_as_it_stands_in_the_feed",
        "pushes have no full texts",
        EDITION,
        "shown = summarised(article) if summary else article",
        "shown = summarised(article)",
    ),
    mutant(
        "test_distribution.py::test_a_change_is_pushed_in_full",
        "changes are not pushed",
        NEWSROOM,
        UNCHANGED,
        "        if before:",
    ),
    mutant(
        "test_distribution.py::test_what_did_not_change_is_not_pushed",
        "what did not change is pushed again (Webubbub)",
        NEWSROOM,
        UNCHANGED,
        "        if before and not record:",
    ),
    mutant(
        "test_distribution.py::test_a_retraction_is_a_tombstone_in_atom",
        "retractions are not pushed",
        DISTRIBUTING,
        "            if not stored or filed is None:",
        "            if not stored or filed is None or filed.retracted:",
    ),
    mutant(
        "test_distribution.py::test_a_retraction_is_a_notice_in_place_elsewhere",
        "a retraction is a tombstone alone",
        EDITION,
        "summary=topic.address.summary) for each in ordered]",
        "summary=topic.address.summary) for each in ordered if not each.record.retracted]",
    ),
    mutant(
        "test_distribution.py::test_changes_within_a_second_travel_together",
        "every change goes alone",
        NEWSROOM,
        "        due = milliseconds(now) + self._linger_ms",
        "        due = milliseconds(now)",
    ),
    mutant(
        "test_distribution.py::test_who_follows_another_topic_hears_nothing",
        "everything belongs to every topic",
        TOPICS,
        "[topic for path in filing.paths for topic in self._by_path.get(path, ())]",
        "[topic for topics in self._by_path.values() for topic in topics]",
        "    return topic.address.path in filing.paths",
        "    return bool(filing.paths)",
    ),
    mutant(
        "test_distribution.py::test_an_article_goes_to_all_its_feeds",
        "authors' feeds are forgotten",
        FILING,
        "*facets_of(record)}",
        '*(path for path in facets_of(record) if not path.startswith("authors/"))}',
    ),
    mutant(
        "test_distribution.py::test_a_search_can_be_followed",
        "searches are not pushed",
        TOPICS,
        "            if answers(question_in(query), filing):",
        "            if not query:",
    ),
    mutant(
        "test_distribution.py::test_a_feed_without_full_texts_is_pushed_without",
        "every topic has full texts",
        EDITION,
        "summary=topic.address.summary)",
        "summary=False)",
    ),
)

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
        POSTED
        + "        self._gone = {*getattr(self, '_gone', ()), *([subscription.callback] if answer.status == 410 else [])}\n"
        "        if subscription.callback in self._gone:\n            return Answer(HTTPStatus.GONE)\n",
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
        BUILT,
        'Outbound((__import__("ipaddress").ip_network("0.0.0.0/0"),), total_seconds=settings.webhook_seconds)',
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

DISCOVERY = (
    mutant(
        "test_discovery.py::test_a_feed_names_the_hub_and_itself_in_link_headers",
        "no Link rel=hub",
        "services/feeds/door.py",
        "        elif self._site.hub:  #",
        "        elif not self._site:  #",
    ),
    mutant(
        "test_discovery.py::test_an_atom_feed_names_both_inside",
        "no hub in Atom",
        "shared/syndication/formats.py",
        '        generator.link(href=feed.hub, rel="hub")',
        '        generator.link(href=feed.hub, rel="related")',
    ),
    mutant(
        "test_discovery.py::test_an_rss_feed_names_both_inside",
        "no hub in RSS",
        "shared/syndication/repairs.py",
        'link", href=self.feed.hub, rel="hub")',
        'link", href=self.feed.hub, rel="related")',
    ),
    mutant(
        "test_discovery.py::test_a_json_feed_names_both_inside",
        "no hubs in JSON Feed",
        "shared/syndication/json_feed.py",
        '"hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub else None,',
        '"hubs": None,',
    ),
    mutant(
        "test_discovery.py::test_a_search_feed_has_one_address_however_it_was_asked",
        "a question has as many addresses as spellings",
        "services/feeds/routes.py",
        'return None if f"{path}?{request.url.query}" == address.written() else address',
        'return None if f"{path}?{request.url.query}" else address',
    ),
    mutant(
        "test_discovery.py::test_what_a_page_shows_can_be_followed_from_there",
        "pages name no hub in their heads (as it was until this suite)",
        "services/feeds/templates/parts.html",
        '<link rel="hub" href="{{ site.hub }}">\n',
        "",
    ),
    mutant(
        "test_discovery.py::test_what_a_page_shows_can_be_followed_from_there",
        "pages name no hub in their headers",
        "services/feeds/pages.py",
        "self._site.announced(self._site.feed(address, Format.ATOM))} if self._site.hub else {}",
        "self._site.announced(self._site.feed(address, Format.ATOM))} if not self._site.hub else {}",
    ),
    mutant(
        "test_discovery.py::test_a_topic_has_one_representation",
        "a feed's type depends on what is asked for",
        "services/feeds/door.py",
        "        if request.browser and form is not Format.JSON:",
        '        if request.headers.get(b"accept") and form is not Format.JSON:',
    ),
    mutant(
        "test_discovery.py::test_the_pair_that_was_discovered_works",
        "the hub that is announced is somewhere else",
        "shared/settings.py",
        'return f"{self.webhooks_url or self.base_url}/hub"',
        'return f"{self.webhooks_url or self.base_url}/hubs"',
    ),
)

SUBSCRIBERS = (
    mutant(
        "test_subscribers.py::test_flask_websub_goes_the_whole_way",
        "hub.lease_seconds is called otherwise",
        SUBSCRIPTION,
        'told["hub.lease_seconds"]',
        'told["hub.lease"]',
    ),
    mutant(
        "test_subscribers.py::test_flask_websub_believes_our_signature",
        "signatures are written in capitals",
        SUBSCRIPTION,
        ".hexdigest()",
        ".hexdigest().upper()",
    ),
    mutant(
        "test_subscribers.py::test_flask_websub_understands_a_denial",
        "hub.reason is called otherwise",
        SUBSCRIPTION,
        '{"hub.reason": request.reason}',
        '{"hub.why": request.reason}',
    ),
)
