"""Source rows that are rows of the target: what is held out of these would be known.

A log of all markets that is passed as a source holds the users of the target, and all
of their interactions. On held-out interactions such a source seems to help.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import gammaln

from sktransfer._core.sparse import entry_rows

_MIN_LENGTH = 5  # shorter rows are no evidence
_MAX_HOLDERS = 10  # what more source rows hold is a bundle, not a user
_MIN_COPIES = 3
_MIN_SHARE = 0.02  # of the rows that are evidence; fewer copies hardly matter
_ALIKE = 3.0  # how much likelier users of one taste take an item than all users do
_CHANCE = np.log(0.01)  # of the expected number of source rows that hold a row
_BLOCK_PAIRS = 2_000_000
_MAX_PAIRS = 20_000_000

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


class Copies(NamedTuple):
    """Source rows that are copies of target rows, and how many of these have one."""

    rows: NDArray[np.bool_]  # of all rows
    share: float  # of the target rows that are evidence


def rows_without_copies(X: Any, target: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the rows to learn from; warn of copies of target rows, which are not."""
    copies = source_copies(X, target)
    if copies.share:
        warnings.warn(
            f"{copies.share:.0%} of the target rows occur in rows of source markets, "
            "where interactions that are held out of them would be known. The "
            f"{int(copies.rows.sum())} source rows that hold them are left out. Remove "
            "the users of the target from the sources.",
            UserWarning,
            stacklevel=5,
        )
    return ~copies.rows


def source_copies(X: Any, target: NDArray[np.bool_]) -> Copies:
    r"""Find source rows that hold all interactions of a target row.

    A source row of m interactions holds a row of k items by chance with a probability
    of about :math:`m! / (m - k)! \prod p_i`, p the shares of the items in the source.
    A target row is evidence where that is small, for all source rows together and for
    users of like taste, and where no other target row is equal, as those of a bundle
    are. If half of these rows are held, the others are taken to have a copy, too: a
    source row that equals them, or the shortest one that holds them.
    """
    rows = np.zeros(target.size, dtype=bool)
    A = sparse.csr_array(X, copy=True)
    A.eliminate_zeros()
    A.sort_indices()
    source = np.flatnonzero(~target)
    T, S = A[np.flatnonzero(target)], A[source]
    if not S.nnz or not T.nnz:
        return Copies(rows, 0.0)
    search = _Search(T, S)
    held, holders, share = search.certain_copies()
    if not share:
        return Copies(rows, 0.0)
    copies = np.zeros(source.size, dtype=bool)
    copies[holders] = True
    if share >= 0.5:
        rest = np.ones(T.shape[0], dtype=bool)
        rest[held] = False
        found = _equal_rows(T, S, rest, ~copies)
        for _, holders in (found, search.shortest_holders(rest, copies, found)):
            copies[holders] = True
    rows[source[copies]] = True
    return Copies(rows, share)


class _Search:
    """Search for the rows of S that hold all items of rows of T.

    A row is looked for among the rows that hold its rarest item, then those of them
    that hold the next one, and so on.
    """

    def __init__(self, T: Any, S: Any) -> None:
        row = entry_rows(T)
        _, kind, size = np.unique(
            _row_kinds(T), return_inverse=True, return_counts=True
        )
        self.alone = size[kind.ravel()] == 1
        self.count = np.bincount(S.indices, minlength=S.shape[1])
        self.items = T.indices[np.lexsort((self.count[T.indices], row))]
        self.start, self.length = T.indptr[:-1], np.diff(T.indptr)
        self.by_item = S.T.tocsr()
        self.width = np.int64(S.shape[1])
        self.keys = entry_rows(S) * self.width + S.indices
        self.holder_length = np.diff(S.indptr)
        with np.errstate(divide="ignore"):
            log_share = np.log(np.minimum(_ALIKE * self.count / S.nnz, 1))
        log_shares = np.bincount(row, log_share[T.indices], minlength=T.shape[0])
        self.log_shares = log_shares + np.log(S.shape[0])

    def chance(self, rows: Any, lengths: NDArray[Any]) -> NDArray[np.float64]:
        """Logarithm of the number of source rows, if of these lengths, that hold rows.

        An upper bound, for users of like taste.
        """
        more = lengths - self.length[rows]
        ways = gammaln(lengths + 1) - gammaln(np.maximum(more, 0) + 1)
        return self.log_shares[rows] + ways

    def certain_copies(self) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
        """Rows with the rows that hold them, but by chance; and the share of such."""
        long = np.flatnonzero(self.alone & (self.length >= _MIN_LENGTH))
        evidence = [
            self.chance(long, np.rint(factor * self.length[long])) < _CHANCE
            for factor in (1, 1.25, 1.5)
        ]
        asked = [long[there] for there in evidence]
        pairs: list[Pairs] = [(long[:0], long[:0])]
        n_asked = n_pairs = 0
        for block, t, s in self.holders(asked[0]):
            certain = self.chance(t, self.holder_length[s]) < _CHANCE
            certain &= np.bincount(t, minlength=self.length.size)[t] <= _MAX_HOLDERS
            pairs.append((t[certain], s[certain]))
            n_asked, n_pairs = n_asked + block.size, n_pairs + t.size
            n_found = sum(np.unique(part).size for part, _ in pairs)
            if n_pairs > _MAX_PAIRS and n_found < _MIN_SHARE * n_asked:
                break
        held, holders = (np.concatenate(part) for part in zip(*pairs))
        share = 0.0
        for part in asked:
            there = np.isin(held, part)
            # a user has one copy: who holds very many rows is none
            n = min(np.unique(held[there]).size, np.unique(holders[there]).size)
            if n >= _MIN_COPIES and n >= _MIN_SHARE * part.size:
                share = max(share, n / part.size)
        return held, holders, share

    def shortest_holders(
        self, rest: NDArray[np.bool_], taken: NDArray[np.bool_], equal: Pairs
    ) -> Pairs:
        """For each of the remaining rows the shortest row that holds it."""
        rest = rest & (self.length >= _MIN_LENGTH)
        rest[equal[0]] = False
        pairs: list[Pairs] = [(equal[0][:0], equal[1][:0])]
        n_pairs = 0
        for _, t, s in self.holders(np.flatnonzero(rest)):
            free = ~taken[s]
            t, s = t[free], s[free]
            order = np.lexsort((self.holder_length[s], t))
            _, first = np.unique(t[order], return_index=True)
            pairs.append((t[order][first], s[order][first]))
            n_pairs += t.size
            if n_pairs > _MAX_PAIRS:
                break
        held, holders = (np.concatenate(part) for part in zip(*pairs))
        return held, holders

    def holders(self, rows: NDArray[np.int64]) -> Iterator[tuple[Any, Any, Any]]:
        """Blocks of the rows, those with the rarest items first, and their pairs."""
        n_pairs = self.count[self.items[self.start[rows]]]
        order = np.argsort(n_pairs, kind="stable")
        rows, ends = rows[order], np.cumsum(n_pairs[order])
        begin = 0
        while begin < rows.size:
            before = ends[begin - 1] if begin else 0
            end = np.searchsorted(ends, before + _BLOCK_PAIRS, side="right")
            block = rows[begin : max(int(end), begin + 1)]
            begin += block.size
            yield block, *self._pairs(block)

    def _pairs(self, rows: NDArray[np.int64]) -> Pairs:
        rarest = self.items[self.start[rows]]
        t = np.repeat(rows, self.count[rarest])
        s = self.by_item[rarest].indices.astype(np.int64)
        place = 1
        while (unseen := np.flatnonzero(self.length[t] > place)).size:
            items = self.items[self.start[t[unseen]] + place]
            wanted = s[unseen] * self.width + items
            at = np.minimum(np.searchsorted(self.keys, wanted), self.keys.size - 1)
            keep = np.ones(t.size, dtype=bool)
            keep[unseen] = self.keys[at] == wanted
            t, s, place = t[keep], s[keep], place + 1
        return t, s


def _row_kinds(A: Any) -> NDArray[np.int64]:
    """A number for the set of items of each row."""
    marks = np.random.default_rng(0).integers(2**63, size=A.shape[1])
    kinds = np.zeros(A.shape[0], dtype=np.int64)
    np.add.at(kinds, entry_rows(A), marks[A.indices])  # wraps around
    return kinds


def _equal_rows(
    T: Any, S: Any, rest: NDArray[np.bool_], free: NDArray[np.bool_]
) -> Pairs:
    """Pair rows of T with free rows of S that equal them, each once."""
    second = np.random.default_rng(1).integers(2**63)
    places, kinds = [], []
    for A, may in ((T, rest), (S, free)):
        kind = _row_kinds(A)
        place = np.flatnonzero(may & (np.diff(A.indptr) > 0))
        place = place[np.argsort(kind[place], kind="stable")]
        kind = kind[place]
        number = np.arange(place.size) - np.searchsorted(kind, kind)
        places.append(place)
        kinds.append(kind + second * number)  # the second of a kind is another
    _, t, s = np.intersect1d(kinds[0], kinds[1], return_indices=True)
    return places[0][t], places[1][s]
