"""Splitters that keep every source row in training and test on target rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _num_samples

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.inputs import one_column
from sktransfer._core.labels import known_labels, missing_labels
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.parameters import check_value, integer, number
from sktransfer._core.sparse import is_sparse


class _SplitRows(NamedTuple):
    source: NDArray[np.intp]  # rows that are in every training fold
    target: NDArray[np.intp]  # rows to split; those of one stratum are adjacent


def _strata(y: Any, n_samples: int) -> NDArray[np.intp]:
    """Class of each row as an integer; all zero where ``y`` is no class."""
    are_interactions = is_sparse(y) or isinstance(y, Interactions)
    if y is None or are_interactions:
        return np.zeros(n_samples, dtype=np.intp)
    y = one_column(y, "y")
    if y.ndim != 1:
        return np.zeros(n_samples, dtype=np.intp)
    if y.shape[0] != n_samples:
        raise ValueError(
            f"y must have one label for each of the {n_samples} rows of X; got "
            f"{y.shape[0]} labels."
        )
    missing = missing_labels(y)
    known = known_labels(y, ~missing)
    if known.dtype.kind == "f" and np.any(known != np.rint(known)):
        return np.zeros(n_samples, dtype=np.intp)
    if known.dtype.kind == "O":
        known = np.array([str(v) for v in known])
    codes = np.unique(known, return_inverse=True)[1].reshape(-1)
    before = known.dtype.kind == "U"  # missing ones are a stratum before texts
    strata = np.full(n_samples, -1 if before else codes.max(initial=-1) + 1)
    strata[~missing] = codes
    return strata


def _rows_to_split(
    X: Any, y: Any, groups: Any, rng: np.random.RandomState | None
) -> _SplitRows:
    n = _num_samples(X)
    d = check_sample_domain(groups, n)
    strata = _strata(y, n)
    if d is None:
        d = np.full(n, -1, dtype=np.int64)
    target = np.flatnonzero(d < 0)
    if rng is not None:
        target = rng.permutation(target)
    order = np.lexsort((strata[target], d[target]))
    return _SplitRows(np.flatnonzero(d > 0), target[order])


def _check_target_rows(splitter: Any, n_target: int, least: int) -> None:
    if n_target < least:
        raise ValueError(
            f"{splitter} needs at least {least} target rows; got {n_target} (negative "
            "entries of sample_domain). Pass sample_domain as groups=..., or, with "
            "metadata routing, as sample_domain=...; or ask for fewer splits."
        )


class _TargetSplitter(BaseCrossValidator):
    """Base of both splitters: ``groups`` is the domain of each row."""

    n_splits: int

    __metadata_request__split = {"groups": "sample_domain"}  # noqa: RUF012

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X, y, groups : object, default=None
            Ignored; present for API consistency.

        Returns
        -------
        n_splits : int
            Number of (train, test) pairs.
        """
        return self.n_splits

    def _iter_folds(self, X: Any, y: Any, groups: Any) -> Iterator[tuple[Any, ...]]:
        """Yield source rows, and target rows of the training and of the test fold."""
        raise NotImplementedError

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield the rows of each training and test fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows; only their number is used, and the markets of Interactions.
        y : array-like of shape (n_samples,), default=None
            If these are classes, the target rows are stratified by them. Missing labels
            (NaN, None or masked) are a stratum of their own.
        groups : array-like of shape (n_samples,), default=None
            ``sample_domain``: positive = source, negative = target. None: that of
            Interactions; else all rows are target rows, with a warning. With metadata
            routing, pass it as ``sample_domain``. The estimator gets no domains from
            here: without routing pass them to it as well, ``search.fit(X, y, groups=d,
            sample_domain=d)``; Interactions have their own. An estimator without them
            takes all rows of a training fold for labelled source rows.

        Yields
        ------
        train : ndarray of int
            All source rows and the target rows of the training fold, ascending.
        test : ndarray of int
            Target rows only, ascending.
        """
        if groups is None and isinstance(X, Interactions):
            groups = X.sample_domain
        if groups is None:
            warnings.warn(
                "groups is None, so every row is tested, source rows too. Pass "
                "groups=sample_domain (with metadata routing, sample_domain=...). "
                "Where there are no domains, use StratifiedKFold or the like.",
                UserWarning,
                stacklevel=2,
            )
        for source, train, test in self._iter_folds(X, y, groups):
            yield np.sort(np.concatenate([source, train])), np.sort(test)


class TargetKFold(_TargetSplitter):
    """K folds over the target rows; every source row is in every training fold.

    The score of a cross-validation is then the score on the target domain, and a search
    selects parameters for the target. Target rows are stratified by domain and, if
    ``y`` holds classes, by class: the folds differ by at most one row of each class. A
    class with fewer rows than folds is no error.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether to shuffle the target rows first. If not, neighbouring rows of one class
        go to different folds.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffle.

    See Also
    --------
    TargetShuffleSplit : Random splits, with a chosen number of target rows in training.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.model_selection import TargetKFold
    >>> sample_domain = np.array([1, 1, -2, -2, -2, -2])
    >>> for train, test in TargetKFold(2).split(np.zeros(6), groups=sample_domain):
    ...     print(train, test)
    [0 1 3 5] [2 4]
    [0 1 2 4] [3 5]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        shuffle: bool = False,
        random_state: Any = None,
    ) -> None:
        check_value("n_splits", n_splits, integer(2))
        if not shuffle and random_state is not None:
            raise ValueError(
                f"random_state={random_state!r} has no effect with shuffle=False. "
                "Pass shuffle=True or leave random_state out."
            )
        self.n_splits = int(n_splits)
        self.shuffle = shuffle
        self.random_state = random_state

    def _iter_folds(self, X: Any, y: Any, groups: Any) -> Iterator[tuple[Any, ...]]:
        rng = check_random_state(self.random_state) if self.shuffle else None
        source, target = _rows_to_split(X, y, groups, rng)
        _check_target_rows(self, target.size, self.n_splits)
        fold = np.arange(target.size) % self.n_splits
        for k in range(self.n_splits):
            yield source, target[fold != k], target[fold == k]


class TargetShuffleSplit(_TargetSplitter):
    """Random splits of the target rows; every source row is in training.

    With ``train_size``, only that many target rows are trained on besides the source
    rows. This shows how much 50 or 200 target labels are worth.

    Parameters
    ----------
    n_splits : int, default=10
        Number of splits.
    test_size : float or int, default=0.2
        Share, or number, of the target rows in the test fold.
    train_size : float, int or None, default=None
        Share, or number, of the target rows in the training fold. None: all that are
        not in the test fold. 0: only source rows are trained on.
    random_state : int, RandomState instance or None, default=None
        Seed of the splits.

    See Also
    --------
    TargetKFold : Folds that test every target row once.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.model_selection import TargetShuffleSplit
    >>> sample_domain = np.repeat([1, -2], [3, 10])
    >>> splitter = TargetShuffleSplit(1, test_size=4, train_size=2, random_state=0)
    >>> train, test = next(splitter.split(np.zeros(13), groups=sample_domain))
    >>> len(train), len(test)
    (5, 4)
    """

    def __init__(
        self,
        n_splits: int = 10,
        *,
        test_size: float | int = 0.2,
        train_size: float | int | None = None,
        random_state: Any = None,
    ) -> None:
        check_value("n_splits", n_splits, integer(1))
        self.n_splits = int(n_splits)
        self.test_size = test_size
        self.train_size = train_size
        self.random_state = random_state

    def _iter_folds(self, X: Any, y: Any, groups: Any) -> Iterator[tuple[Any, ...]]:
        check_value("test_size", self.test_size, integer(1), number(0, 1))
        check_value("train_size", self.train_size, integer(0), number(0, 1), None)
        rng = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            source, target = _rows_to_split(X, y, groups, rng)
            n = target.size
            _check_target_rows(self, n, 2)
            n_test = _n_rows(self.test_size, n, "test_size", least=1)
            n_train = n - n_test
            if self.train_size is not None:
                n_train = _n_rows(self.train_size, n, "train_size", least=0)
            if n_test + n_train > n:
                raise ValueError(
                    f"test_size={self.test_size!r} and train_size={self.train_size!r} "
                    f"ask for {n_test + n_train} of {n} target rows. Lower one of them."
                )
            test = _evenly_spread(n, n_test, rng)
            rest = np.setdiff1d(np.arange(n), test, assume_unique=True)
            train = rest[_evenly_spread(rest.size, n_train, rng)]
            yield source, target[train], target[test]


def _n_rows(size: float | int, n: int, name: str, *, least: int) -> int:
    """Number of rows that ``size`` asks for."""
    count = int(size)
    if not isinstance(size, Integral):
        count = max(round(float(size) * n), least)
    if not least <= count <= n:
        raise ValueError(
            f"{name} must be a share in [0, 1] or a number of target rows in "
            f"[{least}, {n}]; got {size!r}."
        )
    return count


def _evenly_spread(n: int, size: int, rng: np.random.RandomState) -> NDArray[np.intp]:
    """Choose ``size`` of ``n`` positions, evenly spread from a random start.

    Rows of one stratum are adjacent, so each stratum gets its share, up to one row.
    """
    if size == 0:
        return np.zeros(0, dtype=np.intp)
    return np.floor((np.arange(size) + rng.uniform()) * (n / size)).astype(np.intp)
