"""Pure. Mutants of sections 4 and 6: hubs that nobody finds, or that push what others publish otherwise."""

from __future__ import annotations

from tests.benchmarks.mutants.mutant import DESK, PINGING, ROUTE, mutant

DISCOVERY = (
    mutant(
        "test_discovery.py::test_a_feed_names_the_hub_and_itself_in_link_headers",
        "what is near an article names no hub (as it was at first)",
        "shared/syndication/feed.py",
        'return "" if self.address.archive else self.site.hub',
        'return "" if self.address.archive or near_which(self.address.path) else self.site.hub',
    ),
    mutant(
        "test_discovery.py::test_a_feed_names_the_hub_and_itself_in_link_headers",
        "no Link rel=hub",
        "services/feeds/door.py",
        'links["hub"]',
        'links["related"]',
    ),
    mutant(
        "test_discovery.py::test_an_atom_feed_names_both_inside",
        "no hub in Atom",
        "shared/syndication/formats.py",
        'href=feed.hub, rel="hub"',
        'href=feed.hub, rel="related"',
    ),
    mutant(
        "test_discovery.py::test_an_rss_feed_names_both_inside",
        "no hub in RSS",
        "shared/syndication/repairs.py",
        'self.feed.hub, rel="hub"',
        'self.feed.hub, rel="related"',
    ),
    mutant(
        "test_discovery.py::test_a_json_feed_names_both_inside",
        "no hubs in JSON Feed",
        "shared/syndication/json_feed.py",
        '"hubs": [',
        '"hubs": [] and [',
    ),
    mutant(
        "test_discovery.py::test_a_search_feed_has_one_address_however_it_was_asked",
        "a question has as many addresses as spellings",
        "services/feeds/routes.py",
        '" == address.written() else address',
        '" else address',
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
        '{"Link": self._site.announced(',
        '{"X-Link": self._site.announced(',
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

PUBLISHING = (
    mutant(
        "test_publishing.py::test_what_others_publish_is_pushed_as_it_is",
        "what others publish is bytes of any kind",
        PINGING,
        'answer.headers.get("content-type", UNNAMED)',
        "UNNAMED",
    ),
    mutant(
        "test_publishing.py::test_what_others_publish_is_signed",
        "what others publish is signed as if it were UTF-8",
        ROUTE,
        "signature(secret, subscription.algorithm, taken.body)",
        'signature(secret, subscription.algorithm, taken.body.decode(errors="replace").encode())',
    ),
    mutant(
        "test_publishing.py::test_a_ping_without_news_pushes_nothing",
        "every ping is news",
        PINGING,
        'return "unchanged"\n    if answer.status != HTTPStatus.OK:',
        'return "new"\n    if answer.status != HTTPStatus.OK:',
        ' or (known or b"").decode() == mark',
        "",
    ),
    mutant(
        "test_publishing.py::test_a_page_is_asked_for_conditionally",
        "every ping fetches everything",
        PINGING,
        '"If-None-Match": (tag or b"").decode()',
        '"If-None-Match": ""',
    ),
    mutant(
        "test_publishing.py::test_one_ping_fetches_once",
        "a page is fetched twice for one ping",
        PINGING,
        "        answer = await self._outbound.get(topic, headers,",
        "        await self._outbound.get(topic, headers, kept=MOST_BYTES, most=MOST_BYTES + 64_000)\n"
        "        answer = await self._outbound.get(topic, headers,",
    ),
    mutant(
        "test_publishing.py::test_pages_that_were_not_allowed_are_not_pushed",
        "a ping fetches whatever it names",
        DESK,
        "if not all(any(within(topic, each) for each in beginnings) for topic in ping.topics):",
        "if not beginnings:",
    ),
)
