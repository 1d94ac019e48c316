"""What a fitted model gives for a row, as a sum over the features of the row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from sktransfer._core.inputs import csr_of_frame
from sktransfer._core.parts.terms import (
    NotAdditiveError,
    Terms,
    additive_outputs,
    is_split_by_columns,
    map_terms,
    split_columns,
)
from sktransfer._core.sparse import is_sparse

_BLOCK = 2000  # features that are mapped at once, where they are many
_NUMBERS = 2**24  # in dense ones


@dataclass(frozen=True, eq=False)
class Contributions:
    """What each feature of a row adds to each output of a model.

    Attributes
    ----------
    names, views, amounts : list of length n_features
        The features, which part made them, and their values in the row.
    values : ndarray of shape (n_features, n_outputs)
        What each adds.
    base : ndarray of shape (n_outputs,)
        What no feature adds.
    linear : bool
        Whether outputs are linear in the features of the row, not just a sum.
    """

    names: list[str]
    views: list[str]
    amounts: list[Any]
    values: NDArray[np.float64]
    base: NDArray[np.float64]
    linear: bool = True

    @property
    def total(self) -> NDArray[np.float64]:
        """The outputs."""
        return self.values.sum(axis=0) + self.base

    def times(self, factor: Any, shift: Any = 0.0) -> Contributions:
        """Contributions to a multiple of the outputs, and to their sum with a shift."""
        base = self.base * factor + shift
        return replace(self, values=self.values * factor, base=base)

    def through(self, matrix: NDArray[np.float64], base: Any, linear: bool) -> Any:
        """Contributions to linear combinations of the outputs, with another base."""
        values = self.values @ matrix
        return replace(self, values=values, base=np.asarray(base), linear=linear)

    def joined(self, other: Contributions) -> Contributions:
        """Contributions to the sum of two outputs; equal features become one."""
        mine, others = self._keys(other), other._keys(self)
        place = {key: k for k, key in enumerate(dict.fromkeys([*mine, *others]))}
        values = np.zeros((len(place), self.base.size))
        amounts: list[Any] = [None] * len(place)
        for keys, part in ((others, other), (mine, self)):
            np.add.at(values, [place[key] for key in keys], part.values)
            for key, amount in zip(keys, part.amounts):
                amounts[place[key]] = amount
        return Contributions(
            [name for name, _ in place],
            [view for _, view in place],
            amounts,
            values,
            self.base + other.base,
            self.linear and other.linear,
        )

    def _keys(self, other: Contributions) -> list[tuple[str, str]]:
        """Name and view of each feature; words without one take that of the other.

        That is the view with most of these words: not n-grams, which may be short ones.
        """
        bare = {name for name, view in zip(self.names, self.views) if not view}
        shared = [v for name, v in zip(other.names, other.views) if name in bare]
        if not any(shared):
            return list(zip(self.names, self.views))
        most = max(dict.fromkeys(filter(None, shared)), key=shared.count)
        held = {name for name, view in zip(other.names, other.views) if view == most}
        return [
            (name, most if not view and name in held else view)
            for name, view in zip(self.names, self.views)
        ]


def steps_of(part: Any) -> list[Any]:
    """Fitted steps of a Pipeline, nested ones and searches opened; one for others."""
    part = getattr(part, "best_estimator_", part)
    if part is None:
        return []
    if isinstance(part, Pipeline):
        return [inner for _, step in part.steps for inner in steps_of(step)]
    return [part]


def decide_terms(parts: list[Any], function: str, given: Terms) -> Contributions:
    """Contributions of the features to what the last of several parts gives.

    Raises
    ------
    NotAdditiveError
        If a part is no sum over the features; the message names it.
    """
    first, *others = parts
    if others and not is_split_by_columns(first, given.row):
        given, parts = map_terms(first, given), others
    given = split_columns(parts[0], given)
    if given.row is None and is_sparse(given.values):
        try:
            return _in_blocks(parts, function, given, dense=False)
        except NotAdditiveError:  # parts that take dense rows alone
            return _in_blocks(parts, function, given, dense=True)
    dense = given.row is not None and not _is_sparse_row(given.row)
    return _in_blocks(parts, function, given, dense=dense)


def _is_sparse_row(row: Any) -> bool:
    return is_sparse(row) or csr_of_frame(row) is not row


def _in_blocks(
    parts: list[Any], function: str, given: Terms, *, dense: bool
) -> Contributions:
    """Contributions, of so many features at once as memory holds."""
    n, width = given.values.shape
    size = n
    if given.row is None or (dense and n > _BLOCK):
        size = max(1, min(_BLOCK, _NUMBERS // width)) if dense else _BLOCK
    found = [
        _decided(parts, function, given.take(slice(k, k + size), dense=dense))
        for k in range(0, max(n, 1), max(size, 1))
    ]
    values = np.concatenate([values for values, _ in found])
    return Contributions(given.names, given.views, given.amounts, values, found[0][1])


def _decided(
    parts: list[Any], function: str, given: Terms
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    *mappers, model = parts
    for part in mappers:
        given = map_terms(part, given)
    method = getattr(model, function, None)
    if method is None:
        raise NotAdditiveError(f"{type(model).__name__} has no {function}")
    values, base = additive_outputs(_columns(method), given, model)
    return np.asarray(values), base[0]


def _columns(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A method with one column at least."""
    return lambda Z: np.reshape(method(Z), (Z.shape[0], -1))
