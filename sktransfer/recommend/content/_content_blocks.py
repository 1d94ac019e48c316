"""Content of items in blocks: texts, images and attributes, each with a weight."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.progress import in_rounds
from sktransfer._core.sparse import is_sparse
from sktransfer.recommend.content._blend_search import (
    Blend,
    choose_content,
    make_trials,
    total_ndcg,
    trial_items,
)
from sktransfer.recommend.content._kernel_ridge import ridge_on_content, scaled_content
from sktransfer.recommend.content._simulated_new_items import item_order

_FACTORS = (0.0, 0.5, 2.0)  # tried for the weight of each block
_LEAST_ERRORS = 1  # standard errors over trials, of a gain for which weights change


class ContentBlocks(NamedTuple):
    """Blocks of content, each scaled to a mean square length of 1, and their units."""

    blocks: dict[str, Any]
    units: dict[str, float]

    @classmethod
    def scaled(
        cls,
        item_features: Mapping[str, Any],
        dtype: Any,
        *,
        n_items: int | None = None,
        known: NDArray[np.int64] | None = None,
        units: Mapping[str, float] | None = None,
    ) -> ContentBlocks:
        """Blocks scaled by given units, or over the known items that each describes."""
        if not item_features:
            raise ValueError(
                "item_features must be a matrix or a dict of blocks by name; got an "
                "empty dict. Pass None to leave the content out."
            )
        blocks, found = {}, {}
        for name, block in item_features.items():
            unit = None if units is None else units[name]
            F, unit = scaled_content(block, dtype, n_items=n_items, unit=unit)
            if known is not None:
                there = known[np.asarray(abs(F[known]).sum(axis=1)).ravel() > 0]
                F, own = scaled_content(F, dtype, known=there)
                unit *= own
            blocks[name], found[name] = F, unit
        return cls(blocks, found)

    def join(self, weights: Mapping[str, float]) -> Any:
        """Blocks side by side, each multiplied by its weight, those of 0 too."""
        names = sorted(self.blocks, key=str)
        parts = [self.blocks[name] * weights[name] for name in names]
        if any(map(is_sparse, parts)):
            return sparse.csr_array(sparse.hstack(parts, format="csr"))
        return np.hstack(parts)


def check_block_weights(
    block_weights: Any, item_features: Any
) -> dict[str, float] | None:
    """Weights of all blocks by name; None to choose them."""
    if block_weights is None:
        return None
    named = isinstance(item_features, Mapping)
    weights = block_weights if isinstance(block_weights, Mapping) else {}
    numbers = [float(v) for v in weights.values() if isinstance(v, Real)]
    numbers = [v for v in numbers if 0 <= v < np.inf]
    if (
        not named
        or weights.keys() != item_features.keys()
        or len(numbers) < len(weights)
        or not any(numbers)
    ):
        expected = sorted(map(str, item_features)) if named else "item_features a dict"
        raise ValueError(
            "block_weights must be a number of 0 or more for each block of "
            f"item_features, one above 0; expected {expected}, got {block_weights!r}."
        )
    return {name: float(v) for name, v in weights.items()}


def joined_like(
    item_features: Any,
    dtype: Any,
    weights: Mapping[str, float],
    units: Mapping[str, float],
) -> Any:
    """Content of more items, with the weights and units of blocks in `fit`."""
    named = isinstance(item_features, Mapping)
    if not named or item_features.keys() != units.keys():
        got = sorted(map(str, item_features)) if named else type(item_features).__name__
        raise ValueError(
            "item_features must be a dict of the blocks given to fit, "
            f"{sorted(map(str, units))}; got {got}."
        )
    ordered = {name: item_features[name] for name in units}
    return ContentBlocks.scaled(ordered, dtype, units=units).join(weights)


def choose_block_weights(
    X: Any,
    content: ContentBlocks,
    known: NDArray[np.int64],
    w: NDArray[np.floating],
    given: dict[str, Any],
    l2: float,
) -> dict[str, float]:
    """Weights of blocks that rank simulated new items best, changed one at a time.

    The block and the factor that gain most are taken, as long as the gain is above
    its standard error over the trials.
    """
    weights = dict.fromkeys(content.blocks, 1.0)
    dtype = X.dtype

    def joined(weights: dict[str, float]) -> Any:
        return scaled_content(content.join(weights), dtype, known=known)[0][known]

    if len(weights) == 1:
        return weights
    F = joined(weights)
    items, order = trial_items(item_order(X, F, w))
    trials = make_trials(sparse.csr_array(X[:, items]), order, w, l2)
    if not trials:
        return weights
    start = Blend()._replace(**given)
    blend, *_ = choose_content(trials, F[items], start, given)

    def qualities(weights: dict[str, float]) -> NDArray[np.float64]:
        """Quality in each trial, at the best setting of what is cheap to change."""
        if not any(weights.values()):
            return np.zeros(len(trials))
        F = joined(weights)[items]
        ridge = ridge_on_content(F, blend.degree, blend.content_l2)
        tables = [total_ndcg([trial], ridge, blend, given) for trial in trials]
        best = max(tables[0], key=lambda b: sum(table[b] for table in tables))
        return np.array([table[best] for table in tables])

    values = qualities(weights)
    for _ in in_rounds(range(len(weights)), "weight of a block"):
        others = [
            {**weights, name: weights[name] * factor}
            for name in sorted(weights, key=str)
            for factor in _FACTORS
        ]
        found = [qualities(other) for other in others]
        best = int(np.argmax([v.mean() for v in found]))
        gains = found[best] - values
        if gains.mean() <= _LEAST_ERRORS * gains.std() / np.sqrt(
            max(gains.size - 1, 1)
        ):
            break
        weights, values = others[best], found[best]
    return weights
