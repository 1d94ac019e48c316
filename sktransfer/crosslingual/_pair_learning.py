"""Learn pairs of words from the texts, where the dictionary is small or missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from sktransfer._core.correspondence import document_frequency
from sktransfer._core.linalg import unit_rows
from sktransfer.crosslingual._corpus import Corpus
from sktransfer.crosslingual._dictionary import Links
from sktransfer.crosslingual.alignments._procrustes import orthogonal_map
from sktransfer.text.negation import NEGATED
from sktransfer.text.spelling import spelling_similarity

# the most frequent words take part
MOST_SOURCE_WORDS, MOST_TARGET_WORDS = 5000, 3000
N_DIMENSIONS = 150  # of each kind of context
NEAR, FAR = 2, 10  # words that a window reaches: in their order, and in any order
N_ROUNDS, N_FOLDS = 6, 4
KEPT = 0.6  # weight of the rounds before
NEIGHBOURS = 10
GIVEN_WEIGHT = 5.0
# what spelling and a difference of frequencies count, beside cosines
SPELLING, FREQUENCY = 0.5, 0.1
FEWEST_PAIRS = 10  # that a rotation is fitted to


class LearnedPairs(NamedTuple):
    """What texts and a few known pairs tell about other pairs.

    Attributes
    ----------
    links : Links
        Pairs of vocabulary indices, the best first.
    support : float
        How far known pairs bear each other out: where all others tell the place of a
        word, the share of words on the other side that its translation comes before,
        mean of the pairs; 0.5 by chance, at most 1. The smaller of both directions.
    """

    links: Links
    support: float


class _Side(NamedTuple):
    """Words that take part, by their positions in the vocabulary."""

    words: NDArray[np.intp]
    contexts: NDArray[np.float32]
    frequency: NDArray[np.float64]
    spelled: list[str]


def learn_pairs(
    source: Corpus, target: Corpus, given: Links, links: Links
) -> LearnedPairs:
    """Learn pairs from given links and from others, such as words written the same.

    Rounds alternate between a rotation of the contexts of the source words into those
    of the target words, fitted to the pairs, and the pairs that are mutually nearest
    under it. No pair is judged by a rotation that it was fitted by, unless it was
    given: so that pairs that only confirm themselves are lost. The better half of the
    pairs of the last round is kept.
    """
    S = _read_side(source, MOST_SOURCE_WORDS)
    T = _read_side(target, MOST_TARGET_WORDS)
    known, guessed = (_positions(own, S.words, T.words) for own in (given, links))
    guessed = guessed[~_in_rows(guessed, known)]
    pairs = np.vstack([known, guessed])
    none = np.zeros(0, dtype=np.intp)
    if len(pairs) < FEWEST_PAIRS:
        return LearnedPairs(Links(none, none), 0.5)
    gap = np.abs(np.log(S.frequency)[:, None] - np.log(T.frequency)).astype(np.float32)
    prior = SPELLING * spelling_similarity(S.spelled, T.spelled) - FREQUENCY * gap
    given_weights = np.full(len(known), GIVEN_WEIGHT)
    weights = np.r_[given_weights, np.exp(-2 * gap[tuple(guessed.T)])]
    support = held_out_support(S.contexts, T.contexts, pairs, weights)
    rng = np.random.RandomState(0)
    scores = None
    for _ in range(N_ROUNDS):
        fold = rng.randint(N_FOLDS, size=len(S.words))
        cosines = held_out_cosines(
            S.contexts, T.contexts, pairs, weights, fold, n_given=len(known)
        )
        found = less_hubs(cosines) + prior
        scores = found if scores is None else KEPT * scores + (1 - KEPT) * found
        i, j = mutually_best(scores)
        score = scores[i, j]
        pairs = np.vstack([known, np.c_[i, j]])
        low, high = np.quantile(score, [0.05, 0.6])
        trust = np.clip((score - low) / max(high - low, 1e-12), 0.02, 1)
        weights = np.r_[given_weights, trust]
    best = np.argsort(-score, kind="stable")[: (score.size + 1) // 2]
    return LearnedPairs(Links(S.words[i[best]], T.words[j[best]]), support)


def held_out_cosines(
    X: NDArray[Any],
    Y: NDArray[Any],
    pairs: NDArray[np.intp],
    weights: NDArray[np.float64],
    fold: NDArray[np.intp],
    *,
    n_given: int,
) -> NDArray[np.float32]:
    """Cosines of all words, those of a fold by the given pairs and the other folds."""
    left_out = fold[pairs[:, 0]]
    left_out[:n_given] = -1
    cosines = np.empty((len(X), len(Y)), np.float32)
    for f in range(N_FOLDS):
        used = left_out != f
        W = _rotation(X, Y, pairs[used], weights[used])
        cosines[fold == f] = X[fold == f] @ W @ Y.T
    return cosines


def held_out_support(
    X: NDArray[Any],
    Y: NDArray[Any],
    pairs: NDArray[np.intp],
    weights: NDArray[np.float64],
) -> float:
    """Mean share of the words that come after the right one, by the other pairs."""
    fold = np.random.RandomState(0).randint(N_FOLDS, size=len(pairs))
    shares = []
    for f in range(N_FOLDS):
        used, own = fold != f, pairs[fold == f]
        if not used.any() or not len(own):
            continue
        W = _rotation(X, Y, pairs[used], weights[used])
        for A, B, k in (
            (X[own[:, 0]] @ W, Y, own[:, 1]),
            (Y[own[:, 1]] @ W.T, X, own[:, 0]),
        ):
            cosines = A @ B.T
            right = cosines[np.arange(len(k)), k][:, None]
            shares.append((cosines < right).mean(axis=1).mean())
    return float(min(np.mean(shares[::2]), np.mean(shares[1::2])))


def less_hubs(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """CSLS: twice the cosines, less the mean of the nearest words of each side."""
    n = min(NEIGHBOURS, *cosines.shape)
    rows = np.partition(cosines, -n, axis=1)[:, -n:].mean(axis=1)
    columns = np.partition(cosines, -n, axis=0)[-n:].mean(axis=0)
    return 2 * cosines - rows[:, None] - columns


def mutually_best(
    scores: NDArray[np.floating],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns that are each other's best."""
    best = scores.argmax(axis=1)
    rows = np.flatnonzero(scores.argmax(axis=0)[best] == np.arange(best.size))
    return rows, best[rows]


def word_contexts(
    documents: Iterable[list[int]], weights: Any, n_words: int
) -> NDArray[np.float32]:
    """Unit vectors of words: what is near, what is about, what is in their documents.

    Each is a factorisation of positive pointwise mutual information.
    """
    near: Any = sparse.csr_array((n_words, n_words))
    far: Any = near.copy()
    ids = _positions_in_texts(documents, FAR)
    for distance in range(1, FAR + 1):
        both = (ids[:-distance] >= 0) & (ids[distance:] >= 0)
        one, two = ids[:-distance][both], ids[distance:][both]
        counts = sparse.coo_array(
            (np.full(one.size, 1 / distance), (one, two)), shape=(n_words, n_words)
        ).tocsr()
        far += counts
        if distance <= NEAR:
            near += counts
    shared = sparse.csr_array(weights.T @ weights)
    shared.setdiag(0)
    blocks = [
        sparse.hstack([_positive_information(near), _positive_information(near.T)]),
        _positive_information(far + far.T),
        _positive_information(shared),
    ]
    return np.hstack([_factors(block) for block in blocks]) / np.float32(3**0.5)


def _factors(M: Any) -> NDArray[np.float32]:
    """Centred unit rows from the largest singular vectors."""
    n = min(N_DIMENSIONS, *M.shape)
    U, s, _ = randomized_svd(sparse.csr_array(M), n, n_iter=4, random_state=0)
    V = unit_rows(U * np.sqrt(s))
    V = unit_rows(V - V.mean(axis=0)).astype(np.float32)
    return np.pad(V, [(0, 0), (0, N_DIMENSIONS - n)])


def _positive_information(M: Any) -> sparse.csr_array:
    """Positive pointwise mutual information, contexts smoothed by the power 3/4."""
    M = sparse.coo_array(M)
    M.sum_duplicates()
    row, column = M.coords
    seen = M.data > 0
    row, column, data = row[seen], column[seen], M.data[seen]
    rows = np.bincount(row, weights=data, minlength=M.shape[0])
    columns = np.bincount(column, weights=data, minlength=M.shape[1]) ** 0.75
    columns /= max(columns.sum(), 1e-12)
    information = np.log(data / (rows[row] * columns[column]))
    kept = information > 0
    return sparse.csr_array(
        (information[kept], (row[kept], column[kept])), shape=M.shape
    )


def _positions_in_texts(documents: Iterable[list[int]], gap: int) -> NDArray[np.intp]:
    """Words of all documents in a row, apart by a gap that no window reaches over."""
    ids: list[int] = []
    for document in documents:
        ids.extend(document)
        ids.extend([-1] * gap)
    return np.array(ids, dtype=np.intp)


def _read_side(corpus: Corpus, most: int) -> _Side:
    """The most frequent words of a side and their contexts."""
    negated = np.array([w.startswith(NEGATED) for w in corpus.words])
    frequency = np.where(negated, 0, document_frequency(corpus.counts))
    words = np.argsort(-frequency, kind="stable")[: min(most, (~negated).sum())]
    place = dict(zip(corpus.words[words].tolist(), range(words.size)))
    documents = (
        [place.get(token.removeprefix(NEGATED), -1) for token in tokens]
        for tokens in corpus.known_tokens()
    )
    contexts = word_contexts(documents, corpus.weights[:, words], words.size)
    return _Side(words, contexts, frequency[words], corpus.words[words].tolist())


def _positions(links: Links, *sides: NDArray[np.intp]) -> NDArray[np.intp]:
    """Pairs of words that take part, by their places among these."""
    places = []
    for index, words in zip(links, sides):
        place = np.full(max(words.max(initial=-1), index.max(initial=-1)) + 1, -1)
        place[words] = np.arange(words.size)
        places.append(place[index])
    both = np.stack(places, axis=1).reshape(-1, 2)
    return both[(both >= 0).all(axis=1)]


def _in_rows(pairs: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.bool_]:
    known = set(map(tuple, others.tolist()))
    return np.array([tuple(pair) in known for pair in pairs.tolist()], dtype=bool)


def _rotation(
    X: NDArray[Any], Y: NDArray[Any], pairs: NDArray[np.intp], weights: NDArray[Any]
) -> NDArray[np.float32]:
    W = orthogonal_map(X[pairs[:, 0]], Y[pairs[:, 1]], weights)
    return W.astype(np.float32)
