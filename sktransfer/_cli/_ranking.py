"""Ranked items of the target users, under caps of categories."""

from __future__ import annotations

import argparse
import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._cli._console import CommandError
from sktransfer._cli._items import Items
from sktransfer._cli._logs import MarketLogs
from sktransfer._core.topk import row_blocks
from sktransfer.recommend import AutoTransferRecommender, CategoryCap, rerank

_DEEPER = 50  # places to choose from under caps, for each that is shown
_AT_LEAST = 500
_NEW = " new"  # category of the items that --new-share limits


class Ranking(NamedTuple):
    """Ranked items of each target user."""

    items: NDArray[np.int64]  # (n_users, k), -1 for none
    scores: NDArray[np.floating]  # NaN for items that the model taken does not know

    @property
    def shown(self) -> NDArray[np.int64]:
        """Ids of all recommended items."""
        return self.items[self.items >= 0]


def read_caps(arguments: argparse.Namespace, items: Items | None) -> dict[str, int]:
    """The largest number of items of each category, by the column of --items."""
    caps = {}
    for text in arguments.category_cap:
        column, equals, number = text.rpartition("=")
        if not equals or not number.isdecimal() or int(number) < 1:
            raise CommandError(
                "--category-cap must be a column of --items and a number from 1 on, "
                f"such as brand=2; got {text!r}"
            )
        if items is None:
            raise CommandError(
                "--category-cap needs the categories of items: pass --items"
            )
        if column not in items.columns:
            raise CommandError(
                f"--category-cap: {arguments.items} has no column {column!r}; the "
                f"columns are {', '.join(items.columns)}"
            )
        several = next((v for v in items.columns[column] if isinstance(v, list)), None)
        if several is not None:
            raise CommandError(
                f"--category-cap: column {column!r} of {arguments.items} names several "
                f"categories for an item, such as {'|'.join(several)}; it must name one"
            )
        caps[column] = int(number)
    return caps


def rank_items(
    auto: AutoTransferRecommender,
    log: MarketLogs,
    items: Items | None,
    k: int,
    caps: dict[str, int],
) -> Ranking:
    """Rank items for each target user, without those that the user rated too low."""
    n_items = log.items.size
    k = min(k, n_items)
    if not caps and log.disliked is None:
        return Ranking(*auto.recommend(log.target, k, time=log.times))
    depth = min(max(_DEEPER * k, _AT_LEAST), n_items) if caps else k
    rules = [CategoryCap(column, most) for column, most in caps.items()]
    columns = {} if items is None else _capped_columns(items, log.items, caps)
    if caps:
        places = np.ceil(auto.max_new_share * k - 1e-9)
        rules.append(CategoryCap(_NEW, max(int(places), 1)))
        columns[_NEW] = [None if known else _NEW for known in ~_limited(auto)]
    parts = []
    for rows in row_blocks(*log.target.shape):
        found = _ranked_block(auto, log, rows, depth)
        if caps:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # told by short_lists
                found = rerank(found, rules, k=k, items=columns)
        parts.append(found)
    return Ranking(*map(np.concatenate, zip(*parts)))


def _ranked_block(
    auto: AutoTransferRecommender, log: MarketLogs, rows: slice, depth: int
) -> Any:
    allowed = None
    if log.disliked is not None:
        liked = log.disliked[rows].toarray() == 0
        taken = auto.candidates_[auto.best_index_]
        if auto.new_item_estimator_ is None and not taken.new_items:
            liked &= auto.catalogue_
        allowed = sparse.csr_array(liked)
    time = None if log.times is None else log.times[rows]
    return auto.recommend(log.target[rows], depth, candidates=allowed, time=time)


def _capped_columns(
    items: Items, ids: NDArray[Any], caps: dict[str, int]
) -> dict[str, list[Any]]:
    """Categories in the order of the ranked items, None where there is none."""
    row = {name: i for i, name in enumerate(items.ids.tolist())}
    places = [row.get(name) for name in ids.tolist()]
    return {
        column: [None if i is None else items.columns[column][i] for i in places]
        for column in caps
    }


def _limited(auto: AutoTransferRecommender) -> NDArray[np.bool_]:
    """Items whose places --new-share limits."""
    model: Any = auto.best_estimator_
    while not hasattr(model, "new_items_") and hasattr(model, "estimator_"):
        model = model.estimator_
    found: NDArray[np.bool_] = getattr(model, "new_items_", ~auto.known_)
    return found


def caps_line(caps: dict[str, int], ranked: Ranking) -> str:
    """What the caps allow, and how many lists they leave short."""
    each = ", ".join(f"{most} of each {column}" for column, most in caps.items())
    text = f"Caps: at most {each} for a user"
    n_short = int((ranked.items < 0).any(axis=1).sum())
    if n_short:
        k = ranked.items.shape[1]
        text += f"; {n_short} users get fewer than {k} items"
    return text + "."
