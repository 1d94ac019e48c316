"""Weights of a blend, learned from the last steps of sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.topk import row_blocks, top_k
from sktransfer.recommend.sequences._sessions import Sessions

_SMALL = 0.03  # a score relative to the largest at which its logarithm bends
_LONGEST = 80.0  # exponent that single precision holds
_SESSIONS = 4000  # that weights are learned from
_CANDIDATES = 100  # items of each
_BLOCK_ENTRIES = 1 << 20  # of the dense scores of each term
_PENALTY = 3.0
_STEPS = 50
_TOLERANCE = 1e-9


class Term(NamedTuple):
    """A model in a blend, and what its scores count.

    Attributes
    ----------
    part : str
        Name of the model.
    power : float
        The history decays by this power of `decay`: above 1 it is shorter.
    weight : float
        Of the score relative to the largest of the row.
    log_weight : float
        Of its logarithm.
    """

    part: str
    power: float = 1.0
    weight: float = 0.0
    log_weight: float = 0.0

    def values(self, relative: NDArray[np.floating]) -> NDArray[np.floating]:
        """What relative scores add to the blend; 0 for 0."""
        values = np.asarray(self.weight, relative.dtype) * relative
        if self.log_weight:
            values += self.log_weight * np.log1p(relative / np.float32(_SMALL))
        return values


START = (  # of learning: the sum of three models
    Term("neighbors", weight=1),
    Term("neighbors", 0.25),
    Term("rules", weight=1),
    Term("rules", 3),
    Term("linear", weight=1),
    Term("factors"),
)


def given_terms(method: str, weights: Any, parts: tuple[str, ...]) -> list[Term] | None:
    """Terms of a method or of given weights; None where they are to be learned."""
    if method != "blend":
        return [Term(method, weight=1)]
    if isinstance(weights, str):
        return None
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    fits = values.shape == (len(parts),) and np.isfinite(values).all()
    if not fits or (values < 0).any() or not values.any():
        raise ValueError(
            'blend_weights must be "learned" or four numbers, not negative and not all '
            f"0, for {', '.join(parts)}; got {weights!r}."
        )
    return [Term(part, weight=float(v)) for part, v in zip(parts, values) if v > 0]


def relative_to_largest(
    scores: NDArray[np.floating], seen: tuple[NDArray[Any], NDArray[Any]] | None
) -> NDArray[np.floating]:
    """Divide rows by their largest entry, in place; seen entries by that of these."""
    if seen is not None:
        own = np.zeros_like(scores)
        own[seen] = scores[seen]
        scores[seen] = 0
        relative_to_largest(own, None)
    largest = scores.max(axis=1, initial=0)
    scores /= np.where(largest > 0, largest, 1)[:, None]
    if seen is not None:
        scores[seen] = own[seen]
    return scores


def exponential(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Turn sums of terms into scores, in place; 0 stays 0."""
    return np.expm1(np.minimum(values, _LONGEST, out=values), out=values)


def learn_terms(
    sessions: Sessions,
    sample_weight: NDArray[np.floating],
    fit: Callable[[Sessions], Callable[[Sessions, Term], NDArray[np.floating]]],
) -> list[Term]:
    r"""Weights with which the models tell the last step of sessions.

    The models are fitted to sessions without their last step by `fit`, which returns
    what gives the relative scores of all items by a model. Candidates of a session are
    the items with the largest sums of these scores; the likelihood is that of a softmax
    over candidates,

    .. math:: \sum_s w_s \log \frac{e^{z_{s j}}}{\sum_k e^{z_{s k}}}, \quad
              z_{sj} = \sum_p a_p x_{psj} + b_p \log(1 + x_{psj} / \epsilon),

    for each item j that the session holds for the first time in its last step, after
    all others; where there are n of them, each counts 1/n. A penalty of the squared
    distance keeps weights near `START` where there are few sessions.
    """
    before, targets = sessions.without_last_step()
    rows, items = targets.nonzero()
    w = (sample_weight / np.maximum(np.diff(targets.indptr), 1))[rows]
    taken = np.flatnonzero(w > 0)
    if taken.size > _SESSIONS:
        taken = taken[np.linspace(0, taken.size - 1, _SESSIONS).astype(np.int64)]
    if taken.size == 0:
        return list(START)
    scores = fit(before)
    features, positive = [], []
    blocks = row_blocks(taken.size, sessions.shape[1], entries=_BLOCK_ENTRIES)
    for block in blocks:
        item = items[taken[block]]
        history = sessions.take(rows[taken[block]]).without(item)
        found, hit = _candidates(scores, history, item)
        features.append(found)
        positive.append(hit)
    x = np.concatenate(features).astype(np.float64)
    x = np.concatenate([x, np.log1p(x / _SMALL)], axis=2)
    start = np.array([[t.weight for t in START], [t.log_weight for t in START]])
    w = _most_likely(x, np.concatenate(positive), w[taken], start.ravel())
    return [
        t._replace(weight=float(a), log_weight=float(b))
        for t, a, b in zip(START, *w.reshape(start.shape))
    ]


def _candidates(
    scores: Callable[[Sessions, Term], NDArray[np.floating]],
    sessions: Sessions,
    following: NDArray[np.integer],
) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Relative scores of the candidates of some sessions, and which come next."""
    found = [scores(sessions, term) for term in START]
    total = np.round(np.sum(found, axis=0), 5)  # so that ties are told by the item
    total[sessions.nonzero()] = -np.inf
    items, best = top_k(total, min(_CANDIDATES, total.shape[1]))
    at = np.maximum(items, 0)
    values = np.stack([np.take_along_axis(f, at, 1) for f in found], axis=2)
    there = np.isfinite(best)
    values[~there] = 0
    return values, (items == following[:, None]) & (best > 0)


def _most_likely(
    x: NDArray[np.float64],
    positive: NDArray[np.bool_],
    sample_weight: NDArray[np.floating],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Maximise the penalised likelihood by Newton's method with step halving."""
    some = positive.any(axis=1)
    x, positive, w = x[some], positive[some], sample_weight[some].astype(np.float64)
    n_positive = positive.sum(axis=1) * w
    of_targets = np.einsum("s,sc,scp->p", w, positive, x, optimize=True)

    def softmax(b: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = x @ b
        top = z.max(axis=1, initial=-np.inf, keepdims=True)
        p = np.exp(z - top)
        total = p.sum(axis=1, keepdims=True)
        log_total = (top + np.log(total))[:, 0]
        gap = b - start
        value = of_targets @ b - n_positive @ log_total - _PENALTY / 2 * gap @ gap
        return value, p / total

    b = start.copy()
    value, p = softmax(b)
    flat = x.reshape(-1, b.size)
    for _ in range(_STEPS):
        weights = p * n_positive[:, None]
        mean = np.einsum("sc,scp->sp", p, x, optimize=True)
        gradient = of_targets - n_positive @ mean - _PENALTY * (b - start)
        hessian = flat.T @ (flat * weights.reshape(-1, 1))
        hessian -= mean.T @ (mean * n_positive[:, None])
        hessian += _PENALTY * np.eye(b.size)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while (found := softmax(b + size * step))[0] < value and size > 1e-6:
            size /= 2
        if found[0] < value:
            break
        b = b + size * step
        value, p = found
        if np.abs(step).max() < _TOLERANCE:
            break
    return b
