"""DomainShiftDisplay: the features in which two domains differ most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import _num_samples

from sktransfer._core.domains import domain_masks, require_both_sides
from sktransfer._core.inputs import take_rows
from sktransfer._core.parameters import check_value, integer, one_of
from sktransfer.inspection._bars import horizontal_bars
from sktransfer.metrics import feature_shift

LABELS = {
    "mean": "target mean - source mean, in standard deviations",
    "ks": "Kolmogorov-Smirnov statistic",
    "frequency": "share of target rows - share of source rows",
}


def largest_shifts(
    X: Any,
    sample_domain: ArrayLike,
    *,
    feature_names: Sequence[str] | None = None,
    measure: str = "mean",
    max_features: int = 15,
) -> tuple[list[str], NDArray[np.float64]]:
    """Features that differ most between source and target, and their shifts."""
    check_value("measure", measure, one_of(*LABELS))
    check_value("max_features", max_features, integer(1))
    masks = domain_masks(sample_domain, _num_samples(X))
    require_both_sides(masks, "DomainShiftDisplay")
    source, target = masks
    if feature_names is None and hasattr(X, "columns"):
        feature_names = [str(c) for c in X.columns]
    shift = feature_shift(
        take_rows(X, np.flatnonzero(source)),
        take_rows(X, np.flatnonzero(target)),
        measure=measure,
    )
    if feature_names is None:
        feature_names = [f"x{j}" for j in range(shift.size)]
    if len(feature_names) != shift.size:
        raise ValueError(
            f"feature_names must name the {shift.size} columns of X; got "
            f"{len(feature_names)} names."
        )
    largest = np.argsort(-np.abs(shift), kind="stable")[:max_features]
    largest = largest[shift[largest] != 0]
    return [str(feature_names[j]) for j in largest], shift[largest]


class DomainShiftDisplay:
    """Bars of the features in which the target differs most from the source.

    Made by :meth:`from_data`, which draws it.

    Parameters
    ----------
    names : sequence of str
        The features, the largest difference first.
    shift : array-like of shape (n_features,)
        Their shifts.
    measure : {"mean", "ks", "frequency"}, default="mean"
        What a shift is.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the bars.
    figure_ : matplotlib Figure
        Figure that holds them.
    bars_ : matplotlib BarContainer
        The bars.

    See Also
    --------
    TransferGainDisplay : What methods gain.
    sktransfer.metrics.feature_shift : The numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.inspection import DomainShiftDisplay
    >>> X = np.array([[0, 5], [2, 6], [4, 5], [6, 6]])
    >>> display = DomainShiftDisplay.from_data(
    ...     X, sample_domain=[1, 1, -2, -2], feature_names=["price", "rating"])
    >>> display.names, display.shift
    (['price'], array([4.]))
    """

    def __init__(
        self, *, names: Sequence[str], shift: ArrayLike, measure: str = "mean"
    ) -> None:
        self.names = names
        self.shift = shift
        self.measure = measure

    @classmethod
    def from_data(
        cls,
        X: Any,
        *,
        sample_domain: ArrayLike,
        feature_names: Sequence[str] | None = None,
        measure: str = "mean",
        max_features: int = 15,
        ax: Any = None,
    ) -> DomainShiftDisplay:
        """Measure the shift of each feature, and draw the largest.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows of both sides.
        sample_domain : array-like of int of shape (n_samples,)
            Positive for source rows, negative for target rows.
        feature_names : sequence of str, default=None
            Names of the columns. None: those of a DataFrame, or "x0", "x1", ...
        measure : {"mean", "ks", "frequency"}, default="mean"
            "mean": difference of the means in standard deviations. "ks": the
            Kolmogorov-Smirnov statistic. "frequency": difference of the shares of
            rows in which the feature is not 0, for words and other counts.
        max_features : int, default=15
            At most so many bars.
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : DomainShiftDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If a side is empty, the number of names is not that of the columns, or a
            parameter is out of range.
        ImportError
            If matplotlib is not installed.
        """
        names, shift = largest_shifts(
            X,
            sample_domain,
            feature_names=feature_names,
            measure=measure,
            max_features=max_features,
        )
        display = cls(names=names, shift=shift, measure=measure)
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> DomainShiftDisplay:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : DomainShiftDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        check_value("measure", self.measure, one_of(*LABELS))
        shift = np.asarray(self.shift, dtype=float)
        finite = np.abs(shift[np.isfinite(shift)])
        # an infinite shift (a feature constant on both sides) is cut to the longest bar
        shown = np.clip(shift, *np.array([-1, 1]) * finite.max(initial=1.0))
        self.ax_, self.bars_ = horizontal_bars(
            ax,
            type(self).__name__,
            self.names,
            shown,
            LABELS[self.measure],
            color="tab:blue",
        )
        self.figure_ = self.ax_.figure
        return self
