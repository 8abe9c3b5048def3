"""Pure. A text → the numbers of its pieces, as BERT's network without capitals knows them.

Words and marks first, without case and accents, then each word from its beginning by the longest piece that the vocabulary has
(J. Devlin et al., BERT, NAACL 2019, section 3; google-research/bert, tokenization.py).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from shared.errors import Unfit

BEGIN, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
LONGEST_WORD = 100
"""Characters beyond which a word is unknown, as BERT has it."""
PIECE_LENGTH = 32
"""Characters of a text that are looked at for each piece that is wanted; a piece has five, spaces included."""
IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF), (0x2F800, 0x2FA1F))
"""Each of these is a word of its own."""
REPLACEMENT = "�"


class _Spelling(dict[str, str]):
    """What a character becomes: nothing, a space, itself, or a word of its own."""

    def __missing__(self, character: str) -> str:
        self[character] = spelled = _spelled(character)
        return spelled


class Pieces:
    """A vocabulary; a piece's number is its place in it."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._number = {piece: number for number, piece in enumerate(vocabulary)}
        if missing := {BEGIN, END, UNKNOWN} - self._number.keys():
            raise Unfit(f"the vocabulary of the semantic model has no {', '.join(sorted(missing))}")

    def of(self, text: str, most: int) -> Sequence[int]:
        """The numbers of the first pieces, `most` at the most with the two that say where a text begins and ends."""
        numbers = [self._number[BEGIN]]
        for word in words(text[: most * PIECE_LENGTH]):
            numbers += self._of_word(word)
            if len(numbers) >= most - 1:
                break
        return [*numbers[: most - 1], self._number[END]]

    def _of_word(self, word: str) -> list[int]:
        numbers: list[int] = []
        start = 0
        while start < len(word) <= LONGEST_WORD:
            end = self._longest(word, start)
            if end == start:
                return [self._number[UNKNOWN]]
            numbers.append(self._number[_piece(word, start, end)])
            start = end
        return numbers or [self._number[UNKNOWN]]

    def _longest(self, word: str, start: int) -> int:
        """Where the longest piece that begins at `start` ends; `start` if there is none."""
        ends = range(len(word), start, -1)
        return next((end for end in ends if _piece(word, start, end) in self._number), start)


def words(text: str) -> list[str]:
    """The words and marks of a text, in small letters and without accents."""
    plain = text if text.isascii() else unicodedata.normalize("NFD", text)
    return "".join(map(SPELLING.__getitem__, plain)).lower().split()


def _piece(word: str, start: int, end: int) -> str:
    return ("##" if start else "") + word[start:end]


def _spelled(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace() or category == "Zs":
        return " "
    if category == "Mn" or category.startswith("C") or character == REPLACEMENT:
        return ""
    code = ord(character)
    mark = category.startswith("P") or (character.isascii() and not character.isalnum())
    if mark or any(first <= code <= last for first, last in IDEOGRAPHS):
        return f" {character} "
    return character


SPELLING = _Spelling()
