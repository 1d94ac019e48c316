"""WordTokenizer: words, what they are negated by, and marks that carry a mood."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from numbers import Integral

from sklearn.base import BaseEstimator

_ENGLISH = frozenset(
    "ain aint arent cannot cant couldnt didnt doesnt dont hadnt hardly hasnt havent "
    "isnt neither never no nobody none nor not nothing shouldnt wasnt werent without "
    "wont wouldnt".split()
)
# a word with the 't that may follow its n, a digit, or marks
_PARTS = re.compile(
    r"\b\w\w+\b(?:(?<=n)['\u2019]t\b)?|\b\d\b|[!?]+|\.\.+|[.,;:()\u2026]"
)
_APOSTROPHES = ("'", "\u2019")
_MARKS = frozenset("!?.,;:()\u2026")
NEGATED = "not_"


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
    >>> from sktransfer.transfer import WordTokenizer
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
        negators = _ENGLISH if self.negators is None else frozenset(self.negators)
        return _tokens(text, bool(self.marks), span, negators)


def _tokens(text: str, marks: bool, span: int, negators: frozenset[str]) -> list[str]:
    tokens = []
    left = 0  # words that the last negation still reaches
    for token in _PARTS.findall(unicodedata.normalize("NFC", text.lower())):
        if token[0] in _MARKS:
            left = 0
            if marks and (mark := _mark(token)):
                tokens.append(mark)
        elif token in negators:
            tokens.append(token)
            left = span
        elif token[-2:-1] in _APOSTROPHES:
            tokens.append(token[:-2])
            left = span
        elif marks or len(token) > 1:
            if left:
                token = NEGATED + token
                left -= 1
            tokens.append(token)
    return tokens


def _mark(token: str) -> str:
    """The word that marks stand for; empty for the ends of clauses."""
    if token[0] in "!?":
        return "!?" if len(set(token)) > 1 else token[:2]
    return "..." if token[0] == "\u2026" or token[:2] == ".." else ""
