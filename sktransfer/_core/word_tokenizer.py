"""WordTokenizer: words, what they are negated by, and marks that carry a mood."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from numbers import Integral

from sklearn.base import BaseEstimator

_ENGLISH = frozenset(
    "ain aint arent cannot cant couldnt didnt doesnt dont hadnt hardly hasnt havent "
    "isnt neither never no nobody none nor not nothing shouldnt wasnt werent without "
    "wont wouldnt".split()
)
# a word with the 't that may follow its n, a digit, or marks
_PARTS = re.compile(
    r"(?P<word>\b\w\w+\b(?P<cut>(?<=n)['\u2019]t\b)?)|(?P<digit>\b\d\b)"
    r"|(?P<mood>[!?]+)|(?P<dots>\.\.+|\u2026)|(?P<end>[.,;:()])"
)
NEGATED = "not_"


class WordTokenizer(BaseEstimator):
    """Split texts into words, marks and negated words, for opinions.

    Give it to a vectorizer as ``tokenizer``. Words are those that
    :class:`~sklearn.feature_extraction.text.CountVectorizer` finds: two or more letters
    or digits, in lower case. Reviews say as much by what stands around them.

    Parameters
    ----------
    marks : bool, default=True
        Whether single digits ("5 stars"), exclamation and question marks and dots of
        omission are words too. Two or more of a kind are one word, "!!" or "??"; both
        kinds together are "!?".
    negation : int, default=3
        Number of words after a negation that become words of their own, "not_good", up
        to the next mark; 0 for none.
    negators : iterable of str, default=None
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
        negators: Iterable[str] | None = None,
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
                "negators must be an iterable of words; got a str. Wrap it in a list."
            )
        negators = _ENGLISH if self.negators is None else frozenset(self.negators)
        return list(_tokens(text, bool(self.marks), span, negators))


def _tokens(
    text: str, marks: bool, span: int, negators: frozenset[str]
) -> Iterable[str]:
    left = 0  # words that the last negation still reaches
    for part in _PARTS.finditer(unicodedata.normalize("NFC", text.lower())):
        kind, token = part.lastgroup, part.group()
        if kind == "word":
            cut = part.group("cut")
            if cut:
                token = token.removesuffix(cut)
            if cut or token in negators:
                yield token
                left = span
            elif left:
                yield NEGATED + token
                left -= 1
            else:
                yield token
        elif kind == "digit":
            if not marks:
                continue
            yield NEGATED + token if left else token
            left = max(left - 1, 0)
        else:
            left = 0
            if marks and kind == "mood":
                yield "!?" if len(set(token)) > 1 else token[:2]
            elif marks and kind == "dots":
                yield "..."
