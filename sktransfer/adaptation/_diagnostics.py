"""Warnings where mapping the domains onto each other is likely to hurt."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.utils.validation import _num_samples

from sktransfer._core.domains import DomainMasks
from sktransfer._core.labels import known_labels, label_array, missing_labels
from sktransfer._core.mixtures import mixing_shares
from sktransfer._core.sparse import dense

# Chosen on pairs of shops and of image sets: where both were passed, matching the
# moments of the domains gained nothing or lost.
EXPLAINED, CHANGE = 0.4, 0.25


class ClassShift(NamedTuple):
    """How far other shares of the classes account for another mean of the target.

    Parameters
    ----------
    explained : float
        Share of the squared distance of the domain means that goes away when the
        source classes are mixed in the best shares: between 0 and 1.
    change : float
        Total variation between those shares and the ones of the source, between 0
        and 1.
    classes : ndarray of shape (n_classes,)
        The classes.
    source_shares : ndarray of shape (n_classes,)
        Their shares of the labelled source rows.
    target_shares : ndarray of shape (n_classes,)
        The shares under which the source mean comes nearest to the target mean.
    """

    explained: float
    change: float
    classes: NDArray[Any]
    source_shares: NDArray[np.float64]
    target_shares: NDArray[np.float64]


def class_shift(X: Any, y: ArrayLike | None, masks: DomainMasks) -> ClassShift | None:
    """Compare the distance of the domain means with that of the classes."""
    if y is None or not masks.shifted:
        return None
    if np.ndim(y) == 2 and np.shape(y)[1] != 1:  # several outputs are no classes
        return None
    if _num_samples(y) != X.shape[0]:
        raise ValueError(
            f"y must have one label for each row of X; got {_num_samples(y)} labels "
            f"for {X.shape[0]} rows."
        )
    labels = label_array(y)[masks.source]
    known = ~missing_labels(labels)
    if not known.any():
        return None
    labels, rows = known_labels(labels, known), np.flatnonzero(masks.source)[known]
    if labels.dtype.kind == "f" and np.any(labels != np.rint(labels)):
        return None
    classes, codes = np.unique(labels, return_inverse=True)
    if not 2 <= classes.size <= 0.2 * rows.size:
        return None
    means = _class_means(X[rows], codes, classes.size)
    shares = np.bincount(codes) / codes.size
    target = _mean(X[np.flatnonzero(masks.target)])
    gap = np.sum((shares @ means - target) ** 2)
    if gap <= 1e-24 * np.sum(target**2):  # rounding
        return ClassShift(0.0, 0.0, classes, shares, shares)
    mixed = mixing_shares(means, target)
    left = np.sum((mixed @ means - target) ** 2)
    explained = float(np.clip(1 - left / gap, 0, 1))
    return ClassShift(
        explained, float(np.abs(mixed - shares).sum() / 2), classes, shares, mixed
    )


def warn_class_shift(name: str, shift: ClassShift | None, stacklevel: int = 2) -> None:
    """Warn where other shares of the classes account for the domain means."""
    if shift is None or shift.explained < EXPLAINED or shift.change < CHANGE:
        return
    warnings.warn(
        f"{name} brings the means of the domains together, but {shift.explained:.0%} "
        "of their distance goes away if the source classes are mixed in other shares "
        f"({shift.change:.0%} of the rows would change class): this looks like label "
        "shift, where mapped classes land on each other. Compare with the source "
        "alone; class_shift_ holds the shares.",
        UserWarning,
        stacklevel=stacklevel + 1,
    )


FEW_ROWS = (
    ", which is mostly noise. Lower n_components or add rows; they need no labels."
)


def warn_few_rows(
    name: str,
    what: str,
    n_needed: int,
    rows: dict[str, int],
    *,
    advice: str = FEW_ROWS,
    stacklevel: int = 2,
) -> None:
    """Warn where a side has no more rows than what is estimated from them."""
    few = [f"{n} {side}" for side, n in rows.items() if n <= n_needed]
    if few:
        warnings.warn(
            f"{name} estimates {what} from {' and '.join(few)}{advice}",
            UserWarning,
            stacklevel=stacklevel + 1,
        )


def _class_means(
    X: Any, codes: NDArray[np.intp], n_classes: int
) -> NDArray[np.float64]:
    weight = 1 / np.bincount(codes, minlength=n_classes)[codes]
    Y = sparse.csr_array(
        (weight, (codes, np.arange(codes.size))), shape=(n_classes, codes.size)
    )
    return dense(Y @ X)


def _mean(X: Any) -> NDArray[np.float64]:
    return np.asarray(X.mean(axis=0, dtype=np.float64)).ravel()
