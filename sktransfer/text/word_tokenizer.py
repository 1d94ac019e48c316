"""WordTokenizer: words, what they are negated by, and marks that carry a mood."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from numbers import Integral

from sklearn.base import BaseEstimator

from sktransfer.text.negation import ENGLISH_NEGATORS, mark_negations

ELLIPSIS = "..."
MARKS = frozenset("!?")
PHRASE_ENDS = frozenset(".,;:()")
# a word with the 't that may follow its n, a digit, marks, and ends of phrases
_PARTS = re.compile(r"\b\w\w+\b(?:(?<=n)'t\b)?|\b\d\b|[!?]|\.\.\.|[.,;:()]")
_RUNS = re.compile(r"\b\w\w+\b(?:(?<=n)'t\b)?|\b\d\b|[!?]+|\.\.+|[.,;:()]")
_SIGNS = str.maketrans(
    {"\u2019": "'", "\u2026": ELLIPSIS, "\uff01": "!", "\uff1f": "?"}
)


def words_and_marks(text: str) -> list[str]:
    """Split a text into words, single digits, and marks."""
    return _PARTS.findall(_plain(text))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.lower()).translate(_SIGNS)


class WordTokenizer(BaseEstimator):
    """Split texts into words, marks and negated words, for opinions.

    Give it to a vectorizer as ``tokenizer``. Words are those that
    :class:`~sklearn.feature_extraction.text.CountVectorizer` finds: two or more letters
    or digits, in lower case. Marks are words as well, and so is a word that is negated.

    Parameters
    ----------
    marks : bool, default=True
        Whether single digits ("5 stars"), exclamation and question marks and dots of
        omission are words too. Two or more of a kind are one word, "!!" or "??"; both
        kinds together are "!?".
    negation : int, default=3
        Number of words after a negation that become words of their own, "not_good", up
        to the next mark; 0 for none.
    negators : sequence or set of str, default=None
        Words that negate, in lower case. None: those of English, with and without
        apostrophe. A word before "n't" always negates.

    See Also
    --------
    TransferClassifier : Its student of texts takes over the tokenizer of its mapper.

    Notes
    -----
    The parameters can be searched through the vectorizer, as
    ``tfidfvectorizer__tokenizer__negation``. Texts are normalised to NFC.

    References
    ----------
    .. [1] S. Das, M. Chen, "Yahoo! for Amazon: extracting market sentiment from stock
           message boards", Asia Pacific Finance Association Annual Conference, 2001.
    .. [2] B. Pang, L. Lee, S. Vaithyanathan, "Thumbs up? Sentiment classification using
           machine learning techniques", EMNLP 2002.

    Examples
    --------
    >>> from sktransfer import WordTokenizer
    >>> tokenizer = WordTokenizer()
    >>> tokenizer("It doesn't work well. 1 star!!!")
    ['it', 'doesn', 'not_work', 'not_well', '1', 'star', '!!']
    """

    def __init__(
        self,
        *,
        marks: bool = True,
        negation: int = 3,
        negators: Collection[str] | None = None,
    ) -> None:
        self.marks = marks
        self.negation = negation
        self.negators = negators

    def __call__(self, text: str) -> list[str]:
        """Split one text.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        tokens : list of str
            Words, marks and negated words, in their order.
        """
        span = self.negation
        if not isinstance(span, Integral) or isinstance(span, bool) or span < 0:
            raise ValueError(f"negation must be an int of at least 0; got {span!r}.")
        if isinstance(self.negators, str):
            raise TypeError(
                "negators must be a sequence or set of words; got a str. Wrap it in a "
                "list."
            )
        negators = self.negators
        negators = ENGLISH_NEGATORS if negators is None else frozenset(negators)
        parts = map(_one_mark, _RUNS.findall(_plain(text)))
        if not self.marks:
            # marks still end what a negation reaches
            parts = ("." if _is_mark(p) else p for p in parts if not _is_digit(p))
        tokens = mark_negations(parts, negators, span) if span else parts
        return [t.removesuffix("'t") for t in tokens if t not in PHRASE_ENDS]


def _one_mark(part: str) -> str:
    """Two marks at most, and three dots for two or more."""
    if part[0] in MARKS:
        return "!?" if len(set(part)) > 1 else part[:2]
    return ELLIPSIS if part.startswith("..") else part


def _is_mark(part: str) -> bool:
    return part[0] in MARKS or part == ELLIPSIS


def _is_digit(part: str) -> bool:
    return len(part) == 1 and part.isalnum()
