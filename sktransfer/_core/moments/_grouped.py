"""Sums of rows by class: one for each, written and merged together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.moments._sums import can_hold


@dataclass(frozen=True, eq=False)
class GroupedSums:
    """Sums of the rows of each class; immutable.

    Parameters
    ----------
    parts : tuple of CentredSums or ExactSums
        Sums of each class, in the order of the classes, all of one kind.
    """

    parts: tuple[Any, ...]

    @property
    def arithmetic(self) -> str:
        """Either "float64" or "exact"."""
        return self.parts[0].arithmetic

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.parts[0].n_features

    @property
    def settings(self) -> dict[str, Any]:
        """What two sums must share to be merged."""
        return self.parts[0].settings

    @property
    def n_rows(self) -> int:
        """Number of rows of all classes."""
        return sum(part.n_rows for part in self.parts)

    @property
    def weight(self) -> float:
        """Sum of the weights of all classes."""
        return sum(part.weight for part in self.parts)

    def blank(self) -> Self:
        """Sums of no rows, of the same classes.

        Returns
        -------
        sums : GroupedSums
            All 0.
        """
        return type(self)(tuple(part.blank() for part in self.parts))

    def update(
        self, X: Any, w: NDArray[np.float64] | None, codes: NDArray[np.int64]
    ) -> Self:
        """Add rows.

        Parameters
        ----------
        X : {ndarray, csr_array} of shape (n_samples, n_features)
            Checked rows.
        w : ndarray of float64 of shape (n_samples,) or None
            Positive weights.
        codes : ndarray of int of shape (n_samples,)
            Class of each row, by its place.

        Returns
        -------
        sums : GroupedSums
            New sums.
        """
        parts = list(self.parts)
        for code in np.unique(codes).tolist():
            rows = np.flatnonzero(codes == code)
            parts[code] = parts[code].update(X[rows], None if w is None else w[rows])
        return type(self)(tuple(parts))

    def merge(self, other: Self) -> Self:
        """Add the rows of other sums.

        Parameters
        ----------
        other : GroupedSums
            Of the same classes.

        Returns
        -------
        sums : GroupedSums
            New sums.
        """
        pairs = zip(self.parts, other.parts, strict=True)
        return type(self)(tuple(mine.merge(more) for mine, more in pairs))

    def unmerge(self, other: Self) -> Self:
        """Take the rows of other sums off again.

        Parameters
        ----------
        other : GroupedSums
            Sums of rows that are among those of this one.

        Returns
        -------
        sums : GroupedSums
            New sums.

        Raises
        ------
        ValueError
            If a class has not so many rows.
        """
        parts = []
        for mine, gone in zip(self.parts, other.parts, strict=True):
            if not can_hold(mine, gone):
                raise ValueError(
                    f"A class holds {mine.n_rows} rows of total weight "
                    f"{mine.weight:.17g}; got {gone.n_rows} of weight "
                    f"{gone.weight:.17g} to take off. Only rows that were added, with "
                    "their classes and weights, can be forgotten."
                )
            parts.append(mine.unmerge(gone))
        return type(self)(tuple(parts))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays that are stored.

        Returns
        -------
        arrays : dict of str to ndarray
            By place of the class and name of the field.
        """
        return {
            f"{name}_{place}": array
            for place, part in enumerate(self.parts)
            for name, array in part.arrays().items()
        }
