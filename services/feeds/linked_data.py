"""Pure. What search engines read of an article's page: schema.org, as JSON-LD."""

from __future__ import annotations

import json

from shared.syndication.addresses import Site
from shared.syndication.article import Article
from shared.syndication.json_feed import moment
from shared.syndication.markup import legal


def linked_data(article: Article, site: Site) -> str:
    """The article as schema.org's Article; may stand in a script element, whatever the article says."""
    page = site.document(article.id)
    facts = {
        "@context": "https://schema.org",
        "@type": "Article",
        "@id": page,
        "headline": article.headline,
        "description": article.abstract,
        "datePublished": moment(article.source_published_at or article.first_published_at),
        "dateModified": moment(article.updated_at),
        "inLanguage": article.language,
        "author": [{"@type": "Person", "name": legal(name)} for name in article.authors],
        "keywords": [legal(keyword) for keyword in article.keywords],
        "about": [{"@type": "Thing", "name": legal(subject.name)} for subject in article.subjects],
        "image": article.image,
        "sameAs": article.source_url,
        "publisher": {"@type": "Organization", "name": legal(site.title), "url": site.home},
        "mainEntityOfPage": {
            "@type": "WebPage",
            "@id": page,
            "relatedLink": [site.document(near.id) for near in article.neighbours],
        },
    }
    written = json.dumps({name: fact for name, fact in facts.items() if fact}, ensure_ascii=False)
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
