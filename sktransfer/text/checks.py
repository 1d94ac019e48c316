"""Checks of what comes in as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from scipy import sparse

from sktransfer._core.inputs import column_values, take_rows
from sktransfer.text.forms import Tokenizer, token_forms
from sktransfer.text.writing import UNKNOWN, Writing


def check_texts(X: Any, name: str) -> list[str]:
    """Validate a sequence of texts."""
    if isinstance(X, str | bytes):
        raise ValueError(
            f"{name} takes a sequence of texts, one for each row; got one "
            f"{type(X).__name__}. Wrap it in a list."
        )
    if sparse.issparse(X):
        raise TypeError(
            f"{name} takes texts; got a sparse matrix. Pass the texts themselves, not "
            "their counts."
        )
    if not isinstance(X, list | tuple):
        X = column_values(X, "X")
        if X.ndim == 2 and X.shape[1] == 1:
            X = X[:, 0]
        if X.ndim != 1:
            raise ValueError(
                f"{name} takes one text for each row; got an array of shape {X.shape}. "
                "Select the column of texts."
            )
        X = X.tolist()
    texts = list(X)
    if texts and all(isinstance(t, list | tuple) and len(t) == 1 for t in texts):
        texts = [t[0] for t in texts]
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            coded = isinstance(text, bytes | bytearray)
            advice = "Decode them" if coded else "Replace missing texts by ''"
            raise TypeError(
                f"{name} takes texts of type str; got {type(text).__name__} "
                f"({text!r:.60}) in row {row}. {advice}."
            )
    return [str(t) for t in texts]


def check_tokens(tokens: Any, writing: Writing = UNKNOWN) -> list[str]:
    """Validate what a tokenizer returned for one text; words in normal form."""
    if isinstance(tokens, str):
        raise TypeError(
            "tokenizer must return a list of tokens; got a str. For texts that are "
            "split already use str.split."
        )
    tokens = list(tokens)
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(
                "tokenizer must return tokens of type str; got "
                f"{type(token).__name__} ({token!r:.60})."
            )
    return token_forms(tokens, writing)


def check_documents(
    X: Any, name: str, tokenizer_of: Callable[[list[str]], Tokenizer]
) -> list[list[str]]:
    """Tokens of each text: of plain texts their words, of token lists what is there."""
    if isinstance(X, Iterator):
        X = list(X)
    elif not hasattr(X, "__len__") and hasattr(X, "__array__"):
        X = np.asarray(X)
    if isinstance(X, str) or is_text(X):
        texts = check_texts(X, name)
        split = tokenizer_of(texts)
        return [list(split(text)) for text in texts]
    documents = []
    for row, tokens in enumerate(X):
        if isinstance(tokens, str | bytes) or not isinstance(tokens, Iterable):
            advice = " Decode them." if isinstance(tokens, bytes) else ""
            raise TypeError(
                f"{name} takes texts, or the tokens of each text; got "
                f"{type(tokens).__name__} in row {row}.{advice}"
            )
        documents.append(list(tokens))
        for token in documents[-1]:
            if not isinstance(token, str):
                raise TypeError(
                    f"{name} takes texts, or the tokens of each text as str; got "
                    f"{type(token).__name__} ({token!r:.60}) in row {row}."
                )
    return documents


def is_text(X: Any) -> bool:
    """Whether the rows are texts: a sequence of them, or a column of one."""
    if isinstance(X, list | tuple):
        return len(X) > 0 and isinstance(X[0], str)
    if sparse.issparse(X) or not hasattr(X, "__len__") or len(X) == 0:
        return False
    first = column_values(take_rows(X, [0]), "X")
    return first.size == 1 and isinstance(first.item(), str)
