"""Which features of a row, and which features at all, speak for which class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import narwhals_object
from sktransfer._core.logs.reading import installed_library

BASE = "(base)"
SHOWN = 10  # features that are printed
_LONGEST = 40  # characters of a name that are printed


@dataclass(frozen=True, eq=False, repr=False)
class DecisionExplanation:
    """What each feature of a row adds to its decision; the sum of all is the decision.

    Printed, it shows the features that add most to the score of the class that is
    predicted, or take most from it.

    Parameters
    ----------
    features : ndarray of object of shape (n_features,)
        Words, n-grams or columns, the largest contribution to any class first.
    values : ndarray of object of shape (n_features,)
        Their values in the row: counts or tf-idf of words, or what the column holds.
    contributions : ndarray of float64 of shape (n_features, n_scores)
        What each adds to each score of ``decision_function``.
    base : ndarray of float64 of shape (n_scores,)
        The rest of each score, which is due to no single feature: intercepts,
        centring, and what rounding leaves.
    decision : ndarray of float64 of shape (n_scores,)
        The scores: contributions and base add up to them.
    classes : ndarray of shape (n_scores,)
        Class that each score speaks for; of two classes the second one.
    learned_from : list of list of str, of length n_features
        Source features that stand behind each feature of a target row, the nearest
        first; empty where none is known.
    views : list of str of length n_features
        Which part of a union made each feature, such as "words" or "characters".
    method : {"linear", "path", "leave_one_out"}
        How contributions were found, see :meth:`TransferClassifier.explain`.
    output : {"decision_function", "predict_proba"}
        Whose scores are explained.
    predicted : object
        The class that is predicted.
    backend : object, default=None
        Frame library of :meth:`to_frame`; None: one that is installed.

    See Also
    --------
    TransferClassifier.explain : Makes it.
    sktransfer.recommend.Explanation : The same of a recommendation.

    Examples
    --------
    >>> from sktransfer import TransferClassifier
    >>> X, y = [[0.0, 1.0], [2.0, 1.0]], ["cheap", "dear"]
    >>> explanation = TransferClassifier().fit(X, y).explain([[2.0, 1.0]])
    >>> explanation.features
    array(['x0', 'x1'], dtype=object)
    >>> total = explanation.contributions.sum(axis=0) + explanation.base
    >>> bool(total == explanation.decision)
    True
    """

    features: NDArray[Any]
    values: NDArray[Any]
    contributions: NDArray[np.float64]
    base: NDArray[np.float64]
    decision: NDArray[np.float64]
    classes: NDArray[Any]
    learned_from: list[list[str]]
    views: list[str]
    method: str
    output: str
    predicted: Any
    backend: Any = field(default=None)

    def to_frame(self) -> Any:
        """All contributions as a frame.

        Returns
        -------
        frame : data frame
            Columns "feature", "view" (where features are of several), "class",
            "contribution", "value" and "learned_from"; a row for each feature and
            class, and one named "(base)" for each class. Of the library that the row
            came in, else pandas, polars or pyarrow, whichever is installed.
        """
        n, k = self.contributions.shape
        features = [*self.features.tolist(), BASE]
        contributions = np.vstack([self.contributions, self.base])
        values = [*map(str, self.values.tolist()), ""]
        numbers = all(isinstance(v, int | float) for v in self.values.tolist())
        columns: dict[str, Any] = {
            "feature": features * k,
            "view": [*self.views, ""] * k,
            "class": np.repeat(self.classes, n + 1).tolist(),
            "contribution": contributions.T.ravel(),
            "value": [*map(float, self.values), np.nan] * k if numbers else values * k,
            "learned_from": [*map(", ".join, self.learned_from), ""] * k,
        }
        return _frame(columns, self.backend)

    def __repr__(self) -> str:
        score = 0
        if len(self.classes) > 1:
            score = int(np.flatnonzero(self.classes == self.predicted)[0])
        own = self.contributions[:, score]
        order = np.argsort(-np.abs(own), kind="stable")
        shown, rest = order[:SHOWN], order[SHOWN:]
        rows = [
            (own[i], self.values[i], self.features[i], self.views[i], j)
            for i, j in ((i, self.learned_from[i]) for i in shown)
        ]
        lines = _table(rows, "contribution")
        if rest.size:
            lines.append(f"{own[rest].sum():+12.4g}  {rest.size} other features")
        lines.append(f"{self.base[score]:+12.4g}  {BASE}")
        head = (
            f"predicted {self.predicted!r}: {self.output} "
            f"{self.decision[score]:+.4g} for {self.classes.tolist()[score]!r} "
            f"({self.method})"
        )
        return "\n".join([head, *lines])


@dataclass(frozen=True, eq=False, repr=False)
class TopFeatures:
    """Features that speak most for a class.

    Parameters
    ----------
    features : ndarray of object of shape (n_features,)
        Words, n-grams or columns, what speaks most for the class first.
    weights : ndarray of float64 of shape (n_features,)
        What one unit of each adds to the score of the class, above 0.
    learned_from : list of list of str, of length n_features
        Source features that stand behind each feature of the target.
    views : list of str of length n_features
        Which part of a union made each feature.
    label : object
        The class.
    side : {"source", "target"}
        Whose features they are.

    See Also
    --------
    TransferClassifier.top_features : Makes it.

    Examples
    --------
    >>> from sktransfer import TransferClassifier
    >>> X, y = [[0.0, 1.0], [2.0, 1.0]], ["cheap", "dear"]
    >>> TransferClassifier().fit(X, y).top_features("dear", 1).features
    array(['x0'], dtype=object)
    """

    features: NDArray[Any]
    weights: NDArray[np.float64]
    learned_from: list[list[str]]
    views: list[str]
    label: Any
    side: str

    def to_frame(self) -> Any:
        """The features as a frame.

        Returns
        -------
        frame : data frame
            Columns "feature", "view" (where features are of several), "weight" and
            "learned_from", of pandas, polars or pyarrow, whichever is installed.
        """
        columns = {
            "feature": self.features.tolist(),
            "view": self.views,
            "weight": self.weights,
            "learned_from": list(map(", ".join, self.learned_from)),
        }
        return _frame(columns, None)

    def __repr__(self) -> str:
        rows = list(
            zip(
                self.weights,
                [""] * len(self.views),
                self.features,
                self.views,
                self.learned_from,
            )
        )
        head = f"features of the {self.side} for {self.label!r}"
        return "\n".join([head, *_table(rows, "weight")])


def _table(rows: list[tuple[Any, Any, Any, Any, Any]], number: str) -> list[str]:
    """Lines of number, value, feature, view and source; empty columns left out."""
    cells = [
        (
            f"{amount:+12.4g}",
            f"{value:.4g}" if isinstance(value, int | float) else str(value)[:_LONGEST],
            repr(str(feature))[1:-1][:_LONGEST],
            view,
            "<- " + ", ".join(learned) if learned else "",
        )
        for amount, value, feature, view, learned in rows
    ]
    heads = (f"{number:>12}", "value", "feature", "view", "learned from")
    kept = [c for c in range(5) if c in (0, 2) or any(row[c] for row in cells)]
    table = [[row[c] for c in kept] for row in [heads, *cells]]
    widths = [max(map(len, column)) for column in zip(*table)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        for row in table
    ]


def _frame(columns: dict[str, Any], backend: Any) -> Any:
    """Columns as a native frame; views only where there are some."""
    if not any(columns["view"]):
        columns = {k: v for k, v in columns.items() if k != "view"}
    backend = backend or installed_library()
    series = [
        nw.new_series(name, list(values), backend=backend)
        for name, values in columns.items()
    ]
    return series[0].to_frame().with_columns(*series[1:]).to_native()


def frame_library(X: Any) -> Any:
    """Library of a frame; None for other containers."""
    native = narwhals_object(X)
    return native.implementation if isinstance(native, nw.DataFrame) else None
