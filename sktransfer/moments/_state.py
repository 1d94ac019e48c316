"""States of rows: what is held, of which feature space, from which shards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from numpy.typing import ArrayLike

from sktransfer._core.parameters import check_value, integer
from sktransfer.moments._new_sums import empty_sums
from sktransfer.moments._rows import check_rows
from sktransfer.moments.serialize import WrittenState
from sktransfer.moments.sums import can_hold


@dataclass(frozen=True, eq=False)
class MomentState(WrittenState):
    r"""What transfer methods read of rows instead of the rows; immutable.

    States of disjoint rows merge to the state of all rows, in any order and grouping:
    chunks of a file, blocks of a cluster, parties that may not share rows. A state
    begins with ``empty``.

    Parameters
    ----------
    sums : CentredSums, RawSums or ExactSums
        Weights and sums of the rows.
    fingerprint : str, default=""
        What the columns are, see :func:`fingerprint`: states of other columns are not
        merged.
    shards : frozenset of str, default=frozenset()
        Shards whose rows are in the state: none is merged twice.

    See Also
    --------
    Moments : Mean and scatter matrix.
    ColumnMoments : Mean and variance of each column.
    GramMoments : Products about 0.
    PairMoments : Two blocks of columns of the same rows.
    """

    sums: Any
    fingerprint: str = ""
    shards: frozenset[str] = field(default_factory=frozenset)

    def __init_subclass__(cls) -> None:
        if not cls.__name__.startswith("_"):
            cls._kinds[cls.__name__] = cls

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
        """State of no rows, the unit of ``merge``.

        Parameters
        ----------
        n_features : int
            Number of columns.
        arithmetic : {"float64", "exact"}, default="float64"
            "exact" rounds every value to a grid and adds integers: any chunks, any
            order and any number of threads give the same bits, and `forget` leaves no
            trace.
        bound : float, default=None
            Exact only: largest absolute value of an entry. A public number, not one
            taken from the rows; the same in all states.
        bits : int, default=20
            Exact only: bits of a value, with its sign; from 2 to 24. The grid is
            ``bound / 2 ** (bits - 1)``; 20 bits hold 33 million rows.
        row_norm : float, default=None
            Exact only: rows are clipped to this Euclidean length (for 0/1 rows the
            square root of the number of ones), and entries to ``bound``, which is the
            same by default. A public number; privacy needs it.
        max_weight : int, default=1
            Exact only: largest `sample_weight` of a row where ``row_norm`` is given.
        fingerprint : str, default=""
            What the columns are.

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
        return cls._begun(
            n_features,
            norms,
            arithmetic=arithmetic,
            bound=bound,
            bits=bits,
            max_weight=max_weight,
            fingerprint=fingerprint,
        )

    @classmethod
    def _begun(
        cls,
        n_features: int,
        norms: list[tuple[int, float]] | None,
        *,
        arithmetic: str = "float64",
        bound: float | None = None,
        bits: int = 20,
        max_weight: int = 1,
        fingerprint: str = "",
        **own: Any,
    ) -> Self:
        check_value("n_features", n_features, integer(1))
        sums = empty_sums(
            int(n_features),
            cls._ndim,
            cls._float_sums,
            arithmetic=arithmetic,
            bound=bound,
            bits=bits,
            norms=norms,
            max_weight=max_weight,
        )
        return cls(sums, str(fingerprint), **own)

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
        """State of the rows seen so far and those of ``X``.

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
            Name of the shard that the rows are, which then is refused a second time.

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
        X, *more = self._check(X, Y, sample_weight)
        shards = self.shards
        if shard is not None:
            shards = self._joined_shards(frozenset([str(shard)]))
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
        self._check_alike(other)
        shards = self._joined_shards(other.shards)
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
            Name of the shard that they were, as a whole.

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
            What is taken off.

        Returns
        -------
        state : MomentState
            A new state.

        Raises
        ------
        ValueError
            If the states do not fit, or the other one holds rows that this one
            cannot hold, as far as the sums show it.
        """
        self._check_alike(other)
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

    def _check(self, X: Any, Y: Any, sample_weight: Any) -> tuple[Any, ...]:
        """Checked rows, their weights, and what else the sums take."""
        if Y is not None:
            raise ValueError(
                f"{type(self).__name__} has one block of columns; got Y as well. Use "
                "PairMoments, or give sample_weight by name."
            )
        return check_rows(X, sample_weight, self.n_features)

    def _shape(self) -> str:
        return f"{self.n_features} columns"

    def _check_alike(self, other: Any) -> None:
        if type(other) is not type(self) or other._shape() != self._shape():
            got = type(other).__name__
            if isinstance(other, MomentState):
                got += f" of {other._shape()}"
            raise ValueError(
                f"{type(self).__name__} of {self._shape()} merges only with its like; "
                f"got {got}. Both states must be built over the same columns."
            )
        mine, others = (
            {"arithmetic": s.arithmetic, **s.sums.settings} for s in (self, other)
        )
        if mine != others:
            raise ValueError(
                f"States merge only in the same arithmetic; got {mine} and {others}."
            )
        if self.fingerprint != other.fingerprint:
            raise ValueError(
                "The columns of the states are not the same: their fingerprints are "
                f"{self.fingerprint!r} and {other.fingerprint!r}. Build both with one "
                "vocabulary and one feature map."
            )

    def _joined_shards(self, shards: frozenset[str]) -> frozenset[str]:
        twice = self.shards & shards
        if twice:
            raise ValueError(
                f"The state holds shard {sorted(twice)[0]!r} already, and rows must "
                "not count twice. Leave it out."
            )
        return self.shards | shards


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
