"""Interactions of all markets, as candidates are fitted to them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.domains import check_sample_domain, domain_masks
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.logs.views import log_of_matrix
from sktransfer._core.sparse import canonical_csr, is_sparse
from sktransfer.recommend.auto._times import all_timed, times_of_rows
from sktransfer.recommend.collaborative._blend import MAX_DENSE
from sktransfer.recommend.markets._copies import rows_without_copies

MAX_CONTENT = 2 * MAX_DENSE**2  # compared items times all items


class TrainingData(NamedTuple):
    """Interactions of all markets, over all items or some of them.

    Attributes
    ----------
    X : CSR of shape (n_users of all markets, n_items)
        The target's rows are the last ones.
    sample_domain : ndarray of int64 of shape (n_users,)
        Market of each row.
    time : CSR of shape (n_target, n_items) or None
        Larger for later interactions of the target.
    source_time : CSR of shape (n_users - n_target, n_items) or None
        The same of the other markets; None where some are not known.
    item_features : {ndarray, CSR} of shape (n_items, n_content) or None
        Content of the items.
    """

    X: Any
    sample_domain: NDArray[np.int64]
    time: Any = None
    item_features: Any = None
    source_time: Any = None

    @property
    def target(self) -> Any:
        """Rows of the target."""
        return self.X[self.sample_domain < 0]

    def log(self, *, markets: bool) -> Interactions:
        """Interactions with times, of all markets or of the target.

        Those of other markets are equally new where their times are not known.
        """
        if not markets:
            own = self.sample_domain < 0
            return log_of_matrix(self.target, self.time, self.sample_domain[own])
        others = self.source_time
        if others is None:
            others = self.X[self.sample_domain > 0] != 0
        times = sparse.vstack([others, self.time], format="csr")
        return log_of_matrix(self.X, times, self.sample_domain)

    def columns(self, items: NDArray[np.int64]) -> TrainingData:
        """The same with some of the items."""
        if items.size == self.X.shape[1]:
            return self
        time, content, source_time = self.time, self.item_features, self.source_time
        return self._replace(
            X=self.X[:, items],
            time=None if time is None else time[:, items],
            source_time=None if source_time is None else source_time[:, items],
            item_features=None if content is None else content[items],
        )

    def without(self, held_out: Any) -> TrainingData:
        """The same without some interactions of the target."""
        sources = self.X[self.sample_domain > 0]
        left = sparse.csr_array(self.target - self.target.multiply(held_out != 0))
        left.eliminate_zeros()
        time = self.time
        if time is not None:
            time = sparse.csr_array(time.multiply(left != 0))
            time.eliminate_zeros()
        X = sparse.vstack([sources, left], format="csr")
        return self._replace(X=X, time=time)


def training_data(
    X: Any, sample_domain: ArrayLike | None, time: Any, item_features: Any
) -> TrainingData:
    """Interactions of all markets, those of the target last."""
    X = sparse.csr_array(X, copy=True)
    X.eliminate_zeros()
    domain = check_sample_domain(sample_domain, X.shape[0])
    target = domain_masks(domain, X.shape[0]).target
    if domain is None:
        domain = np.full(X.shape[0], -1)
    times = None if time is None else times_of_rows(X, time, target)
    keep = rows_without_copies(X, target)
    source_times = None
    if time is not None and all_timed(X, time, keep & ~target):
        source_times = times_of_rows(X, time, keep & ~target)
    X, domain, target = X[keep], domain[keep], target[keep]
    order = np.concatenate([np.flatnonzero(~target), np.flatnonzero(target)])
    content = _checked_content(item_features, X.shape[1])
    if not np.array_equal(order, np.arange(order.size)):
        X = X[order]
    return TrainingData(X, domain[order], times, content, source_times)


def _checked_content(content: Any, n_items: int) -> Any:
    if content is None:
        return None
    if is_sparse(content):
        content = sparse.csr_array(canonical_csr(content))
    else:
        content = np.asarray(content)
    if content.ndim != 2 or content.shape[0] != n_items:
        raise ValueError(
            f"item_features must have a row for each column of X, {n_items}; got shape "
            f"{content.shape}."
        )
    return content


def limit_content(
    data: TrainingData, n_compared: int
) -> tuple[TrainingData, list[str]]:
    """Leave out content that would need too large a matrix; and notes of the limits."""
    notes = []
    n_items = data.X.shape[1]
    if n_compared > MAX_DENSE:
        notes.append(
            "EASE and the models for niche and new items hold a matrix of items by "
            f"items; they are left out with {n_compared} items (at most "
            f"{MAX_DENSE})."
        )
    if data.time is None:
        notes.append(
            "The target has no times: sequences were not compared, and held-out "
            "interactions are drawn at random, not the latest."
        )
    if data.item_features is None or n_compared * n_items <= MAX_CONTENT:
        return data, notes
    notes.append(
        "The model with content holds a matrix of sold by all items; it is left "
        f"out with {n_compared} by {n_items}, and new items with it."
    )
    return data._replace(item_features=None), notes
