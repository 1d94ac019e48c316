"""TextSplitter: from a text to the words that a bilingual dictionary knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sktransfer.text.checks import check_tokens
from sktransfer.text.forms import DENSE_SCRIPT, Tokenizer
from sktransfer.text.negation import mark_negations
from sktransfer.text.segmentation import SPACELESS, WordSegmenter
from sktransfer.text.word_tokenizer import ELLIPSIS, PHRASE_ENDS, words_and_marks
from sktransfer.text.writing import UNKNOWN, Writing

# A dictionary word is looked for in up to so many neighbouring tokens.
MOST_PARTS = 4


@dataclass(frozen=True)
class TextSplitter:
    """Splits a text of one side into words.

    Attributes
    ----------
    tokenizer : callable or None
        From a text to its tokens. None: `words_and_marks`, without the ends of phrases.
    joins : mapping or None
        Words to put together again, see `joinable_words`.
    negators : frozenset of str
        Words that negate, see `mark_negations`.
    negation : int
        Number of words that they reach; 0: none.
    marks : bool
        Whether the default tokenizer keeps single digits and marks.
    writing : Writing
        How the texts write their words.
    segmenter : WordSegmenter or None
        What splits scripts without spaces for the default tokenizer.
    """

    tokenizer: Tokenizer | None = None
    joins: Mapping[Any, str] | None = None
    negators: frozenset[str] = frozenset()
    negation: int = 0
    marks: bool = True
    writing: Writing = UNKNOWN
    segmenter: WordSegmenter | None = None

    def __call__(self, text: str) -> list[str]:
        """Words of a text, in order."""
        return self.words(self.tokens(text))

    def tokens(self, text: str) -> list[str]:
        """Tokens of a text, those of one dictionary word put together."""
        if self.tokenizer is not None:
            tokens = check_tokens(self.tokenizer(text), self.writing)
        elif self.segmenter is not None:
            tokens = self.segmenter.tokens(text)
        else:
            tokens = words_and_marks(text, self.writing)
        return _join_words(tokens, self.joins) if self.joins else tokens

    def words(self, tokens: list[str]) -> list[str]:
        """Words of the tokens: negated ones are marked, ends of phrases left out."""
        if self.negation:
            tokens = mark_negations(tokens, self.negators, self.negation)
        elif self.tokenizer is None:
            tokens = [t.removesuffix("'t") for t in tokens]
        if self.tokenizer is not None:
            return tokens
        if self.marks:
            return [t for t in tokens if t not in PHRASE_ENDS]
        return [
            t for t in tokens if (len(t) > 1 and t != ELLIPSIS) or SPACELESS.match(t)
        ]


def joinable_words(words: Iterable[str]) -> dict[tuple[str, ...] | str, str]:
    """Dictionary words that a tokenizer may have cut into several tokens."""
    joins: dict[tuple[str, ...] | str, str] = {}
    for word in words:
        parts = tuple(word.split())
        if 1 < len(parts) <= MOST_PARTS:
            joins[parts] = word
        elif len(word) > 1 and DENSE_SCRIPT.search(word):
            joins[word] = word
    return joins


def _join_words(tokens: list[str], joins: Mapping[Any, str]) -> list[str]:
    """Put words together again, the longest first, from the left."""
    found, k = [], 0
    while k < len(tokens):
        first = tokens[k]
        dense = isinstance(first, str) and DENSE_SCRIPT.search(first)
        for n in range(min(MOST_PARTS, len(tokens) - k), 1, -1):
            parts = tokens[k : k + n]
            word = joins.get(tuple(parts))
            if word is None and dense:
                word = joins.get("".join(map(str, parts)))
            if word is not None:
                found.append(word)
                k += n
                break
        else:
            found.append(first)
            k += 1
    return found
