"""Tokenizers of languages with spaces between words, and of Chinese."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sktransfer.text.forms import LONGEST_WORD, WordPattern, word_form, word_forms
from sktransfer.text.writing import find_writing

_WORD = WordPattern(r"\w{w}*")
_LETTER = r"[^\W\d_\u3400-\u9fff]"
_PIECE = WordPattern(rf"(?:{_LETTER}{{m}})+|\d+|[\u3400-\u9fff]+")


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
    return _WORD.findall(word_form(text))


class LongestMatchTokenizer:
    """Split Chinese text into the longest words that a list knows.

    From left to right the longest known word is cut off; a character that begins no
    known word stands alone. Latin words and numbers stay whole, in lower case, and
    punctuation is dropped. Instances are callable and can be pickled.

    Parameters
    ----------
    words : iterable of str
        The known words. Case, width of characters and forms of Unicode do not matter,
        nor whether text or list is in traditional or simplified characters: words are
        given as the list has them. A list with kana is taken as it is.

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
        self._writing = find_writing(self.words)
        given = sorted(self.words)
        spellings = zip(
            word_forms(given, self._writing), word_forms(given), strict=True
        )
        self._words = {w: form for w, form in spellings if len(w) <= LONGEST_WORD}
        lengths: defaultdict[str, set[int]] = defaultdict(lambda: {1})
        for word in self._words:
            lengths[word[:1]].add(len(word))
        # the longest first; a character that begins no word has length 1
        self._lengths = {c: sorted(n, reverse=True) for c, n in lengths.items()}

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
        for piece in _PIECE.findall(word_form(text)):
            if not "\u3400" <= piece[0] <= "\u9fff":
                tokens.append(piece)
                continue
            signs = word_form(piece, self._writing)
            start = 0
            while start < len(signs):
                for length in self._lengths.get(signs[start], (1,)):
                    word = signs[start : start + length]
                    if length == 1 or word in self._words:
                        break
                end = start + len(word)
                tokens.append(self._words.get(word, piece[start:end]))
                start = end
        return tokens

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LongestMatchTokenizer) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def __repr__(self) -> str:
        return f"LongestMatchTokenizer(<{len(self.words)} words>)"
