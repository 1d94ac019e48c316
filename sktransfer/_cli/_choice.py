"""Which model: chosen on held-back interactions, reported on others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._cli._console import Clock, progress
from sktransfer._cli._rankers import (
    MARKETS_DEFAULT,
    TARGET_DEFAULT,
    Ranker,
    Training,
)
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import split_interactions

SHARE = 0.2  # of the interactions of a user, for the test, and as much to choose by
_MIN_USERS = 20  # fewer say nothing
_MAX_USERS = 10_000
_ENOUGH = 600  # users, counting each time that one is drawn


class Scored(NamedTuple):
    """A model, and what it ranks."""

    ranker: Ranker
    validation: NDArray[np.float64]  # nDCG@10 of each user
    test: NDArray[np.float64]
    items: NDArray[np.int64]  # its rankings of the test
    seconds: float

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.ranker.name


class Choice(NamedTuple):
    """Models compared, and the one taken."""

    scored: list[Scored]
    chosen: int
    best: int  # on the validation part
    alone: int  # the best there that learns from the target alone
    others: int | None  # the best there that learns from other markets
    validated: bool
    train: Training  # of the test
    tested: Any  # CSR (n_target, n_items): what was hidden for the test
    why: str

    @property
    def model(self) -> Ranker:
        """The model taken."""
        return self.scored[self.chosen].ranker


def hold_back(X: Any, times: Any, share: float, seed: int) -> Any:
    """Interactions of each user to hold back: the latest, or drawn."""
    if times is None:
        return split_interactions(X, test_size=share, random_state=seed)[1]
    n = np.diff(times.indptr)
    row = np.repeat(np.arange(n.size), n)
    order = np.lexsort((times.data, row))
    n_out = np.minimum(np.maximum(np.rint(share * n), 1), np.maximum(n - 1, 0))
    from_end = np.empty(row.size, dtype=np.int64)
    from_end[order] = times.indptr[1:][row] - np.arange(row.size)
    late = sparse.csr_array(times, copy=True)
    late.data = np.where(from_end <= n_out[row], 2.0, 1.0)
    return split_interactions(X, since=2, time=late)[1]


def compare(training: Training, rankers: Sequence[Ranker]) -> Choice:
    """Fit and score each model twice: to choose one, and to report.

    A fifth of the interactions of each target user is the test part. A fifth is the
    validation part: models that have seen neither are ranked by it (several times where
    users are few). Then all are fitted again with the validation part, for the test.
    """
    tested = hold_back(training.target, training.times, SHARE, 0)
    train = training.without(tested)
    test = _evaluate(train, tested, rankers)
    rounds = []
    while True:
        part = hold_back(
            train.target, train.times, SHARE / (1 - SHARE), len(rounds) + 1
        )
        n_users = int(np.count_nonzero(np.diff(part.indptr)))
        if n_users < _MIN_USERS:
            break
        rounds.append(_evaluate(train.without(part), part, rankers))
        enough = n_users * len(rounds) >= _ENOUGH or len(rounds) == 3
        if enough or train.times is not None:
            break
    scored = [
        Scored(
            ranker,
            np.mean([r[i].users for r in rounds], axis=0) if rounds else np.empty(0),
            test[i].users,
            test[i].items,
            test[i].seconds,
        )
        for i, ranker in enumerate(rankers)
    ]
    return _choose(scored, train, tested)


class _Evaluated(NamedTuple):
    users: NDArray[np.float64]
    items: NDArray[np.int64]
    seconds: float


def rows_of(hidden: Any) -> NDArray[np.int64]:
    """Users that something is hidden of, not too many."""
    rows = np.flatnonzero(np.diff(hidden.indptr))
    if rows.size > _MAX_USERS:
        rows = np.sort(np.random.RandomState(0).choice(rows, _MAX_USERS, replace=False))
    return rows


def _evaluate(
    train: Training, hidden: Any, rankers: Sequence[Ranker]
) -> list[_Evaluated]:
    """Scores of models that have not seen what is hidden."""
    rows = rows_of(hidden)
    if not rows.size:
        nothing = _Evaluated(np.empty(0), np.empty((0, 10), dtype=np.int64), 0.0)
        return [nothing] * len(rankers)
    fitted: dict[str, Any] = {}
    out = []
    for ranker in rankers:
        with progress(ranker.name), Clock() as clock:
            fitted[ranker.name] = ranker.fit(train, fitted)
            given = train.times if ranker.by_time else train.target
            items, _ = fitted[ranker.name].recommend(given[rows], 10)
        values = ndcg_at_k(hidden[rows], items, average=None)
        out.append(_Evaluated(values, items, clock.seconds))
    return out


def _choose(scored: list[Scored], train: Training, tested: Any) -> Choice:
    alone = [i for i, s in enumerate(scored) if not s.ranker.transfer]
    others = [i for i, s in enumerate(scored) if s.ranker.transfer]
    names = [s.name for s in scored]
    if not scored[0].validation.size:
        a = names.index(TARGET_DEFAULT)
        o = names.index(MARKETS_DEFAULT) if others else None
        taken = a if o is None else o
        why = (
            f"the default: fewer than {_MIN_USERS} users have three interactions, so "
            "that nothing was chosen by validation"
        )
        return Choice(scored, taken, taken, a, o, False, train, tested, why)
    means = [float(s.validation.mean()) for s in scored]
    best = int(np.argmax(means))
    for taken, s in enumerate(scored):  # noqa: B007 - the best itself loses nothing
        loss = scored[best].validation - s.validation
        if not loss.mean() > standard_error(loss):
            break
    why = f"the best on the validation part ({means[taken]:.3f})"
    if taken != best:
        why = (
            f"{means[taken]:.3f} on the validation part, within a standard error of "
            f"the best there, {names[best]} ({means[best]:.3f}), which stands below it"
        )
    return Choice(
        scored,
        taken,
        best,
        max(alone, key=means.__getitem__),
        max(others, key=means.__getitem__) if others else None,
        True,
        train,
        tested,
        why,
    )


def standard_error(values: NDArray[np.float64]) -> float:
    """Standard error of a mean."""
    if values.size < 2:
        return float("nan")
    return float(values.std(ddof=1) / np.sqrt(values.size))
