"""Pure. What a site puts around an article, in a text that was copied from its page: banners, menus, notices, picture stubs."""

from __future__ import annotations

import re

from services.ingest.normalise.sheet import Reason, Sheet

HEAD_LINES = 40
TAIL_LINES = 30
LONGEST = 400
"""No line of a banner or a notice is longer; a paragraph of an article may be, and may speak of cookies."""
LONGEST_NOTICE = 1_200
LONGEST_CAPTION = 300

BANNER = re.compile(
    r"u\.?s\.? flag|an official website of the united states government.*|here.s how you know|dot gov|https|lock"
    r"|the \.gov means it.s official\.?|official websites use \.gov|secure \.gov websites use https"
    r"|federal government websites often end in \.gov or \.mil\..*|the site is secure\.?"
    r"|the https:// ensures that you are connecting to the official website.*"
    r"|a \.gov website belongs to an official government organization.*|a lock .*means you.ve safely connected.*"
    r"|share sensitive information only on official, secure websites\.?",
    re.IGNORECASE,
)
CHROME = re.compile(
    r"skip to (?:main |page |the )*(?:page )?(?:content|navigation|menu|search)|jump to (?:content|navigation|search)"
    r"|access keys\b.*|toggle (?:navigation|menu)|main (?:menu|navigation|content)|menu|search|home|log ?in|sign ?(?:in|up)|subscribe|share|print|e-?mail"
    r"|(?:share|follow us) (?:on|this|via)\b.{0,60}|click to share\b.{0,60}|tweet|pin it|facebook|twitter|linkedin|whatsapp|back to top|read more|load more"
    r"|(?:this|our) (?:web)?site uses cookies\b.*|we use cookies\b.*|accept (?:all )?cookies|cookie (?:policy|settings|preferences)|privacy policy|terms (?:of (?:use|service)|and conditions)"
    r"|advertisement|sponsored(?: content)?|(?:sign up|subscribe) (?:for|to) our newsletter\b.*|enable javascript\b.*|you need to enable javascript\b.*"
    r"|ncbi homepage|myncbi(?: homepage)?|full text links|cite|favorites|display options|permalink|copy",
    re.IGNORECASE,
)
LABELS = re.compile(
    r"abstract|affiliations?|pubmed disclaimer|disclaimer|publication types?|mesh terms|substances|linkout - more resources|expand|collapse|actions",
    re.IGNORECASE,
)
COPYRIGHT = re.compile(
    r"copyright notice\b.*|(?:copyright|©|\(c\))\s*(?:©|\(c\))?\s*(?:19|20)\d\d\b.*|©.*|.*\ball rights reserved\b.{0,80}"
    r"|.*\bcontributed by (?:internet )?users\b.*|.*\[e-?mail\s+protected\].*|.*\bthis (?:web)?site only provides information storage\b.*",
    re.IGNORECASE | re.DOTALL,
)
COPYRIGHT_SIGNS = ("copyr", "©", "(c)", "erved", "contr", "protected]", "format")
"""A part of each alternative above, without letters that have other forms (K is the Kelvin sign's small letter too): a paragraph without
any of these is no notice, and finding that out took a twentieth of reading a document."""
IMAGE_STUB = re.compile(r"(?:!\[[^\]]{0,200}\]\([^)]{0,500}\)|\[(?:image|photo|figure)\]|[|\s])+", re.IGNORECASE)
HAS_IMAGE = re.compile(r"!\[|\[(?:image|photo|figure)\]", re.IGNORECASE)
CAPTION_MARK = re.compile(
    r"\|$|\b(?:illustration|photo(?:graph)?|image|picture|credit|source)s?\s*(?:by|:|©)|\bgetty images\b|\bshutterstock\b",
    re.IGNORECASE,
)


def clear_furniture(sheet: Sheet) -> None:
    """Cut the site's own lines at both ends of the text, notices of copyright at its end, and picture stubs everywhere."""
    lines = sheet.live()
    for at, line in lines[:HEAD_LINES] + lines[max(HEAD_LINES, len(lines) - TAIL_LINES) :]:
        if reason := _furniture(line.strip()):
            sheet.cut(at, reason)
    _clear_notices(sheet)
    _clear_images(sheet)


def _furniture(line: str) -> Reason | None:
    if len(line) > LONGEST:
        return None
    for pattern, reason in ((BANNER, Reason.BANNER), (CHROME, Reason.CHROME), (LABELS, Reason.LABEL)):
        if pattern.fullmatch(line):
            return reason
    return None


def _clear_notices(sheet: Sheet) -> None:
    lines = sheet.live()
    for at, line in lines[max(1, len(lines) - TAIL_LINES // 3) :]:
        if len(line) <= LONGEST_NOTICE and _may_be_notice(line) and COPYRIGHT.fullmatch(line):
            sheet.cut(at, Reason.COPYRIGHT)


def _may_be_notice(line: str) -> bool:
    small = line.lower()
    return any(map(small.__contains__, COPYRIGHT_SIGNS))


def _clear_images(sheet: Sheet) -> None:
    stub = -2
    for at, line in sheet.live():
        if len(line) <= LONGEST and IMAGE_STUB.fullmatch(line) and HAS_IMAGE.search(line):
            sheet.cut(at, Reason.IMAGE)
            stub = at
        elif at == stub + 1 and len(line) <= LONGEST_CAPTION and CAPTION_MARK.search(line.rstrip()):
            sheet.cut(at, Reason.CAPTION)
