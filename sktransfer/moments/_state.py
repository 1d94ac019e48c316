"""MomentState: sums over rows that can be merged, forgotten and stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike

from sktransfer._core.parameters import check_value, integer
from sktransfer.moments._centred_sums import CentredSums
from sktransfer.moments._deserialize import read_sums
from sktransfer.moments._merge import check_mergeable, join_shards
from sktransfer.moments._new_sums import empty_sums
from sktransfer.moments._raw_sums import RawSums
from sktransfer.moments._rows import check_rows
from sktransfer.moments.format import (
    StateFormatError,
    names_field,
    pack_state,
    text_field,
    unpack_state,
)
from sktransfer.moments.sums import can_hold

_KINDS: dict[str, type[MomentState]] = {}  # public classes of states, by name


@dataclass(frozen=True, eq=False)
class MomentState:
    r"""Moments of rows, from which estimators are fitted instead of the rows.

    States are immutable. States of disjoint rows merge to the state of all rows, in any
    order and grouping: chunks of a file, blocks of a cluster, parties that may not
    share rows. Begin with ``empty``.

    Parameters
    ----------
    sums : CentredSums, RawSums or ExactSums
        Weights and sums of the rows.
    fingerprint : str, default=""
        Fingerprint of the columns, see :func:`fingerprint`. States with different
        fingerprints are not merged.
    shards : frozenset of str, default=frozenset()
        Names of the shards whose rows are in the state. No shard is merged twice.

    See Also
    --------
    Moments : Mean and scatter matrix.
    ColumnMoments : Mean and variance of each column.
    GramMoments : Products about 0.
    PairMoments : Two blocks of columns of the same rows.
    """

    products_ndim: ClassVar[int] = 2  # 1: products of each column with itself alone
    _float_sums: ClassVar[type[CentredSums] | type[RawSums]] = CentredSums

    sums: Any
    fingerprint: str = ""
    shards: frozenset[str] = field(default_factory=frozenset)

    def __init_subclass__(cls) -> None:
        if not cls.__name__.startswith("_"):
            _KINDS[cls.__name__] = cls

    @classmethod
    def empty(
        cls,
        n_features: int,
        *,
        arithmetic: str = "float64",
        bound: float | None = None,
        bits: int = 20,
        row_norm: float | None = None,
        max_weight: int = 1,
        fingerprint: str = "",
    ) -> Self:
        """State of no rows, to which rows and other states can be added.

        Parameters
        ----------
        n_features : int
            Number of columns.
        arithmetic : {"float64", "exact"}, default="float64"
            "exact" rounds every value to a grid and adds integers: all chunks, orders
            and numbers of threads give the same bits, and `forget` is exact.
        bound : float, default=None
            For "exact": largest absolute value of an entry, the same in all states. It
            must be a public number, not one computed from the rows. None: ``row_norm``.
        bits : int, default=20
            For "exact": bits of a value, with its sign; from 2 to 24. The step of the
            grid is ``bound / 2 ** (bits - 1)``; 20 bits are enough for 33 million rows.
        row_norm : float, default=None
            For "exact": Euclidean length that rows are clipped to; entries are then
            clipped to ``bound``. It must be a public number; privacy needs it. For 0/1
            rows, it is the square root of the number of ones.
        max_weight : int, default=1
            For "exact" with ``row_norm``: largest `sample_weight` of a row.
        fingerprint : str, default=""
            Fingerprint of the columns.

        Returns
        -------
        state : MomentState
            Weight 0, mean 0, scatter 0.

        Raises
        ------
        ValueError
            If a parameter is out of range.
        """
        norms = None if row_norm is None else [(n_features, row_norm)]
        return cls._make_empty(
            n_features,
            norms,
            arithmetic=arithmetic,
            bound=bound,
            bits=bits,
            max_weight=max_weight,
            fingerprint=fingerprint,
        )

    @classmethod
    def _make_empty(
        cls,
        n_features: int,
        norms: list[tuple[int, float]] | None,
        *,
        arithmetic: str = "float64",
        bound: float | None = None,
        bits: int = 20,
        max_weight: int = 1,
        fingerprint: str = "",
        **more: Any,
    ) -> Self:
        check_value("n_features", n_features, integer(1))
        sums = empty_sums(
            int(n_features),
            cls.products_ndim,
            cls._float_sums,
            arithmetic=arithmetic,
            bound=bound,
            bits=bits,
            norms=norms,
            max_weight=max_weight,
        )
        return cls(sums, str(fingerprint), **more)

    def blank(self) -> Self:
        """State of no rows that merges with this one.

        Returns
        -------
        state : MomentState
            Of the same kind, columns and arithmetic.
        """
        return replace(self, sums=self.sums.blank(), shards=frozenset())

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.sums.n_features

    @property
    def n_rows(self) -> int:
        """Number of rows with a positive weight."""
        return self.sums.n_rows

    @property
    def weight(self) -> float:
        """Sum of the sample weights; the number of rows where none were given."""
        return self.sums.weight

    @property
    def arithmetic(self) -> str:
        """Either "float64" or "exact"."""
        return self.sums.arithmetic

    def update(
        self,
        X: Any,
        Y: Any = None,
        sample_weight: ArrayLike | None = None,
        *,
        shard: str | None = None,
    ) -> Self:
        """State of the rows so far and those of ``X``.

        Rows are read in blocks and cast to float64 before any product, so integers do
        not wrap and half precision does not overflow.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
            Rows. Never written to, never made dense as a whole.
        Y : array-like, default=None
            The other block of columns of the same rows, for `PairMoments`; their
            classes, for `ClassMoments`.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights; None means 1 each. A weight of 2 counts as two rows,
            a weight of 0 as none.
        shard : str, default=None
            Name of this chunk of rows. A second chunk of that name is refused.

        Returns
        -------
        state : MomentState
            A new state; this one stays as it is.

        Raises
        ------
        ValueError
            If the shape of ``X`` or of the weights does not fit, a weight is negative
            or not finite, or the shard has been seen.
        """
        X, *more = self._check_rows(X, Y, sample_weight)
        shards = self.shards
        if shard is not None:
            shards = join_shards(self.shards, frozenset([str(shard)]))
        if X.shape[0] == 0 and shards is self.shards:
            return self
        sums = self.sums if X.shape[0] == 0 else self.sums.update(X, *more)
        return replace(self, sums=sums, shards=shards)

    def merge(self, other: Self) -> Self:
        """State of the rows of both states.

        Parameters
        ----------
        other : MomentState
            A state of the same kind over the same columns, of other rows.

        Returns
        -------
        state : MomentState
            A new state; both inputs stay as they are.

        Raises
        ------
        ValueError
            If kinds, columns, arithmetic or fingerprints differ, or both hold a shard.
        """
        check_mergeable(self, other)
        shards = join_shards(self.shards, other.shards)
        return replace(self, sums=self.sums.merge(other.sums), shards=shards)

    def forget(
        self,
        X: Any,
        Y: Any = None,
        sample_weight: ArrayLike | None = None,
        *,
        shard: str | None = None,
    ) -> Self:
        """State without rows that it holds, such as those of a user who leaves.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
            Rows that are in the state.
        Y : array-like, default=None
            The other block of columns.
        sample_weight : array-like of shape (n_samples,), default=None
            The weights that they were given.
        shard : str, default=None
            Name of the shard, if the rows are all rows of one shard.

        Returns
        -------
        state : MomentState
            A new state: in exact arithmetic bit for bit that of the other rows, else up
            to rounding, which grows as less is left.

        Raises
        ------
        ValueError
            If there are more rows than the state holds, or no such shard.
        """
        return self.unmerge(self.blank().update(X, Y, sample_weight, shard=shard))

    def unmerge(self, other: Self) -> Self:
        """State without the rows of another state that was merged into it.

        Parameters
        ----------
        other : MomentState
            State of the rows to take off.

        Returns
        -------
        state : MomentState
            A new state.

        Raises
        ------
        ValueError
            If the states do not fit, or the sums show that this state does not hold
            all rows of the other.
        """
        check_mergeable(self, other)
        if not other.shards <= self.shards:
            raise ValueError(
                "Only shards that are in the state can be taken off; got "
                f"{sorted(other.shards - self.shards)}, which are not."
            )
        if not can_hold(self.sums, other.sums):
            raise ValueError(
                f"The state holds {self.n_rows} rows of total weight "
                f"{self.weight:.17g}; got {other.n_rows} rows of weight "
                f"{other.weight:.17g} to take off. Only rows that were added, with "
                "their weights, can be forgotten."
            )
        shards = self.shards - other.shards
        return replace(self, sums=self.sums.unmerge(other.sums), shards=shards)

    def _check_rows(self, X: Any, Y: Any, sample_weight: Any) -> tuple[Any, ...]:
        """Checked rows and the further arguments of ``sums.update``."""
        if Y is not None:
            raise ValueError(
                f"{type(self).__name__} has one block of columns; got Y as well. Use "
                "PairMoments, or give sample_weight by name."
            )
        return check_rows(X, sample_weight, self.n_features)

    def _describe_columns(self) -> str:
        return f"{self.n_features} columns"

    def to_bytes(self, *, key: bytes | None = None) -> bytes:
        """Write the state: a JSON header, raw numbers and a checksum, no pickle.

        Parameters
        ----------
        key : bytes, default=None
            Secret that writer and reader share. The checksum is then an HMAC, which
            nobody else can make. None: the checksum shows damage, but anybody can
            make it.

        Returns
        -------
        data : bytes
            Symmetric matrices are written as their lower triangle.
        """
        return pack_state(self.header(), list(self.sums.arrays().values()), key)

    @classmethod
    def from_bytes(
        cls, data: Any, *, max_features: int = 20_000, key: bytes | None = None
    ) -> Self:
        """Read a state, and check all of it.

        Parameters
        ----------
        data : bytes-like
            Bytes that :meth:`to_bytes` has written.
        max_features : int, default=20_000
            States with more columns are refused.
        key : bytes, default=None
            Secret that the state was written with.

        Returns
        -------
        state : MomentState
            A state of the class that was written: this class or a subclass.

        Raises
        ------
        StateFormatError
            If the bytes are damaged, were written with another key, or hold numbers
            that no rows can have given.
        """
        header, body = unpack_state(data, key)
        kind = cls.kind_named(text_field(header, "kind"))
        if kind is None or not issubclass(kind, cls):
            raise StateFormatError(
                f"{cls.__name__} was to be read; got {header['kind']!r:.99}."
            )
        sums = kind._sums_from_bytes(header, body, max_features)
        state = kind._from_header(header, sums)
        if set(header) != set(state.header()):
            raise StateFormatError(
                f"The fields of {kind.__name__} are {sorted(state.header())}; got "
                f"{sorted(header)!s:.999}."
            )
        return state

    def header(self) -> dict[str, Any]:
        """Kind, settings and counts, as `to_bytes` writes them before the sums.

        Returns
        -------
        header : dict
            Values that JSON can hold.
        """
        return self._header_fields()

    def _header_fields(self) -> dict[str, Any]:
        return {
            "kind": type(self).__name__,
            "arithmetic": self.arithmetic,
            "n_features": self.n_features,
            "n_rows": self.n_rows,
            "weight": self.weight,
            "fingerprint": self.fingerprint,
            "shards": sorted(self.shards),
            **self.sums.settings,
        }

    @staticmethod
    def kind_named(name: str) -> type[MomentState] | None:
        """Class of states by its name, as the header holds it.

        Parameters
        ----------
        name : str
            Such as "Moments".

        Returns
        -------
        kind : type or None
            Subclass of `MomentState`; None if there is no public one of that name.
        """
        return _KINDS.get(name)

    @classmethod
    def _sums_from_bytes(
        cls, header: dict[str, Any], body: memoryview, max_features: int
    ) -> Any:
        return read_sums(
            header,
            body,
            ndim=cls.products_ndim,
            raw=cls._float_sums is RawSums,
            max_features=max_features,
        )

    @classmethod
    def _from_header(cls, header: dict[str, Any], sums: Any, **more: Any) -> Self:
        if not more and len(getattr(sums, "blocks", None) or "1") > 1:
            raise StateFormatError(f"{cls.__name__} has one block of columns.")
        shards = frozenset(names_field(header, "shards"))
        return cls(sums, text_field(header, "fingerprint"), shards, **more)


def merge_all(states: Iterable[MomentState]) -> MomentState:
    """Merge states one after the other.

    Parameters
    ----------
    states : iterable of MomentState
        At least one.

    Returns
    -------
    state : MomentState
        Of all rows.
    """
    states = iter(states)
    try:
        total = next(states)
    except StopIteration:
        raise ValueError("merge_all needs a state at least; got none.") from None
    for state in states:
        total = total.merge(state)
    return total
