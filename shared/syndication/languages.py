"""Pure. Which languages a feed can name."""

from __future__ import annotations

import re

TAG = re.compile(r"([A-Za-z]{2,3})(?:-[A-Za-z0-9]{1,8})*")
"""The shape of a language tag (RFC 5646, section 2.1)."""

ISO_639_1 = (
    "aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagdglgngugvhahehihohrhthu"
    "hyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulvmgmhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojom"
    "orospapiplpsptqurmrnrorurwsascsdsesgshsiskslsmsnsosqsrssstsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu"
)
"""Two letters each."""
CODES = frozenset(ISO_639_1[place : place + 2] for place in range(0, len(ISO_639_1), 2))

RIGHT_TO_LEFT = frozenset("ar arc azb ckb dv fa glk he iw khw ks lrc mzn nqo pnb ps sd syr ug ur yi".split())  # noqa: SIM905 - codes
RIGHT_TO_LEFT_SCRIPTS = frozenset({"adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"})
"""Of ISO 15924."""


def known_language(tag: str) -> str:
    """The tag, or `en` if there is no such language: a reader that hyphenates or reads aloud must be told of one.

    Of the codes of three letters nobody keeps a list that is not out of date, so they are believed.
    """
    found = TAG.fullmatch(tag)
    known = found and (len(found[1]) > 2 or found[1].lower() in CODES)  # noqa: PLR2004 - letters
    return tag if known else "en"


def right_to_left(tag: str) -> bool:
    """Whether a language is written from right to left: by the script that its tag names (RFC 5646, section 2.2.3), else by itself."""
    language, *others = tag.lower().split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), "")  # noqa: PLR2004 - letters
    return script in RIGHT_TO_LEFT_SCRIPTS if script else language in RIGHT_TO_LEFT
