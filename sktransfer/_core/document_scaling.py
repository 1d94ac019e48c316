"""Documents of each domain are brought to one mean, and to one length."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# smaller domains are standardised by the statistics of their side
MIN_DOMAIN_ROWS = 50
# Standardised rows get this root mean square length. With it the default C = 1 of
# linear models is about right.
ROW_LENGTH = 2.0


class DocumentScaler:
    """Z-scores documents by their side, and by their domain where that is large.

    Where the features have no scale (None), documents are centred and not divided.
    """

    def __init__(self) -> None:
        # mean and divisor by side, and by domain
        self._statistics: dict[Any, tuple[NDArray[Any], NDArray[Any]]] = {}

    def add_side(
        self,
        side: str,
        Z: NDArray[Any],
        domains: NDArray[np.int64],
        used: NDArray[np.bool_],
        feature_scale: Any,
    ) -> None:
        """Learn the statistics of one side, and of its domains, from the rows used."""
        rows = Z if used.all() else Z[np.flatnonzero(used)]
        self._statistics[side] = _mean_and_divisor(rows, feature_scale)
        values, sizes = np.unique(domains[used], return_counts=True)
        if np.unique(domains).size > 1:
            for value in values[sizes >= MIN_DOMAIN_ROWS]:
                rows = np.flatnonzero(used & (domains == value))
                self._statistics[int(value)] = _mean_and_divisor(Z[rows], feature_scale)

    def statistics(self, side: str, domain: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Mean and divisor of the documents of a domain, or of its side."""
        return self._statistics.get(domain, self._statistics[side])

    def scale(
        self,
        Z: NDArray[Any],
        side: str,
        domains: NDArray[np.int64],
        empty: NDArray[np.bool_],
    ) -> NDArray[Any]:
        """Z-score documents, in place; those that hold nothing become 0."""
        own = [v for v in np.unique(domains).tolist() if v in self._statistics]
        for value in own:
            rows = np.flatnonzero(domains == value)
            mean, divisor = self._statistics[value]
            Z[rows] = (Z[rows] - mean) / divisor
        rest = np.flatnonzero(~np.isin(domains, own))
        mean, divisor = self._statistics[side]
        if rest.size == Z.shape[0]:
            Z -= mean
            Z /= divisor
        elif rest.size:
            Z[rest] = (Z[rest] - mean) / divisor
        Z[empty] = 0
        return Z


def used_source_rows(labelled: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Source rows whose statistics count: what is trained sees the labelled ones."""
    enough = labelled.sum() >= MIN_DOMAIN_ROWS
    return labelled if enough else np.ones(labelled.size, dtype=bool)


def _mean_and_divisor(
    Z: NDArray[np.floating], scale: Any
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean and divisor for a mean square length ``ROW_LENGTH**2`` of the rows."""
    mean = Z.mean(axis=0, dtype=np.float64)
    if scale is None:
        return mean.astype(Z.dtype), np.ones(Z.shape[1], dtype=Z.dtype)
    std = Z.std(axis=0, dtype=np.float64)
    constant = std <= 1e-6 * np.abs(Z).max(axis=0)
    divisor = np.where(constant, 1.0, std) * np.sqrt(Z.shape[1]) / (ROW_LENGTH * scale)
    return mean.astype(Z.dtype), divisor.astype(Z.dtype)
