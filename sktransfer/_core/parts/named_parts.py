"""Estimators that hold a list of pairs (name, part), as a Pipeline does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import _BaseComposition

from sktransfer._core.parameters import check_value
from sktransfer._core.parts.defaults import GivenParameters, check_parts_to_set
from sktransfer._core.printing import printed_params


class NamedParts(GivenParameters, _BaseComposition):
    """Base of estimators with a list of named parts, which are parameters by name."""

    # the parameter that holds the list, and what a part is called in messages
    _list_name: ClassVar[str]
    _part_name: ClassVar[str]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parts and their parameters.

        Returns
        -------
        params : dict of str to object
            Value of each parameter by its name.
        """
        deep = deep and self._holds_pairs()
        if deep:  # a class has no parameters yet; `fit` says what it must be
            parts = [part for _, part in getattr(self, self._list_name)]
            deep = not any(isinstance(part, type) for part in parts)
        return printed_params(self._get_params(self._list_name, deep=deep))

    def set_params(self, **params: Any) -> Self:
        """Set parameters.

        Parameters
        ----------
        **params : dict
            Own parameters, parts by their name, or their parameters as
            ``name__parameter``.

        Returns
        -------
        self : estimator
            The estimator itself.

        Raises
        ------
        ValueError
            If there is no such parameter or part.
        """
        check_parts_to_set(self, params)
        self._set_params(self._list_name, **params)
        return self

    def _holds_pairs(self) -> bool:
        pairs = getattr(self, self._list_name)
        return isinstance(pairs, list | tuple) and all(
            isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs
        )

    def _checked_names(self) -> list[str]:
        """Names of the parts; an error where they are no list of pairs."""
        pairs = getattr(self, self._list_name)
        if not self._holds_pairs() or not pairs:
            listed = isinstance(pairs, Mapping) and bool(pairs)
            remedy = " Pass list(the mapping.items())." if listed else ""
            raise ValueError(
                f"{self._list_name} must be a list of at least one pair (name, "
                f"{self._part_name}); got {pairs!r:.200}.{remedy}"
            )
        names = [name for name, _ in pairs]
        self._validate_names(names)
        return names

    def _checked_weights(
        self, names: list[str], allowed: Any, otherwise: str = ""
    ) -> NDArray[np.float64]:
        """Weight of each part, 1 where its name is missing."""
        weights = {} if self.weights is None else self.weights
        if not isinstance(weights, Mapping) or not set(weights) <= set(names):
            raise ValueError(
                f"weights must be {otherwise}a mapping from some of the names {names} "
                f"to numbers; got {self.weights!r}."
            )
        for name, weight in weights.items():
            check_value(f"weights: that of {name!r}", weight, allowed)
        return np.array([weights.get(name, 1.0) for name in names], dtype=np.float64)
