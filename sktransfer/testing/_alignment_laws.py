"""Laws of alignments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from sktransfer.testing import _common_laws as common
from sktransfer.testing._case import Case, Rows, takes
from sktransfer.testing._checks import (
    Law,
    always,
    broken,
    generate_checks,
    require_close,
    require_error,
    run_checks,
)

BOTH_SIDES = "Let transform(X, y) return both sides in one space, rows in their order."


@dataclass(frozen=True)
class AlignmentCase(Case):
    """Pairs of rows, X of the source and y of the target."""

    answers: ClassVar[str] = "mapped pairs"

    def fit_model(self, model: Any, rows: Rows) -> Any:
        """The alignment itself, fitted to pairs."""
        return model.fit(rows.X, rows.y)

    def answer(self, model: Any, rows: Rows) -> Any:
        """Mapped rows of both sides, beside each other."""
        return np.hstack(self.sides(model, rows))

    def as_float32(self, rows: Rows) -> Rows:
        """Pairs of single precision on both sides."""
        return Rows(rows.X.astype(np.float32), rows.y.astype(np.float32), None)

    def sides(self, model: Any, rows: Rows) -> tuple[Any, Any]:
        """Mapped rows of each side."""
        mapped = model.transform(rows.X, rows.y)
        if not isinstance(mapped, tuple) or len(mapped) != 2:
            broken(f"{type(mapped).__name__} of transform(X, y)", BOTH_SIDES)
        X, Y = (np.asarray(Z) for Z in mapped)
        if not len(X) == len(Y) == rows.n_rows or X.shape[1:] != Y.shape[1:]:
            broken(f"shapes {X.shape} and {Y.shape} of transform(X, y)", BOTH_SIDES)
        return X, Y


def made_up_pairs() -> Rows:
    """Pairs that differ by a rotation and a little noise."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 5)) * [3, 2.5, 2, 1.5, 1]
    rotation = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    return Rows(X, X @ rotation + 0.05 * rng.normal(size=X.shape), None)


def takes_weights(alignment: Any, case: AlignmentCase) -> bool:
    """Condition: `fit` takes sample_weight."""
    return takes(alignment, "fit", "sample_weight")


def check_pairs_meet(alignment: Any, case: AlignmentCase) -> None:
    """Most rows come to lie next to their partner."""
    X, Y = case.sides(case.fit(alignment, case.rows), case.rows)
    if not (np.isfinite(X).all() and np.isfinite(Y).all()):
        broken("values that are not finite", BOTH_SIDES)
    distance = ((X[:, None] - Y[None]) ** 2).sum(axis=2)
    share = float((distance.argmin(axis=1) == np.arange(len(X))).mean())
    if share < 0.9:
        broken(
            f"the partner nearest for {share:.0%} of the rows",
            "Learn in fit a map under which row i of X and row i of y are alike.",
        )


def check_one_side(alignment: Any, case: AlignmentCase) -> None:
    """`transform` of the source alone gives what it gives with the target."""
    model = case.fit(alignment, case.rows)
    require_close(
        model.transform(case.rows.X),
        case.sides(model, case.rows)[0],
        1e-6,
        "source rows",
        "Let transform(X) return the first part of transform(X, y).",
    )


def check_sides_of_several_sizes(alignment: Any, case: AlignmentCase) -> None:
    """In `transform` the sides need not pair, and a row is mapped by itself."""
    model = case.fit(alignment, case.rows)
    X, Y = case.sides(model, case.rows)
    X_some, Y_some = model.transform(case.rows.X[:7], case.rows.y[10:13])
    for side, some, whole in (("source", X_some, X[:7]), ("target", Y_some, Y[10:13])):
        require_close(some, whole, 1e-6, f"{side} rows", BOTH_SIDES)


def check_n_features(alignment: Any, case: AlignmentCase) -> None:
    """Rows of either side with another number of features are refused."""
    model = case.fit(alignment, case.rows)
    X, Y = case.rows.X, case.rows.y
    for side, sides in (("source", (X[:, :-1], Y)), ("target", (X, Y[:, :-1]))):
        require_error(
            f"{side} rows with a feature too few",
            "features",
            "Raise a ValueError that says how many features fit has seen.",
            model.transform,
            *sides,
        )


def check_unequal_pairs(alignment: Any, case: AlignmentCase) -> None:
    """Sides of several lengths are refused by `fit`."""
    require_error(
        "59 target rows for 60 source rows",
        "",
        "Validate with sklearn.utils.check_consistent_length(X, y).",
        clone(alignment).fit,
        case.rows.X,
        case.rows.y[:-1],
    )


def check_sample_weight(alignment: Any, case: AlignmentCase) -> None:
    """A pair of weight 2 counts twice, one of weight 0 not at all."""
    rows = case.rows
    w = np.arange(rows.n_rows) % 3
    model = case.model(alignment).fit(rows.X, rows.y, sample_weight=w)
    repeated = case.fit(alignment, rows.take(np.repeat(np.arange(w.size), w)))
    require_close(
        case.answer(model, rows),
        case.answer(repeated, rows),
        case.tolerance,
        case.answers,
        "Weigh what each pair adds to the sums, and nothing else.",
    )


ALIGNMENT_LAWS = (
    Law(check_pairs_meet, always),
    Law(check_one_side, always),
    Law(check_sides_of_several_sizes, always),
    Law(check_n_features, always),
    Law(check_unequal_pairs, always),
    Law(check_sample_weight, takes_weights),
    common.ROW_ORDER,
    common.FLOAT32,
    common.INPUT_IS_KEPT,
    common.PARAMETERS,
    common.PICKLE,
    common.KEYS,
    common.REFIT,
)


def alignment_checks_generator(
    alignment: Any,
    *,
    tolerance: float = 1e-4,
    expected_failed_checks: Mapping[str, str] | None = None,
) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Yield the laws of alignments as checks.

    Parameters
    ----------
    alignment : estimator
        An unfitted alignment; each check fits copies of it.
    tolerance : float, default=1e-4
        Largest difference between two answers that should be equal, as a share of the
        largest answer.
    expected_failed_checks : mapping of str to str, default=None
        Names of checks that fail by design, and why. A check that passes nevertheless
        is an error.

    Yields
    ------
    alignment : estimator
        The alignment that was given.
    check : callable
        A function of the alignment that raises an AssertionError where the law is
        broken; its ``__name__`` is the name of the law.

    Raises
    ------
    ValueError
        If `expected_failed_checks` names no check.

    See Also
    --------
    check_alignment : Runs them all.

    Notes
    -----
    Weights are checked where ``fit`` takes `sample_weight`, and the order of rows
    unless the tag `non_deterministic` is set. Each open ``random_state`` is set to 0.

    Examples
    --------
    >>> from sktransfer import Procrustes
    >>> from sktransfer.testing import alignment_checks_generator
    >>> for alignment, check in alignment_checks_generator(Procrustes()):
    ...     check(alignment)
    """
    case = AlignmentCase(made_up_pairs(), tolerance)
    yield from generate_checks(alignment, ALIGNMENT_LAWS, case, expected_failed_checks)


def check_alignment(
    alignment: Any,
    *,
    tolerance: float = 1e-4,
    expected_failed_checks: Mapping[str, str] | None = None,
) -> None:
    """Check that an alignment keeps the laws of alignments.

    Parameters
    ----------
    alignment : estimator
        An unfitted alignment; each check fits copies of it.
    tolerance : float, default=1e-4
        Largest difference between two answers that should be equal, as a share of the
        largest answer.
    expected_failed_checks : mapping of str to str, default=None
        Names of checks that fail by design, and why. A check that passes nevertheless
        is an error.

    Raises
    ------
    AssertionError
        If a law is broken: for each such law its name, what was got and what to do.
    ValueError
        If `expected_failed_checks` names no check.

    See Also
    --------
    alignment_checks_generator : Yields the checks, and says when each applies.

    Examples
    --------
    >>> from sktransfer import Procrustes
    >>> from sktransfer.testing import check_alignment
    >>> check_alignment(Procrustes())
    """
    run_checks(
        alignment_checks_generator(
            alignment,
            tolerance=tolerance,
            expected_failed_checks=expected_failed_checks,
        )
    )
