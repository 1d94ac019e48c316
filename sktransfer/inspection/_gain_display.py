"""TransferGainDisplay: the gain of each method over a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_consistent_length

from sktransfer._core.labels import complete_labels
from sktransfer.inspection._bars import horizontal_bars
from sktransfer.metrics import paired_gain


def gains_over(
    right: Mapping[str, ArrayLike], baseline: str, *, confidence: float = 0.95
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Gain of each method over the baseline."""
    names = [name for name in right if name != baseline]
    found = [
        paired_gain(right[name], right[baseline], confidence=confidence)
        for name in names
    ]
    gains, half_widths = np.array(found).reshape(-1, 2).T
    return names, gains, half_widths


class TransferGainDisplay:
    """Bars of the accuracy that methods gain over a baseline.

    Made by :meth:`from_predictions` or :meth:`from_estimators`; both draw it.

    Parameters
    ----------
    names : sequence of str
        The methods.
    gains : array-like of shape (n_methods,)
        Accuracy of each method less that of the baseline, between -1 and 1.
    half_widths : array-like of shape (n_methods,)
        Half widths of the confidence intervals of the gains.
    baseline : str
        Name of the baseline.
    baseline_score : float
        Its accuracy.

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
    DomainShiftDisplay : How far the domains are apart.
    TransferReport : Both, and the decision, on one page.

    Examples
    --------
    >>> from sktransfer.inspection import TransferGainDisplay
    >>> predictions = {"source only": [0, 0, 1, 1], "adapted": [0, 1, 1, 1]}
    >>> display = TransferGainDisplay.from_predictions([0, 1, 1, 1], predictions)
    >>> display.names, display.gains
    (['adapted'], array([0.25]))
    """

    def __init__(
        self,
        *,
        names: Any,
        gains: ArrayLike,
        half_widths: ArrayLike,
        baseline: str,
        baseline_score: float,
    ) -> None:
        self.names = names
        self.gains = gains
        self.half_widths = half_widths
        self.baseline = baseline
        self.baseline_score = baseline_score

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        predictions: Mapping[str, ArrayLike],
        *,
        baseline: str = "source only",
        confidence: float = 0.95,
        ax: Any = None,
    ) -> TransferGainDisplay:
        """Compare what methods predict for the same labelled target rows.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            Labels.
        predictions : mapping of str to array-like of shape (n_samples,)
            Predicted labels of each method, the baseline among them.
        baseline : str, default="source only"
            Key of the baseline.
        confidence : float, default=0.95
            Coverage of the intervals.
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : TransferGainDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the baseline is missing, or there is no other method, or the numbers of
            rows differ.
        ImportError
            If matplotlib is not installed.
        """
        if baseline not in predictions or len(predictions) < 2:
            raise ValueError(
                f"predictions must hold the baseline {baseline!r} and at least one "
                f"other method; got {sorted(predictions)}. Name the baseline by "
                "baseline=."
            )
        y = complete_labels(y_true, "y_true")
        right = {}
        for name, predicted in predictions.items():
            check_consistent_length(y, predicted)
            right[name] = complete_labels(predicted, name) == y
        names, gains, half_widths = gains_over(right, baseline, confidence=confidence)
        display = cls(
            names=names,
            gains=gains,
            half_widths=half_widths,
            baseline=baseline,
            baseline_score=float(right[baseline].mean()),
        )
        return display.plot(ax=ax)

    @classmethod
    def from_estimators(
        cls,
        estimators: Mapping[str, Any],
        X: Any,
        y: ArrayLike,
        *,
        baseline: str = "source only",
        confidence: float = 0.95,
        ax: Any = None,
    ) -> TransferGainDisplay:
        """Let fitted classifiers predict target rows, and compare them.

        Parameters
        ----------
        estimators : mapping of str to fitted classifier
            The methods, the baseline among them.
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Target rows.
        y : array-like of shape (n_samples,)
            Their labels.
        baseline : str, default="source only"
            Key of the baseline.
        confidence : float, default=0.95
            Coverage of the intervals.
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : TransferGainDisplay
            The display, drawn.
        """
        return cls.from_predictions(
            y,
            {name: estimator.predict(X) for name, estimator in estimators.items()},
            baseline=baseline,
            confidence=confidence,
            ax=ax,
        )

    def plot(self, *, ax: Any = None) -> TransferGainDisplay:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : TransferGainDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        gains = np.asarray(self.gains, dtype=float)
        self.ax_, self.bars_ = horizontal_bars(
            ax,
            type(self).__name__,
            self.names,
            gains,
            f"gain in accuracy over {self.baseline} ({self.baseline_score:.3f})",
            xerr=self.half_widths,
            color=["tab:green" if g >= 0 else "tab:red" for g in gains],
            capsize=3,
        )
        self.figure_ = self.ax_.figure
        return self
