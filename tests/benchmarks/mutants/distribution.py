"""Pure. Mutants of section 7: hubs that push something else, or to somebody else; and what subscribers of other hands do not bear."""

from __future__ import annotations

from tests.benchmarks.mutants.mutant import DISTRIBUTING, EDITION, FILING, NEWSROOM, ROUTE, SUBSCRIPTION, TOPICS, mutant

ADDRESSES = "shared/syndication/addresses.py"
ANNOUNCED = """        return f'<{self.hub}>; rel="hub", <{topic}>; rel="self"'"""
UNCHANGED = "        if before and before.digest == record.digest and before.listed == record.listed:"

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
        "titled(self._site, name or name_of(address, articles), address.path)",
        'titled(self._site, "")',
    ),
    mutant(
        "test_distribution.py::test_a_push_holds_only_what_is_new",
        "what was pushed once goes with everything that follows",
        EDITION,
        "        ordered = sorted(news, key=_newest_first)",
        "        self._all = [*getattr(self, '_all', []), *news]\n"
        "        ordered = sorted(self._all, key=_newest_first)",
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
        "summary=address.summary) for each in ordered]",
        "summary=address.summary) for each in ordered if not each.record.retracted]",
    ),
    mutant(
        "test_distribution.py::test_changes_within_a_second_travel_together",
        "every change goes alone",
        NEWSROOM,
        "self.linger_seconds = linger_seconds",
        "self.linger_seconds = 0.002",
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
        "summary=address.summary)",
        "summary=False)",
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
