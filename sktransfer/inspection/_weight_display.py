"""WeightDisplay: which source rows count, why, and the target rows nearest to them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.utils.validation import _num_samples

from sktransfer._core.domains import (
    check_sample_domain,
    domain_masks,
    require_both_sides,
)
from sktransfer._core.inputs import row_container, take_rows
from sktransfer._core.parameters import check_value, integer
from sktransfer._core.parts import last_step, map_rows
from sktransfer._core.parts.terms import numbers
from sktransfer._core.sparse import dense, is_sparse
from sktransfer.inspection._bars import horizontal_bars
from sktransfer.text.checks import is_text

_LONGEST = 40  # characters of a text that are drawn
_WIDEST = 70  # characters of a line of the title


class WeightDisplay:
    r"""Bars of the heaviest and the lightest source rows, with the nearest target rows.

    Made by :meth:`from_estimator`, which draws it. Its title says in which features
    the weights draw the source rows towards the target.

    Parameters
    ----------
    rows : array-like of int of shape (n_rows,)
        Source rows by their numbers, the heaviest first.
    weights : array-like of shape (n_rows,)
        Their weights, relative to the mean weight of a source row.
    nearest : array-like of int of shape (n_rows,)
        Number of the target row nearest to each.
    labels : sequence of str of length n_rows
        What is written at each bar.
    names : sequence of str of length n_features
        Features that weighting moves most, in the space that the weights are made in.
    shift : array-like of shape (n_features,)
        Weighted mean of the source rows less their mean, in standard deviations.
    effective_size : float
        Kish's effective number of source rows, :math:`(\sum w)^2 / \sum w^2`.

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
    DomainShiftDisplay : How the domains differ, without weights.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import KMMInstanceWeighter, TransferClassifier
    >>> from sktransfer.inspection import WeightDisplay
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 2))
    >>> X[100:, 1] += 1
    >>> y, d = X[:, 0] > 0, np.repeat([1, -2], 100)
    >>> model = TransferClassifier(weighter=KMMInstanceWeighter())
    >>> display = WeightDisplay.from_estimator(
    ...     model.fit(X, y, sample_domain=d), X, sample_domain=d)
    >>> display.names[0]
    'x1'
    """

    def __init__(
        self,
        *,
        rows: ArrayLike,
        weights: ArrayLike,
        nearest: ArrayLike,
        labels: Sequence[str],
        names: Sequence[str],
        shift: ArrayLike,
        effective_size: float,
    ) -> None:
        self.rows = rows
        self.weights = weights
        self.nearest = nearest
        self.labels = labels
        self.names = names
        self.shift = shift
        self.effective_size = effective_size

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        sample_domain: ArrayLike,
        n_rows: int = 5,
        n_features: int = 5,
        ax: Any = None,
    ) -> WeightDisplay:
        """Read the weights of a fitted estimator, and draw them.

        Parameters
        ----------
        estimator : estimator
            A fitted :class:`~sktransfer.TransferClassifier` or TransferRegressor with
            a weighter, an AutoTransferClassifier that took one, or a weighter.
        X : array-like, sparse matrix, data frame or sequence of texts
            The rows that it was fitted to, in their order.
        sample_domain : array-like of int of shape (n_samples,)
            Their domains.
        n_rows : int, default=5
            Number of heaviest rows, and of lightest.
        n_features : int, default=5
            Number of features.
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : WeightDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there is no weighter, it was fitted to another number of rows, or a side
            is empty.
        ImportError
            If matplotlib is not installed.
        """
        check_value("n_rows", n_rows, integer(1))
        check_value("n_features", n_features, integer(1))
        X = row_container(X)
        masks = domain_masks(sample_domain, _num_samples(X))
        require_both_sides(masks, cls.__name__)
        mapper, weights = _mapper_and_weights(estimator, _num_samples(X))
        mapped = map_rows(
            mapper, X, check_sample_domain(sample_domain, _num_samples(X))
        )
        names = _feature_names(mapper, X, mapped)
        Z = numbers(mapped)
        source, target = (np.flatnonzero(mask) for mask in masks)
        w = weights[source] / weights[source].mean()
        order = np.argsort(-w, kind="stable")
        shown = order
        if order.size > 2 * n_rows:
            shown = np.r_[order[:n_rows], order[-n_rows:]]
        rows = source[shown]
        nearest = target[pairwise_distances_argmin_min(Z[rows], Z[target])[0]]
        shift = _weighted_shift(Z[source], w)
        largest = np.argsort(-np.abs(shift), kind="stable")[:n_features]
        largest = largest[shift[largest] != 0]
        return cls(
            rows=rows,
            weights=w[shown],
            nearest=nearest,
            labels=[
                f"{_name(X, i)} \N{RIGHTWARDS ARROW} {_name(X, j)}"
                for i, j in zip(rows, nearest)
            ],
            names=[str(names[j]) for j in largest],
            shift=shift[largest],
            effective_size=float(w.sum() ** 2 / (w @ w)),
        ).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> WeightDisplay:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None: a new figure.

        Returns
        -------
        display : WeightDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        weights = np.asarray(self.weights, dtype=float)
        self.ax_, self.bars_ = horizontal_bars(
            ax,
            type(self).__name__,
            self.labels,
            weights,
            "weight of the source row, relative to the mean",
            color="tab:blue",
        )
        self.ax_.axvline(1, color="gray", linewidth=0.8, linestyle="--")
        moves = ", ".join(
            f"{name} {shift:+.2f}"
            for name, shift in zip(self.names, np.asarray(self.shift))
        )
        title = f"worth {self.effective_size:.0f} rows of equal weight; moves {moves}"
        self.ax_.set_title("\n".join(wrap(title, _WIDEST)), fontsize=9)
        self.figure_ = self.ax_.figure
        return self


def _mapper_and_weights(estimator: Any, n: int) -> tuple[Any, NDArray[np.float64]]:
    """The mapper before the weights, or None, and the weights of the rows of fit."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    mapper = getattr(estimator, "mapper_", None)
    weighter = last_step(getattr(estimator, "weighter_", estimator))
    weights = getattr(weighter, "weights_", None)
    if weights is None:
        raise ValueError(
            f"WeightDisplay takes a fitted weighter, or a model with one; got "
            f"{type(estimator).__name__} without. Pass "
            "TransferClassifier(weighter=KMMInstanceWeighter()), fitted."
        )
    weights = np.asarray(weights, dtype=np.float64)
    if weights.size != n:
        raise ValueError(
            f"X must be the {weights.size} rows that the weighter was fitted to, in "
            f"their order; got {n} rows."
        )
    return mapper, weights


def _weighted_shift(Z: Any, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted mean less mean of each column, in its standard deviations."""
    n = Z.shape[0]
    mean = np.asarray(Z.mean(axis=0)).ravel()
    square = Z.multiply(Z) if is_sparse(Z) else Z * Z
    std = np.sqrt(np.maximum(np.asarray(square.mean(axis=0)).ravel() - mean**2, 0))
    moved = np.asarray(Z.T @ weights).ravel() / n - mean
    varies = std > 1e-6 * np.abs(dense(abs(Z).max(axis=0))).ravel()
    return np.divide(moved, std, out=np.zeros_like(moved), where=varies)


def _feature_names(mapper: Any, X: Any, mapped: Any) -> Any:
    """Names of the columns that the weighter sees."""
    if hasattr(mapped, "columns"):
        return list(mapped.columns)
    if mapper is not None and hasattr(mapper, "get_feature_names_out"):
        return mapper.get_feature_names_out()
    return [f"x{j}" for j in range(mapped.shape[1])]


def _name(X: Any, row: int) -> str:
    """A text, cut short, or the number of a row."""
    if not is_text(X):
        return f"row {row}"
    text = str(np.ravel(np.asarray(take_rows(X, [row]), dtype=object))[0])
    return (
        text
        if len(text) <= _LONGEST
        else f"{text[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
    )
