"""Pure. What stands around the article of a page, by the names that its tags have."""

from __future__ import annotations

import re
from collections.abc import Mapping

FURNITURE = frozenset({"nav", "header", "footer", "aside", "form", "dialog", "menu"})
"""Tags that say so themselves."""
ARTICLE = frozenset({"html", "body", "main", "article", "h1", "p", "table", "tbody", "tr", "td"})
"""Tags that are never furniture, whatever their names: themes put `has-sidebar` on the body."""
APART = FURNITURE | frozenset(
    "address article center details fieldset hgroup legend main option search section summary".split()  # noqa: SIM905 - names, not code
)
"""Tags that begin a line in a browser, and that are not carried."""
LINE_BEGINS = re.compile(
    r"</?(?:blockquote|br|caption|dd|div|dl|dt|figcaption|figure|h[1-6]|hr|li|ol|p|pre|table|tbody|td|tfoot|th|thead|tr|ul)\b"
)
ROLES = frozenset(
    {
        "navigation",
        "banner",
        "contentinfo",
        "search",
        "complementary",
        "dialog",
        "alertdialog",
        "menu",
        "menubar",
        "toolbar",
    }
)
NAMED = re.compile(
    r"(?:(?:site|page|main|global|top|primary|secondary|mobile|post|entry|article|content|wp-block|js|c|u|l|is|the|left|right)[-_]+)*"
    r"(?:nav|navbar|navigation|menu|menus|breadcrumbs?|sidebar|side-?bar|footer|masthead|cookies?|cookie-?(?:consent|banner|notice)|consent|gdpr|newsletter|subscribe"
    r"|subscription|socials?|share|sharing|share-?(?:bar|buttons|tools)|sharedaddy|addtoany|related|related-?(?:posts|articles|content|stories)|recommended|recommendations"
    r"|you-may-also-like|comments?|comment-?list|respond|disqus(?:_thread)?|promo|promos?|advert|adverts?|advertisement|ads?|ad-?(?:slot|unit|container)|sponsor|sponsored"
    r"|popup|modal|overlay|skip-?(?:link|links|nav|to-content)|usa-banner|gov-banner|site-header|pagination|pager|toc|table-of-contents|author-?bio|print-only|sr-only"
    r"|visually-?hidden|screen-reader-text|widget|widgets|login|signup)"
    r"(?:[-_]+(?:bar|container|wrapper|wrap|list|links?|box|section|area|widget|buttons?|menu|inner|outer|banner|notice|overlay|block|panel|items?|group|form|icons?|tools|\d+))*",
    re.IGNORECASE,
)
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
MOST_NAMES = 12
LONGEST_NAME = 60


def is_furniture(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether a tag's role, names or style say that it is no part of the article, or is not to be seen."""
    if tag not in {"html", "body"} and _hidden(attributes):
        return True
    if tag in ARTICLE:
        return False
    if attributes.get("role", "").strip().lower() in ROLES:
        return True
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"[: MOST_NAMES * LONGEST_NAME].split()[
        :MOST_NAMES
    ]
    return any(len(name) <= LONGEST_NAME and NAMED.fullmatch(name) for name in names)


def _hidden(attributes: Mapping[str, str]) -> bool:
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(HIDDEN.search(attributes.get("style", "")[:1000]))
    )


def runs_on(tag: str, before: str) -> bool:
    """Whether words would run together where `tag` begins or ends and is left out; `before`: the text or the tag that was written last."""
    return tag in APART and not before[-1:].isspace() and not LINE_BEGINS.match(before)
