"""Documents as words: tokens, vocabularies, counts and tf-idf weights."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer.text.forms import inverse_document_frequency


@dataclass(frozen=True, eq=False)
class Corpus:
    """The documents of one side, over its vocabulary.

    Attributes
    ----------
    words : ndarray of object of shape (n_words,)
        The vocabulary, sorted.
    index : dict of str to int
        Position of each word.
    counts : csr_array of shape (n_documents, n_words)
        How often a document holds a word.
    idf : ndarray of float64 of shape (n_words,)
        Inverse document frequencies, ``log((1 + n) / (1 + df)) + 1``.
    weights : csr_array of shape (n_documents, n_words)
        Tf-idf with logarithmic counts, in rows of unit length.
    token_shares : ndarray of shape (n_words,)
        Share of each word in all tokens of the documents.
    tokens : callable or None
        Called without arguments, it yields the tokens of each document, in order.
        None: the tokens are not known.
    domains : ndarray of int64 of shape (n_documents,) or None
        Domain of each document. None: all are of one.
    """

    words: NDArray[np.object_]
    index: dict[str, int]
    counts: sparse.csr_array
    idf: NDArray[np.float64]
    weights: sparse.csr_array
    token_shares: NDArray[np.float64]
    tokens: Callable[[], Iterator[list[str]]] | None = None
    domains: NDArray[np.int64] | None = None

    def known_tokens(self) -> list[list[str]]:
        """Tokens of each document that are in the vocabulary, in order."""
        if self.tokens is None:
            raise ValueError("The tokens of these documents are not at hand.")
        return [[t for t in tokens if t in self.index] for tokens in self.tokens()]


def count_tokens(tokens: Iterable[list[str]]) -> list[Counter[str]]:
    """Count the tokens of each text."""
    counts = [Counter(each) for each in tokens]
    for counter in counts:
        counter.pop("", None)
    return counts


def build_corpus(
    counts: list[Counter[str]],
    min_df: int | float,
    side: str,
    tokens: Callable[[], Iterator[list[str]]] | None = None,
) -> Corpus:
    """Vocabulary and weights of the documents of one side."""
    least = min_documents(min_df, len(counts))
    df = Counter(token for counter in counts for token in counter)
    words = sorted(w for w, n in df.items() if n >= least)
    if not words:
        remedy = (
            f"every one of its {len(df)} words is in fewer than {least} documents. "
            "Lower min_df"
            if df
            else "no text has a token. Check the texts and the tokenizer"
        )
        raise ValueError(
            f"Empty vocabulary on the {side} side ({len(counts)} texts): {remedy}."
        )
    index = {w: k for k, w in enumerate(words)}
    X = _known_word_counts(counts, index)
    idf = inverse_document_frequency(np.array([df[w] for w in words]), len(counts))
    weights = log_counts(X, idf)
    total = sum(sum(counter.values()) for counter in counts)
    return Corpus(
        words=np.array(words, dtype=object),
        index=index,
        counts=X,
        idf=idf,
        weights=divide_rows(weights, row_norms(weights)),
        token_shares=np.bincount(X.indices, weights=X.data, minlength=len(words))
        / total,
        tokens=tokens,
    )


def min_documents(min_df: Any, n_documents: int) -> int:
    """Smallest number of documents that ``min_df`` asks for."""
    if not isinstance(min_df, bool | np.bool_):
        if isinstance(min_df, Integral):
            if int(min_df) >= 1:
                return int(min_df)
        elif isinstance(min_df, Real) and 0 <= float(min_df) < 1:
            return max(1, int(np.ceil(float(min_df) * n_documents)))
    raise ValueError(
        "min_df must be an int of at least 1 (documents) or a float in [0, 1) (share "
        f"of the documents); got {min_df!r}."
    )


def _known_word_counts(
    counts: list[Counter[str]], index: Mapping[str, int]
) -> sparse.csr_array:
    indices, data, indptr = array("q"), array("d"), array("q", [0])
    for counter in counts:
        known = sorted((index[w], n) for w, n in counter.items() if w in index)
        indices.extend(k for k, _ in known)
        data.extend(n for _, n in known)
        indptr.append(len(indices))
    return sparse.csr_array(
        (np.array(data), np.array(indices), np.array(indptr)),
        shape=(len(counts), len(index)),
    )


def log_counts(X: sparse.csr_array, idf: NDArray[np.float64]) -> sparse.csr_array:
    """Tf-idf weights ``(1 + log count) * idf``, not yet normalised."""
    data = (1 + np.log(X.data)) * idf[X.indices]
    return sparse.csr_array((data, X.indices, X.indptr), shape=X.shape)


def row_norms(*blocks: sparse.csr_array) -> NDArray[np.float64]:
    """Euclidean length of rows that are split into blocks of columns."""
    squares = sum(
        np.asarray(X.multiply(X).sum(axis=1), dtype=np.float64).ravel() for X in blocks
    )
    return np.sqrt(np.where(squares > 0, squares, 1.0))


def divide_rows(X: sparse.csr_array, norms: NDArray[np.float64]) -> sparse.csr_array:
    """Divide rows by their length."""
    data = X.data / np.repeat(norms, np.diff(X.indptr))
    return sparse.csr_array((data, X.indices, X.indptr), shape=X.shape)


def unit_documents(Z: Any) -> sparse.csr_array:
    """CSR rows of unit length."""
    Z = sparse.csr_array(Z)
    # sums in the order of the features, whatever else is in the batch
    Z.sort_indices()
    return divide_rows(Z, row_norms(Z))


def weigh_documents(
    counts: list[Counter[str]],
    index: Mapping[str, int],
    idf: NDArray[np.float64],
    unseen_idf: float,
) -> tuple[sparse.csr_array, sparse.csr_array, list[str]]:
    """Tf-idf of documents over known words and over the words not in the vocabulary."""
    words = sorted({w for counter in counts for w in counter if w not in index})
    position = {w: k for k, w in enumerate(words)}
    known = log_counts(_known_word_counts(counts, index), idf)
    unseen = log_counts(
        _known_word_counts(counts, position), np.full(len(words), unseen_idf)
    )
    norms = row_norms(known, unseen)
    return divide_rows(known, norms), divide_rows(unseen, norms), words
