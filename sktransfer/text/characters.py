"""Tokens of texts that may be in scripts without blanks between words."""

from __future__ import annotations

import re
from itertools import pairwise

from sktransfer.text.forms import DENSE_SCRIPT, WordPattern, is_simple, word_form

_SIGN = DENSE_SCRIPT.pattern
_SIGN_RUNS = re.compile(f"{_SIGN}+")
_CHARACTERS = WordPattern("(?s:.){m}")
_WORDS = WordPattern(r"\b\w{w}+")
_WORDS_AND_SIGNS = WordPattern(rf"{_SIGN}|(?!{_SIGN})\w(?:(?!{_SIGN}){{w}})+")


def split_characters(text: str) -> list[str]:
    """Split a text into its characters and pairs of neighbouring characters.

    A tokenizer for languages that are written without blanks, where no dictionary of
    words is at hand.

    Parameters
    ----------
    text : str
        A text; case and white space do not matter.

    Returns
    -------
    tokens : list of str
        The characters in order, then the pairs in order.

    See Also
    --------
    LongestMatchTokenizer : Words of a given list.

    Examples
    --------
    >>> from sktransfer.text import split_characters
    >>> split_characters("Ab c")
    ['a', 'b', 'c', 'ab', 'bc']
    """
    text = "".join(word_form(text).split())
    signs = list(text) if is_simple(text) else _CHARACTERS.findall(text)
    return signs + [a + b for a, b in pairwise(signs)]


def words_and_signs(text: str) -> list[str]:
    """Words of two or more letters, and single signs of dense scripts, in order.

    A dictionary's words of several signs are put together again from them.
    """
    return _WORDS_AND_SIGNS.findall(word_form(text))


def words_and_sign_pairs(text: str) -> list[str]:
    """Words, then single signs of dense scripts, then pairs of neighbouring signs."""
    text = word_form(text)
    runs = _SIGN_RUNS.findall(text)
    pairs = [run[i : i + 2] for run in runs for i in range(len(run) - 1)]
    return _WORDS.findall(_SIGN_RUNS.sub(" ", text)) + list("".join(runs)) + pairs
