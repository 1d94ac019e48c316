"""Tokenizers that users pass: functions, or names of functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sktransfer._core.named_objects import import_named
from sktransfer.text.checks import check_texts
from sktransfer.text.forms import Tokenizer, word_tokens
from sktransfer.text.segmentation import WordSegmenter, has_unsplit_words, is_spaceless
from sktransfer.text.writing import UNKNOWN, Writing


@dataclass(frozen=True)
class NamedTokenizer:
    """A function of a module, known by its name.

    It can be copied and pickled whatever the function holds, such as the lock of
    ``jieba.lcut``.

    Attributes
    ----------
    name : str
        "module:function".
    """

    name: str

    def __call__(self, text: str) -> Iterable[str]:
        """Tokens of a text."""
        return import_named(self.name, "tokenizer must be installed here, too")(text)


def find_tokenizer(tokenizer: Any, name: str = "tokenizer") -> Tokenizer | None:
    """Tokenizer that a parameter gives, None where the default is to be taken."""
    # of classes only those of tokens, such as list: WordTokenizer is meant as an object
    is_class = isinstance(tokenizer, type) and not issubclass(tokenizer, Iterable)
    if tokenizer is None or (callable(tokenizer) and not is_class):
        return tokenizer
    expected = f"{name} must be a callable (text -> tokens), 'module:function' or None"
    if not isinstance(tokenizer, str):
        raise TypeError(f"{expected}; got {tokenizer!r}.")
    found = import_named(tokenizer, expected)
    if not callable(found):
        raise TypeError(f"{expected}; {tokenizer!r} is a {type(found).__name__}.")
    return NamedTokenizer(tokenizer)


def default_tokenizer(
    X: Any, writing: Writing = UNKNOWN, words: Iterable[str] = ()
) -> Tokenizer:
    """Words where no tokenizer is given; learned where no spaces stand between them.

    Known words, such as those that have a vector, are found whole.
    """
    texts = check_texts(X, "The default tokenizer")
    if has_unsplit_words(texts):
        return WordSegmenter().fit(texts, filter(is_spaceless, words))
    return word_tokens if writing == UNKNOWN else partial(word_tokens, writing=writing)
