"""Texts as sums over their words in the shared space, and words of the other side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import safe_sparse_dot

from sktransfer._core.parts.terms import Terms, numbers
from sktransfer._core.sparse import is_sparse, multiply_rows
from sktransfer.crosslingual._corpus import count_tokens, row_norms, weigh_documents
from sktransfer.crosslingual.word_spaces._base import row_lengths
from sktransfer.text.checks import check_texts


def word_terms(mapper: Any, given: Terms) -> Terms:
    """The row that a CrossLingualMapper makes of a text, as a sum over its words."""
    domain = given.domain or 0
    side = "source" if domain > 0 else "target"
    vocabulary = getattr(mapper, f"{side}_vocabulary_")
    vectors = getattr(mapper, f"{side}_vectors_")
    if given.row is None:
        names, amounts, values = vocabulary.tolist(), np.ones(vocabulary.size), vectors
    else:
        (text,) = check_texts(given.row, "CrossLingualMapper")
        known, unseen, words = weigh_documents(
            count_tokens([mapper._split[side](text)]),
            mapper._index[side],
            mapper._idf[side],
            mapper._unseen_idf[side],
        )
        at = known.indices
        values = _times_each(numbers(vectors[at]), known.data)
        names, amounts = vocabulary[at].tolist(), known.data
        others = _unseen_terms(mapper.word_space_, unseen, words, side)
        if others is not None:
            values = _stacked(values, others)
            names = [*names, *words]
            amounts = np.concatenate([amounts, unseen.toarray()[0]])
        row = mapper.transform([text], sample_domain=given.domains())
        given = replace(given, row=row)
    split = given.split(values, names, [""] * len(names), amounts)
    if mapper._scaler is None:
        if given.row is None:
            return split
        length = row_norms(sparse.csr_array(values.sum(axis=0).reshape(1, -1)))[0]
        return replace(split, values=values / length)
    if given.row is not None and not given.row.any():
        return replace(split, values=0.0 * values)  # no word with a vector
    mean, divisor = mapper._scaler.statistics(side, domain)
    rest = -mean.astype(np.float64) / divisor
    return replace(split, values=values / divisor, rest=rest[None])


def _unseen_terms(space: Any, weights: Any, words: Sequence[str], side: str) -> Any:
    """Weighted vectors of words that are not in the vocabulary; None without any."""
    if not words:
        return None
    each = sparse.csr_array(sparse.diags_array(weights.toarray()[0]))
    found = space.unseen_documents(each, words, side)
    return None if found is None else numbers(found)


def _times_each(vectors: Any, weights: NDArray[np.float64]) -> Any:
    if is_sparse(vectors):
        return multiply_rows(vectors, weights)
    return vectors * weights[:, None]


def _stacked(first: Any, second: Any) -> Any:
    if is_sparse(first):
        return sparse.csr_array(sparse.vstack([first, second], format="csr"))
    return np.concatenate([first, second])


def source_scores(
    space: Any, words: NDArray[np.intp], source_idf: NDArray[np.float64]
) -> NDArray[np.floating]:
    """Score every source word as the translation of target words.

    2 + p(e|t) for pairs of the dictionary, by p(t|e) and how many source texts hold e;
    the cosine of the vectors for all other words.
    """
    vectors, source = space.target_vectors_[words], space.source_vectors_
    scores = safe_sparse_dot(vectors, source.T, dense_output=True)
    length = np.outer(row_lengths(vectors), row_lengths(source))
    scores = np.divide(scores, length, out=np.zeros_like(scores), where=length > 0)
    p = getattr(space, "translation_probabilities_", None)
    if p is None:
        return scores
    # the idf of a word is the logarithm of n / n_texts, up to a constant
    joint = sparse.csr_array(p.T)[words].tocoo()
    share = joint.data * np.exp(-source_idf[joint.col])
    total = np.bincount(joint.row, weights=share, minlength=len(words))[joint.row]
    scores[joint.row, joint.col] = 2 + np.divide(
        share, total, out=np.zeros_like(share), where=total > 0
    )
    return scores


def spread_words(found: Sequence[Sequence[str | None]]) -> list[str]:
    """Words of letters: the best of each list, then the second best, none twice."""
    words = (w for each in zip_longest(*found) for w in each if w is not None)
    return list(dict.fromkeys(w for w in words if any(map(str.isalpha, w))))
