"""The rows that a strategy makes a model of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from sktransfer._core.inputs import take_rows
from sktransfer._core.parts import fit_estimator


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Rows of all domains, labelled or not, as a strategy gets them.

    Parameters
    ----------
    mapped : {array-like, sparse matrix} of n_samples rows
        Rows after the mapper; ``native`` itself where there is no mapper.
    native : array-like, sparse matrix or sequence of texts, of n_samples rows
        Rows as they were passed to ``fit``.
    labelled : ndarray of bool of shape (n_samples,)
        Rows whose label may be used.
    labels : ndarray of shape (n_labelled,)
        Labels, or numbers to predict, of the labelled rows.
    domain : ndarray of int64 of shape (n_samples,) or None, default=None
        Domain of each row, positive for source and negative for target. None: no
        domains, and no row belongs to the target.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weight of each row: those of the weighter, ``target_weight``,
        ``source_shares`` and ``sample_weight``, multiplied. None: all are equal.
    sample_weight : ndarray of shape (n_samples,) or None, default=None
        The part of the weights that was passed to ``fit``.
    classes : ndarray of shape (n_classes,) or None, default=None
        Sorted classes of the labels; None: the labels are numbers to predict.
    mapper : transformer or None, default=None
        The fitted mapper.

    See Also
    --------
    Strategy : Makes a model of them.
    """

    mapped: Any
    native: Any
    labelled: NDArray[np.bool_]
    labels: NDArray[Any]
    domain: NDArray[np.int64] | None = None
    weights: NDArray[np.floating] | None = None
    sample_weight: NDArray[np.floating] | None = None
    classes: NDArray[Any] | None = None
    mapper: Any = None

    @property
    def target(self) -> NDArray[np.bool_]:
        """Rows of the target; none of them where there are no domains."""
        if self.domain is None:
            return np.zeros(self.labelled.size, dtype=bool)
        return np.asarray(self.domain < 0)

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Rows whose ``sample_weight`` is not 0."""
        if self.sample_weight is None:
            return np.ones(self.labelled.size, dtype=bool)
        return np.asarray(self.sample_weight > 0)

    def part(self, mask: NDArray[np.bool_]) -> tuple[Any, NDArray[Any], Any]:
        """Get some of the labelled rows.

        Parameters
        ----------
        mask : ndarray of bool of shape (n_samples,)
            The rows to get; all of them must be labelled.

        Returns
        -------
        mapped : {array-like, sparse matrix} of n_selected rows
            The rows, mapped.
        labels : ndarray of shape (n_selected,)
            Their labels.
        weights : ndarray of shape (n_selected,) or None
            Their weights.
        """
        rows = np.flatnonzero(mask)
        weights = None if self.weights is None else self.weights[rows]
        return take_rows(self.mapped, rows), self.labels[mask[self.labelled]], weights

    def fit(self, estimator: Any, mask: NDArray[np.bool_] | None = None) -> Any:
        """Fit a clone of an estimator to labelled rows, with their weights.

        Parameters
        ----------
        estimator : estimator
            What to fit; it stays as it is.
        mask : ndarray of bool of shape (n_samples,), default=None
            The rows to fit to. None: all labelled rows.

        Returns
        -------
        model : estimator
            The fitted clone.

        Raises
        ------
        TypeError
            If there are weights and the estimator takes none.
        """
        parts = self.part(self.labelled if mask is None else mask)
        return fit_estimator(clone(estimator), *parts)

    def training_weights(self) -> NDArray[np.float64]:
        """Get the weight of each row in a training on all labelled rows.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            0 for rows without a label, and 1 for labelled rows without weights.
        """
        used = np.zeros(self.labelled.size)
        weights = self.weights
        used[self.labelled] = 1.0 if weights is None else weights[self.labelled]
        return used

    def without_target_labels(self) -> TrainingRows:
        """Hide the labels of target rows, if those of source rows have all classes.

        Returns
        -------
        rows : TrainingRows
            The same rows; ``self`` if there is nothing to hide, if the source has
            labels of fewer than two classes, or the target has classes that the source
            lacks.
        """
        if self.domain is None:
            return self
        target = self.domain[self.labelled] < 0
        known = np.unique(self.labels[~target])
        new = np.setdiff1d(self.labels[target], known)
        if not target.any() or known.size < 2 or new.size:
            return self
        return replace(
            self,
            labelled=self.labelled & (self.domain > 0),
            labels=self.labels[~target],
        )

    def require_target(self, strategy: str, *, labelled: bool = False) -> None:
        """Raise if there are domains, but no row of the target.

        Parameters
        ----------
        strategy : str
            Name of the strategy that needs them, for the message.
        labelled : bool, default=False
            Whether some of the target rows must be labelled.

        Raises
        ------
        ValueError
            If there are no target rows, or none of positive weight, or no labelled
            ones.
        """
        if self.domain is None:
            return
        if not self.target.any():
            raise ValueError(
                f"{strategy} needs target rows to learn from; got none (no negative "
                "entry in sample_domain). Add target rows, or use Pooling()."
            )
        if not (self.target & self.counted).any():
            raise ValueError(
                f"{strategy} needs target rows to learn from; all "
                f"{self.target.sum()} have weight 0. Pass other weights, or use "
                "Pooling()."
            )
        if labelled and not (self.target & self.labelled).any():
            raise ValueError(
                f"{strategy} learns from labelled target rows; got none. Pass "
                "target_labels='use' and the labels of some target rows, or use "
                "Pooling(), SelfTraining() or Distillation(), which need none."
            )
