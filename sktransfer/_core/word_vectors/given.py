"""Word vectors that a user has: every accepted form becomes one table."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.word_vectors.files import read_word_vectors

_FORMS = (
    "Give gensim KeyedVectors, a pair (words, array), a mapping from word to vector, "
    "or the path of a word2vec or GloVe file."
)


class VectorTable(NamedTuple):
    """Words and their vectors, validated.

    Attributes
    ----------
    words : ndarray of object of shape (n_words,)
        The words, none twice, the most frequent first where that is known.
    vectors : ndarray of float32 of shape (n_words, n_features)
        One row for each word, all finite.
    """

    words: NDArray[np.object_]
    vectors: NDArray[np.float32]


def as_vector_table(
    vectors: Any, *, limit: int | None = None, name: str = "vectors"
) -> VectorTable:
    """Validate word vectors in any accepted form, and copy them."""
    if isinstance(vectors, str | os.PathLike):
        file = read_word_vectors(vectors, limit=limit)
        return VectorTable(np.array(file.words, dtype=object), file.vectors)
    vectors = getattr(vectors, "wv", vectors)
    if hasattr(vectors, "index_to_key") and hasattr(vectors, "vectors"):
        words, rows = vectors.index_to_key, vectors.vectors[: len(vectors.index_to_key)]
    elif isinstance(vectors, Mapping):
        words, rows = list(vectors), _stacked_rows(vectors, name)
    elif isinstance(vectors, tuple | list) and len(vectors) == 2:
        words, rows = vectors
    else:
        raise TypeError(f"{name} has the type {type(vectors).__name__}. {_FORMS}")
    words = list(words)[:limit]
    rows = _float_matrix(rows, name)[:limit]
    if rows.shape[0] != len(words) or not rows.size:
        raise ValueError(
            f"{name} must hold one row for each word, and at least one; got "
            f"{len(words)} words and an array of shape {rows.shape}. {_FORMS}"
        )
    _check_words(words, name)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        bad = words[int(np.argmin(finite))]
        raise ValueError(
            f"{name} must be finite; that of {bad!r:.60} is not, or exceeds float32."
        )
    return VectorTable(np.array(words, dtype=object), rows)


def _stacked_rows(vectors: Mapping[str, Any], name: str) -> list[Any]:
    rows = [np.asarray(v) for v in vectors.values()]
    for word, row in zip(vectors, rows):
        if row.shape != rows[0].shape or row.ndim != 1:
            raise ValueError(
                f"{name} must map every word to a vector of the same length; got the "
                f"shape {row.shape} for {word!r:.60}, {rows[0].shape} for the first."
            )
    return rows


def _float_matrix(rows: Any, name: str) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):
            matrix = np.array(rows, dtype=np.float32, order="C")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers ({error}). {_FORMS}") from error
    if matrix.ndim != 2:
        raise ValueError(
            f"{name} must be an array of shape (n_words, n_features); got "
            f"{matrix.shape}. {_FORMS}"
        )
    return matrix


def _check_words(words: Sequence[Any], name: str) -> None:
    for word in words:
        if not isinstance(word, str) or not word:
            raise ValueError(
                f"{name} must name words by non-empty str; got {word!r:.60}."
            )
    if len(set(words)) < len(words):
        word = next(w for w, n in Counter(words).items() if n > 1)
        raise ValueError(
            f"{name} must hold each word once; {word!r:.60} is there twice."
        )
