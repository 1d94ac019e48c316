"""Feature augmentation: each domain gets its own copy of every feature."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import check_array

# what can be copied: numbers, dense or sparse
NUMBERS: dict[str, Any] = {
    "accept_sparse": "csr",
    "dtype": (np.float64, np.float32),
}


def domain_copies(
    X: Any, sample_domain: NDArray[np.int64] | None, sources: NDArray[np.int64]
) -> Any:
    r"""Append copies of the features that only rows of one domain have.

    .. math:: \phi(x) = (x, 0, \ldots, x, \ldots, 0)

    with the second x in the place of the row's domain. Inner products of rows of one
    domain double, those across domains stay as they are: what domains share is learnt
    by the common copy, what sets one apart by its own [1]_.
    """
    X = check_array(X, **NUMBERS)
    if len(sources) == 0:
        return X
    n, d = X.shape
    if sample_domain is None:
        place = np.full(n, len(sources) + 1)
    else:
        place = np.zeros(n, dtype=np.intp)
        for k, domain in enumerate(sources):
            place[sample_domain == domain] = k + 1
        place[sample_domain < 0] = len(sources) + 1
    if not sparse.issparse(X):
        copies = np.zeros((n, len(sources) + 2, d), dtype=X.dtype)
        copies[:, 0] = X
        copies[np.arange(n), place] = X
        return copies.reshape(n, -1)
    width = d * (len(sources) + 2)
    own = np.flatnonzero(place)
    selected = sparse.coo_array(X[own])
    common = sparse.coo_array(X)
    rows = np.concatenate([common.coords[0], own[selected.coords[0]]])
    shift = place[own].astype(np.int64)[selected.coords[0]] * d
    columns = np.concatenate([common.coords[1], selected.coords[1] + shift])
    data = np.concatenate([common.data, selected.data])
    kind = sparse.csr_array if isinstance(X, sparse.sparray) else sparse.csr_matrix
    return kind((data, (rows, columns)), shape=(n, width))
