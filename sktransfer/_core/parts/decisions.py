"""What a fitted model gives for a row, as a sum over the features of the row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from sktransfer._core.parts.terms import (
    NotAdditiveError,
    Terms,
    additive_outputs,
    map_terms,
    split_columns,
)

_BLOCK = 2000  # features that are mapped at once where there is no row


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
        """Name and view of each feature; a word without has the first of the other."""
        first: dict[str, str] = {}
        for name, view in zip(other.names, other.views):
            first.setdefault(name, view)
        return [
            (name, view or first.get(name, ""))
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
    *mappers, model = parts
    if mappers:
        given, mappers = map_terms(mappers[0], given), mappers[1:]
    given = split_columns(([*mappers, model])[0], given)
    n = len(given.names)
    size = n if given.row is not None else _BLOCK
    starts = range(0, n, size) if n else [0]
    found = [
        _decided(mappers, model, function, given.take(slice(k, k + max(size, 1))))
        for k in starts
    ]
    values = np.concatenate([values for values, _ in found])
    return Contributions(given.names, given.views, given.amounts, values, found[0][1])


def _decided(
    mappers: list[Any], model: Any, function: str, given: Terms
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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
