"""WordTokenizer: words, negated words, and marks such as exclamation marks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from sktransfer._core.parameters import check_parameters, integer
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer.text.forms import WordPattern, word_form, word_forms
from sktransfer.text.negation import ENGLISH_NEGATORS, mark_negations
from sktransfer.text.writing import UNKNOWN, Writing

ELLIPSIS = "..."
MARKS = frozenset("!?")
PHRASE_ENDS = frozenset(".,;:()")
# a word with the 't that may follow its n, or a single digit
_WORD_OR_DIGIT = r"\b\w{w}+(?:(?<=n)'t\b)?|\b\d\b"
# marks one by one, or runs of them; then the ends of phrases
_SINGLE_MARKS = WordPattern(_WORD_OR_DIGIT + r"|[!?]|\.\.\.|[.,;:()]")
_RUNS_OF_MARKS = WordPattern(_WORD_OR_DIGIT + r"|[!?]+|\.\.+|[.,;:()]")


def words_and_marks(text: str, writing: Writing = UNKNOWN) -> list[str]:
    """Split a text into words, single digits, and marks."""
    return _SINGLE_MARKS.findall(word_form(text, writing))


class WordTokenizer(GivenParameters, BaseEstimator):
    """Tokenizer for opinions: words, punctuation marks, and negated words.

    Give it to a vectorizer as ``tokenizer``. Words are those of
    :class:`~sklearn.feature_extraction.text.CountVectorizer`: two or more letters or
    digits, in lower case. Marks such as "!" are tokens too. Words after a negation are
    other tokens than the same words elsewhere: "not_good".

    Parameters
    ----------
    marks : bool, default=True
        Whether single digits ("5 stars"), exclamation marks, question marks and
        ellipses ("...") are tokens. A run of exclamation marks is one token, "!!", a
        run of question marks is "??", and a run of both is "!?".
    negation : int, default=3
        Number of words after a negation that are marked as negated, up to the next
        punctuation mark; 0 for none.
    negators : sequence or set of str, default=None
        Words that negate, in lower case. None: those of English, with and without
        apostrophe. A word before "n't" always negates.

    See Also
    --------
    CrossLingualMapper : Splits texts of two languages in much the same way.

    Notes
    -----
    The parameters can be searched through the vectorizer, as
    ``tfidfvectorizer__tokenizer__negation``. Combining marks belong to
    the word they stand in; composed and decomposed letters, full and half width make no
    other word.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "marks": ["boolean"],
        "negation": [integer(0)],
    }

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
        check_parameters(self)
        if isinstance(self.negators, str):
            raise TypeError(
                "negators must be a sequence or set of words; got a str. Wrap it in a "
                "list."
            )
        negators = self.negators
        negators = (
            ENGLISH_NEGATORS if negators is None else frozenset(word_forms(negators))
        )
        parts = [
            _shortened_run(part) for part in _RUNS_OF_MARKS.findall(word_form(text))
        ]
        if not self.marks:
            # marks still end what a negation reaches
            parts = ["." if _is_mark(p) else p for p in parts if not _is_digit(p)]
        tokens = (
            mark_negations(parts, negators, self.negation) if self.negation else parts
        )
        return [t.removesuffix("'t") for t in tokens if t not in PHRASE_ENDS]


def _shortened_run(part: str) -> str:
    """A run of marks cut to two (mixed ones to "!?"); two dots or more: an ellipsis."""
    if part[0] in MARKS:
        return "!?" if len(set(part)) > 1 else part[:2]
    return ELLIPSIS if part.startswith("..") else part


def _is_mark(part: str) -> bool:
    return part[0] in MARKS or part == ELLIPSIS


def _is_digit(part: str) -> bool:
    return len(part) == 1 and part.isalnum()
