"""Pure. Mutants of section 4: hubs that nobody finds."""

from __future__ import annotations

from tests.benchmarks.mutants.mutant import mutant

DISCOVERY = (
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
