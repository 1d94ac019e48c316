"""Groups of items that have many of their nearest items in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_DIMENSIONS = 24  # of the space in which items are grouped
_STEPS = 6  # along the neighbours of an item, to place it there
_ROUNDS = 4  # of marks: what they tell apart lies that far from an item
_LEAST_SHARE = 0.4  # of a part that is halved, in each half
_ROUNDING = 1e-5  # of a range, that is no gap


def similar_groups(
    terms: sparse.csr_array, marks: NDArray[np.uint64], size: int
) -> list[NDArray[np.intp]]:
    """Items with terms in groups of at most a size, halved at the widest gap.

    The order of the items does not matter, and items of the same mark stay together
    where they are not more than that.
    """
    H = _places(terms, marks)
    whole, groups = [np.flatnonzero(np.diff(terms.indptr))], []
    while whole and whole[-1].size:
        part = whole.pop()
        if part.size <= size:
            groups.append(np.sort(part))
            continue
        centred = H[part] - H[part].mean(axis=0)
        along = centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1]
        order = np.argsort(along, kind="stable")
        cut = _widest_gap(along[order])
        whole += [part[order[cut:]], part[order[:cut]]]
    return groups


def _widest_gap(values: NDArray[np.floating]) -> int:
    """Where to halve sorted values, near the middle and not among equal ones."""
    gaps = np.diff(values)
    gaps[gaps <= _ROUNDING * (values[-1] - values[0])] = 0
    least = max(1, int(_LEAST_SHARE * values.size))
    near_middle = gaps[least - 1 : values.size - least]
    if near_middle.any():
        return least + int(near_middle.argmax())
    cuts = 1 + np.flatnonzero(gaps)
    if cuts.size == 0:
        return values.size // 2
    return int(cuts[np.abs(2 * cuts - values.size).argmin()])


def item_marks(X: Any) -> NDArray[np.uint64]:
    """Numbers by who took an item: equal for equal columns, else most likely not.

    Who took what else is mixed into the marks of rows and items in turn. Neither the
    order of the rows or items, nor repeated rows, nor the values other than 0 matter.
    """
    taken = sparse.coo_array(X)
    there = taken.data != 0
    indices = taken.row[there], taken.col[there]
    rows = sparse.csr_array((there[there], indices), shape=X.shape)
    columns = rows.T.tocsr()
    marks = np.zeros(X.shape[1], dtype=np.uint64)
    of_rows = np.zeros(X.shape[0], dtype=np.uint64)
    filled_rows, filled = (np.flatnonzero(np.diff(A.indptr)) for A in (rows, columns))
    for _ in range(_ROUNDS if rows.nnz else 0):
        sums = np.add.reduceat(
            _scrambled(marks)[rows.indices], rows.indptr[filled_rows]
        )
        of_rows[filled_rows] = sums
        takers = _scrambled(of_rows)[columns.indices]
        for end in (np.minimum, np.maximum):  # which repeated rows do not move
            ends = end.reduceat(takers, columns.indptr[filled])
            marks[filled] = _scrambled(marks[filled]) + ends
    return marks


def signs_of(
    marks: NDArray[np.uint64], n_columns: int, seed: int = 0
) -> NDArray[np.float32]:
    """Random signs in a row for each mark, by the bits of as many numbers as needed."""
    bits, blocks = np.arange(64, dtype=np.uint64), range(0, n_columns, 64)
    own = [_scrambled(marks ^ np.uint64(seed + block)) for block in blocks]
    signs = [(number[:, None] >> bits & np.uint64(1)) != 0 for number in own]
    return np.where(np.hstack(signs)[:, :n_columns], np.float32(1), np.float32(-1))


def _scrambled(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers whose bits depend on all bits of x (the finalizer of SplitMix64)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _places(terms: sparse.csr_array, marks: NDArray[np.uint64]) -> NDArray[np.floating]:
    """Signs by marks averaged over neighbours, so that items lie near theirs."""
    n = terms.shape[0]
    ones = (np.ones(terms.nnz, np.float32), terms.indices, terms.indptr)
    one_way = sparse.csr_array(ones, shape=terms.shape)
    T: Any = sparse.csr_array(one_way + one_way.T)
    del one_way
    T = sparse.csr_array(T + sparse.eye_array(n, dtype=np.float32))
    degree = T.sum(axis=1)
    T.data *= np.repeat(degree**-0.5, np.diff(T.indptr))
    T.data *= (degree**-0.5)[T.indices]
    common = np.sqrt(degree / degree.sum(dtype=np.float64))[:, None].astype(np.float32)
    H: Any = signs_of(marks, min(n, _DIMENSIONS))
    for _ in range(_STEPS):
        H = T @ H
        H = np.linalg.qr(H - common * (common.T @ H))[0]
    H /= np.maximum(np.linalg.norm(H, axis=1, keepdims=True), 1e-30)
    return _means_of_equal(H, marks)


def _means_of_equal(
    H: NDArray[np.floating], marks: NDArray[np.uint64]
) -> NDArray[np.floating]:
    """Rows in whose place stands the mean of those with the same mark."""
    values, number, count = np.unique(marks, return_inverse=True, return_counts=True)
    n = marks.size
    member = sparse.csr_array(
        (np.ones(n, dtype=H.dtype), (number, np.arange(n))), shape=(values.size, n)
    )
    means = (member @ H) / count[:, None]
    return np.asarray(means, dtype=H.dtype)[number]
