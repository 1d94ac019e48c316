"""Tokenizers of languages with spaces between words, and of Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
_PIECE = re.compile(r"[^\W\d_\u3400-\u9fff]+|\d+|[\u3400-\u9fff]+")


def split_words(text: str) -> list[str]:
    """Split a text at everything that is no letter or digit, in lower case.

    Words of one letter are kept; scikit-learn's vectorizers leave them out.

    Parameters
    ----------
    text : str
        A text of a language that puts spaces between its words.

    Returns
    -------
    tokens : list of str
        Its words and numbers in their order.

    Examples
    --------
    >>> from sktransfer.text import split_words
    >>> split_words("A sharp knife, 20 cm!")
    ['a', 'sharp', 'knife', '20', 'cm']
    """
    return _WORD.findall(text.lower())


class LongestMatchTokenizer:
    """Split Chinese text into the longest words that a list knows.

    From left to right the longest known word is cut off; a character that begins no
    known word stands alone. Latin words and numbers stay whole, in lower case, and
    punctuation is dropped. Instances are callable and can be pickled.

    Parameters
    ----------
    words : iterable of str
        The known words.

    Examples
    --------
    >>> from sktransfer.text import LongestMatchTokenizer
    >>> tokenize = LongestMatchTokenizer(["声音", "非常", "清晰"])
    >>> tokenize("声音非常清晰，Veska 300！")
    ['声音', '非常', '清晰', 'veska', '300']
    """

    def __init__(self, words: Iterable[str]) -> None:
        if isinstance(words, str):
            raise TypeError(
                "words must be an iterable of words; got a str. Wrap it in a list."
            )
        self.words = frozenset(words)
        self._longest = max(map(len, self.words), default=1)

    def __call__(self, text: str) -> list[str]:
        """Split one text.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        tokens : list of str
            Its words and numbers in their order.
        """
        tokens: list[str] = []
        for piece in _PIECE.findall(text.lower()):
            if not "\u3400" <= piece[0] <= "\u9fff":
                tokens.append(piece)
                continue
            start = 0
            while start < len(piece):
                longest = min(self._longest, len(piece) - start)
                for length in range(longest, 0, -1):
                    word = piece[start : start + length]
                    if length == 1 or word in self.words:
                        break
                tokens.append(word)
                start += length
        return tokens

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LongestMatchTokenizer) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def __repr__(self) -> str:
        return f"LongestMatchTokenizer(<{len(self.words)} words>)"
