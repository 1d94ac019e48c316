"""Which rows a transfer estimator may learn from, and their labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets

from sktransfer._core.labels import is_minus_one, known_labels, missing_labels


def check_given(y: Any, name: str, what: str = "labels") -> None:
    """Raise if an estimator of some name is given nothing to learn."""
    if y is None:
        raise ValueError(
            f"{name} requires y to be passed, but the target y is None. Give {what} "
            "for the source rows; target rows may hold NaN or None."
        )


def labelled_rows(
    y: NDArray[Any],
    sample_domain: NDArray[np.int64] | None,
    target_labels: str,
    *,
    minus_one: bool = True,
) -> NDArray[np.bool_]:
    """Rows whose label may be used, and is there."""
    source = np.ones(y.shape[0], bool) if sample_domain is None else sample_domain > 0
    labelled = np.zeros(y.shape[0], dtype=bool)
    labelled[source] = ~missing_labels(y[source])
    if sample_domain is None:
        return labelled
    if target_labels == "use":
        target = ~source
        known = ~missing_labels(y[target])
        if minus_one and not is_minus_one(y[labelled]).any():
            known &= ~is_minus_one(y[target])
        if not known.any():
            raise ValueError(
                f"target_labels='use', but none of the {target.sum()} target rows has "
                "a label (all are NaN, None or -1). Label some, or use "
                "target_labels='ignore'."
            )
        labelled[target] = known
    return labelled


def check_labelled(
    labelled: NDArray[np.bool_], sample_domain: NDArray[np.int64] | None
) -> None:
    """Raise unless there are labelled rows, and all are without domains."""
    if not labelled.any():
        raise ValueError(
            "there is no labelled row to learn from: all source rows are without a "
            "label, or there is no source row. Label source rows (positive entries of "
            "sample_domain), or pass target_labels='use' to learn from target rows."
        )
    if sample_domain is None and not labelled.all():
        raise ValueError(
            f"Input y contains NaN or None in {np.sum(~labelled)} rows. Without "
            "sample_domain every row must be labelled; pass sample_domain to tell "
            "source rows from unlabelled target rows."
        )


def checked_labels(
    y: NDArray[Any],
    labelled: NDArray[np.bool_],
    sample_domain: NDArray[np.int64] | None,
) -> NDArray[Any]:
    """Labels of the labelled rows, of two classes at least."""
    check_labelled(labelled, sample_domain)
    labels = known_labels(y, labelled)
    check_classification_targets(labels)
    classes = np.unique(labels)
    if classes.size < 2:
        raise ValueError(
            "a classifier needs at least two classes in the labelled rows; got one "
            f"class only: {classes.tolist()[0]!r}, in all {labels.size} of them. Add "
            "rows of another class, or use a stratified split."
        )
    return labels


def checked_ratings(
    y: NDArray[Any],
    labelled: NDArray[np.bool_],
    sample_domain: NDArray[np.int64] | None,
) -> NDArray[np.float64]:
    """What is to be predicted in the labelled rows, checked for use by a regressor."""
    check_labelled(labelled, sample_domain)
    ratings = known_labels(y, labelled)
    try:
        ratings = ratings.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            "a regressor needs numbers for y; got "
            f"{ratings.tolist()[0]!r} among the labelled rows. Use TransferClassifier "
            "for classes."
        ) from None
    if not np.isfinite(ratings).all():
        raise ValueError(
            f"Input y contains infinity in {np.sum(~np.isfinite(ratings))} of the "
            "labelled rows. Leave these rows out."
        )
    return ratings
