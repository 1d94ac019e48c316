"""ClassMoments: mean and scatter of each class."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.parameters import check_value, integer
from sktransfer.moments._deserialize import read_sums
from sktransfer.moments._kinds import Moments
from sktransfer.moments._rows import check_rows
from sktransfer.moments._state import MomentState
from sktransfer.moments.format import StateFormatError, integer_field
from sktransfer.moments.sums import can_hold


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
        """Sums of no rows, of the same classes."""
        return type(self)(tuple(part.blank() for part in self.parts))

    def update(
        self, X: Any, w: NDArray[np.float64] | None, codes: NDArray[np.int64]
    ) -> Self:
        """Add rows."""
        parts = list(self.parts)
        for code in np.unique(codes).tolist():
            rows = np.flatnonzero(codes == code)
            parts[code] = parts[code].update(X[rows], None if w is None else w[rows])
        return type(self)(tuple(parts))

    def merge(self, other: Self) -> Self:
        """Add the rows of other sums."""
        pairs = zip(self.parts, other.parts, strict=True)
        return type(self)(tuple(mine.merge(more) for mine, more in pairs))

    def unmerge(self, other: Self) -> Self:
        """Take the rows of other sums off again."""
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
        """Arrays that are stored."""
        return {
            f"{name}_{place}": array
            for place, part in enumerate(self.parts)
            for name, array in part.arrays().items()
        }


MOST_CLASSES = 10_000  # each takes a kilobyte, however few columns there are


@dataclass(frozen=True, eq=False)
class ClassMoments(MomentState):
    """Moments of the rows of each class.

    For methods that use classes: shares and means of the classes, and scatter within
    and between them. Memory is one matrix of (n_features, n_features) for each class.

    Parameters
    ----------
    sums : GroupedSums
        Weights and sums of the rows of each class.
    fingerprint : str, default=""
        Fingerprint of the columns.
    shards : frozenset of str, default=frozenset()
        Names of the shards whose rows are in the state.
    classes : tuple, default=()
        The classes, in the order of the sums.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import ClassMoments
    >>> state = ClassMoments.empty(1, classes=["bad", "good"])
    >>> state = state.update(np.array([[1.0], [3.0], [7.0]]), ["bad", "bad", "good"])
    >>> state.of("bad").mean
    array([2.])
    >>> state.within_scatter()
    array([[2.]])
    """

    classes: tuple[Any, ...] = ()

    @classmethod
    def empty(  # type: ignore[override]
        cls, n_features: int, *, classes: Sequence[Any], **options: Any
    ) -> Self:
        """State of no rows.

        Parameters
        ----------
        n_features : int
            Number of columns.
        classes : sequence of str or int
            All classes, in the same order in all states.
        **options : dict
            As in :meth:`Moments.empty`, without ``row_norm``.

        Returns
        -------
        state : ClassMoments
            State with all sums 0.

        Raises
        ------
        ValueError
            If classes are missing, repeated, neither strings nor integers, or more than
            10,000.
        """
        names = tuple(np.asarray(classes).tolist())
        kinds = {type(name) for name in names}
        check_value("The number of classes", len(names), integer(0, MOST_CLASSES))
        if kinds not in ({str}, {int}) or len(set(names)) != len(names):
            raise ValueError(
                "classes must be strings or integers, one at least and each once; got "
                f"{names!r:.200}."
            )
        if "row_norm" in options:
            raise ValueError(
                "ClassMoments takes no row_norm: noise for each class would tell which "
                "of them are empty. Use Moments or PairMoments of one-hot classes."
            )
        one = Moments.empty(n_features, **options)
        sums = GroupedSums((one.sums,) * len(names))
        return cls(sums, one.fingerprint, classes=names)

    def of(self, name: Any) -> Moments:
        """Moments of a class.

        Parameters
        ----------
        name : str or int
            The class.

        Returns
        -------
        state : Moments
            Moments of the rows of this class.

        Raises
        ------
        ValueError
            If there is no such class.
        """
        if name not in self.classes:
            raise ValueError(f"The classes are {self.classes}; got {name!r}.")
        return Moments(self.sums.parts[self.classes.index(name)], self.fingerprint)

    def weights(self) -> NDArray[np.float64]:
        """Weight of the rows of each class.

        Returns
        -------
        weights : ndarray of shape (n_classes,)
            In the order of ``classes``.
        """
        return np.array([part.weight for part in self.sums.parts], dtype=np.float64)

    def means(self) -> NDArray[np.float64]:
        """Mean of each class.

        Returns
        -------
        means : ndarray of shape (n_classes, n_features)
            0 for a class without rows.
        """
        return np.array([part.mean for part in self.sums.parts])

    def within_scatter(self) -> NDArray[np.float64]:
        """Scatter of the rows about the means of their classes.

        Returns
        -------
        scatter : ndarray of shape (n_features, n_features)
            Summed over the classes.
        """
        return sum(part.scatter for part in self.sums.parts)

    def pooled(self) -> Moments:
        """Moments of all rows, whatever their class.

        Returns
        -------
        state : Moments
            The states of all classes, merged.
        """
        sums = self.sums.parts[0]
        for part in self.sums.parts[1:]:
            sums = sums.merge(part)
        return Moments(sums, self.fingerprint, self.shards)

    def _check_rows(self, X: Any, Y: Any, sample_weight: Any) -> tuple[Any, ...]:
        n_rows = check_rows(X, None, self.n_features)[0].shape[0]
        codes = self._codes(Y, n_rows)
        X, w = check_rows(X, sample_weight, self.n_features)
        if w is not None:  # rows of weight 0 are gone
            codes = codes[np.asarray(sample_weight, dtype=np.float64) > 0]
        return X, w, codes

    def _codes(self, y: Any, n_rows: int) -> NDArray[np.int64]:
        labels = np.asarray([] if y is None else y)
        if labels.shape != (n_rows,):
            raise ValueError(
                f"Y must hold the class of each of the {n_rows} rows; got "
                f"{'none' if y is None else f'shape {labels.shape}'}."
            )
        known = np.asarray(self.classes)
        order = np.argsort(known)
        place = np.minimum(np.searchsorted(known[order], labels), known.size - 1)
        codes = order[place]
        wrong = np.flatnonzero(known[codes] != labels)
        if wrong.size:
            raise ValueError(
                f"The classes are {self.classes}; got {labels[wrong[0]].item()!r} in "
                f"row {wrong[0]}. Name all classes in ClassMoments.empty."
            )
        return codes

    def _describe_columns(self) -> str:
        return f"{self.n_features} columns and the classes {self.classes}"

    def _header_fields(self) -> dict[str, Any]:
        parts = self.sums.parts
        return {
            **super()._header_fields(),
            "classes": list(self.classes),
            "rows_of_classes": [part.n_rows for part in parts],
            "weights_of_classes": [part.weight for part in parts],
        }

    @classmethod
    def _sums_from_bytes(
        cls, header: dict[str, Any], body: memoryview, max_features: int
    ) -> GroupedSums:
        names = _class_names(header)
        rows: Any = header.get("rows_of_classes")
        weights: Any = header.get("weights_of_classes")
        for values in (rows, weights):
            if not isinstance(values, list) or len(values) != len(names):
                raise StateFormatError(
                    f"There are {len(names)} classes; got rows {rows!r:.99} and "
                    f"weights {weights!r:.99}."
                )
        if len(body) % len(names):
            raise StateFormatError(
                f"Sums of {len(names)} classes cannot take {len(body)} bytes."
            )
        size = len(body) // len(names)
        parts = []
        for i in range(len(names)):
            own = {**header, "n_rows": rows[i], "weight": weights[i]}
            part = body[i * size : (i + 1) * size]
            parts.append(
                read_sums(own, part, ndim=2, raw=False, max_features=max_features)
            )
        sums = GroupedSums(tuple(parts))
        integer_field(header, "n_rows", sums.n_rows, sums.n_rows)
        if header.get("weight") != sums.weight:
            raise StateFormatError(
                f"The classes weigh {sums.weight!r}; got {header.get('weight')!r:.99}."
            )
        return sums

    @classmethod
    def _from_header(cls, header: dict[str, Any], sums: Any, **more: Any) -> Self:
        return super()._from_header(header, sums, classes=_class_names(header), **more)


def _class_names(header: dict[str, Any]) -> tuple[Any, ...]:
    """Classes of a header: strings or integers, each once."""
    names = header.get("classes")
    if not isinstance(names, list) or {type(n) for n in names} not in ({str}, {int}):
        names = []
    elif len(names) > MOST_CLASSES:
        raise StateFormatError(f"More than {MOST_CLASSES} classes; got {len(names)}.")
    if not names or len(set(names)) != len(names):
        text = json.dumps(header.get("classes"))
        raise StateFormatError(f"classes is a list of different names; got {text:.99}.")
    return tuple(names)
