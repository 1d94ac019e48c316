"""Recommenders on logs: which rows are served, by which ids, and the ranked frame."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Set
from numbers import Real
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _num_samples

from sktransfer._core.inputs import narwhals_object
from sktransfer._core.logs import views
from sktransfer._core.logs.ids import plain_values
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.sparse import is_sparse
from sktransfer._core.topk import row_blocks
from sktransfer.recommend._allowed_items import (
    AllowedItems,
    check_candidates,
    item_ids,
)

Ranking = tuple[NDArray[np.int64], NDArray[np.floating]]
NO_LOG = (
    "as_frame=True gives the ids of a log, and fit got a matrix. Fit to "
    "Interactions.from_frame(...), or leave as_frame out."
)


def rows_to_serve(model: Any, X: Any) -> Any:
    """A log for a log, or for ids of users of the log of `fit`; a matrix as it is."""
    fitted = getattr(model, "log_", None)
    if isinstance(X, Interactions) and fitted is not None:
        _check_unit_of_age(model, X, fitted)
        return over_known_items(X, fitted)
    if isinstance(X, Interactions) or fitted is None:
        return X
    X = list(X) if isinstance(X, Set | Iterator) else X
    if not _is_list_of_ids(X):
        X = model._log_of_sequences(X)
        return over_known_items(X, fitted) if isinstance(X, Interactions) else X
    log = views.rows_of_users(fitted, X)
    if (
        len(log)
        and not views.events_of(log).column.size
        and (fitted.user_rows(X) < 0).all()
    ):
        _warn_of_unknown("users", plain_values(X), fitted.user_ids)
    return log


def _check_unit_of_age(model: Any, log: Interactions, fitted: Interactions) -> None:
    """Check that ages are in one unit: days of dates, or the unit of numbers."""
    times = [views.events_of(part).when for part in (log, fitted)]
    if model.values_are_times or not len(log):  # their order is read, no age
        return
    kinds = [
        "dates" if w.dtype.kind == "M" else "numbers" for w in times if w is not None
    ]
    if len(set(kinds)) > 1:
        here, there = kinds
        raise ValueError(
            f"Interactions age by the half-life in the unit of the log of fit, whose "
            f"times are {there}; got a log whose times are {here}. Read both with the "
            "same time=, or leave it out: then all interactions of a user are as new."
        )


def over_known_items(log: Interactions, fitted: Interactions) -> Interactions:
    """A log over the items of another; a warning if it shares none."""
    found = views.over_items_of(log, fitted)
    if views.events_of(log).column.size and not views.events_of(found).column.size:
        _warn_of_unknown("items", log.item_ids, fitted.item_ids)
    return found


def _warn_of_unknown(what: str, ids: NDArray[Any], known: NDArray[Any]) -> None:
    warnings.warn(
        f"None of the {ids.size} {what} is in the log of fit, such as "
        f"{ids.tolist()[0]!r:.60}; there, ids are such as {known.tolist()[0]!r:.60}. "
        "Pass ids of the same kind.",
        UserWarning,
        stacklevel=5,
    )


def _is_list_of_ids(X: Any) -> bool:
    """Whether X is one-dimensional and holds no sequences."""
    if isinstance(X, str | bytes):
        raise TypeError(f"Pass a list of ids, such as [{X!r}]; got one {X!r}.")
    if is_sparse(X) or hasattr(X, "columns"):
        return False
    if hasattr(X, "ndim"):  # of NumPy and pandas
        return X.ndim == 1 and not _holds_sequences(X)
    native = narwhals_object(X)
    if isinstance(native, nw.Series):
        return not (native.dtype.is_nested() or _holds_sequences(native.head(1)))
    return isinstance(X, list | tuple | Set) and not _holds_sequences(X)


def _holds_sequences(values: Any) -> bool:
    first = next(iter(values), None)
    return hasattr(first, "__len__") and not isinstance(first, str | bytes)


def values_of_log(
    log: Interactions, model: Any, half_life: float | None, newest_of: str
) -> Any:
    """The matrix that a recommender takes of a log: times, where it reads them.

    Strengths halve every half-life; rows to serve without times are equally new.
    """
    if newest_of == "user" and views.events_of(log).when is None:
        half_life = None
    if half_life is not None:
        if model.values_are_times:
            refuse_half_life(model, "It learns from the times themselves.")
        return model._aged(log.matrix, log.time_weights(half_life, newest_of=newest_of))
    if not model.values_are_times:
        return log.matrix
    if log.times is None:
        warn_of_order(type(model).__name__)
        return log.matrix
    return log.times


def finite_half_life(model: Any) -> float | None:
    """The half-life of interactions in a recommender; None where they do not age."""
    half_life = getattr(model, "half_life", None)
    if isinstance(half_life, Real) and float(half_life) < np.inf:
        return float(half_life)
    return None


def refuse_half_life(model: Any, reason: str) -> None:
    """Raise where interactions must age and what is given does not tell how."""
    half_life = finite_half_life(model)
    if half_life is not None:
        raise ValueError(
            f"half_life={half_life:g} of {type(model).__name__}: {reason} Fit to one "
            "log, Interactions.from_frame(..., time=...), or use half_life=None. Of a "
            "part of another recommender, set the half_life of that one."
        )


def warn_of_order(name: str) -> None:
    """Say that a log without times has no order."""
    warnings.warn(
        f"The log has no times: {name} takes the items of each user as a set. Pass "
        "Interactions.from_frame(..., time=...) for their order.",
        UserWarning,
        stacklevel=6,
    )


def candidate_columns(log: Interactions, candidates: Any) -> Any:
    """Candidates given by ids as columns; masks and sparse matrices as they are."""
    if candidates is None or isinstance(candidates, AllowedItems):
        return candidates
    if is_sparse(candidates):
        return candidates
    if isinstance(candidates, Set | Iterator):
        candidates = list(candidates)
    if _is_list_of_ids(candidates):
        ids = plain_values(candidates)
        if ids.dtype.kind == "b" or all(isinstance(v, bool | np.bool_) for v in ids):
            return ids.astype(bool) if ids.size else ids.astype(np.int64)
        columns = _known_columns(log, ids)
        return columns[columns >= 0]
    if isinstance(candidates, Mapping) or not isinstance(candidates, Iterable):
        raise ValueError(
            "candidates and catalogue must be ids of items, the same for all rows, or "
            "for candidates a list of ids for each row, or a mask; got "
            f"{candidates!r:.60}."
        )
    table = np.asarray(candidates) if hasattr(candidates, "columns") else candidates
    if isinstance(table, np.ndarray) and table.dtype.kind == "b":
        return table
    rows = [plain_values(list(row)).tolist() for row in table]
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    every = np.empty(lengths.sum(), dtype=object)
    every[:] = [v for row in rows for v in row]
    columns = _known_columns(log, every)
    return np.split(columns, np.cumsum(lengths)[:-1])  # -1 is no candidate


def _known_columns(log: Interactions, ids: NDArray[Any]) -> NDArray[np.int64]:
    """Columns of items, -1 for unknown ones; a warning if all are."""
    columns = log.item_columns(ids)
    if columns.size and columns.max() < 0:
        _warn_of_unknown("candidates", ids, log.item_ids)
    return columns


def within_catalogue(
    candidates: Any, catalogue: Any, n_rows: int, n_items: int
) -> AllowedItems:
    """What may be ranked: candidates that are in the catalogue, too, as columns."""
    allowed = check_candidates(candidates, n_rows, n_items)
    if catalogue is None:
        return allowed
    ids = item_ids(catalogue)
    if ids.ndim != 1 or ids.dtype.kind not in "biu":
        raise ValueError(
            "catalogue must be a list of item ids or a boolean mask of shape "
            f"({n_items},), the same for all rows; pass what differs as candidates."
        )
    of_all = check_candidates(ids, n_rows, n_items)._replace(as_candidates=False)
    if allowed.all:
        return of_all
    mask = np.zeros(n_items, dtype=bool)
    mask[of_all.shared] = True
    return allowed.among(mask)


def rank(
    model: Any, X: Any, k: int, candidates: Any, catalogue: Any, options: dict[str, Any]
) -> Ranking:
    """Rank items for the rows of a matrix or a log."""
    n_items = model.n_features_in_
    if not isinstance(X, Interactions):
        if catalogue is not None:
            candidates = within_catalogue(
                candidates, catalogue, _num_samples(X), n_items
            )
        return model._rank(X, k, candidates=candidates, **options)
    if not len(X):
        return np.empty((0, k), dtype=np.int64), np.empty((0, k))
    candidates, catalogue = (candidate_columns(X, c) for c in (candidates, catalogue))
    allowed = within_catalogue(candidates, catalogue, len(X), n_items)
    found = _rank_liked(model, X, k, allowed, options)
    empty = np.flatnonzero(np.diff(views.events_of(X).indptr) == 0)
    if empty.size and hasattr(model, "log_") and not model._shares_places:
        _rank_empty_rows(model, X, empty, found, allowed, options)
    return found


def _rank_liked(
    model: Any,
    log: Interactions,
    k: int,
    allowed: AllowedItems,
    options: dict[str, Any],
) -> Ranking:
    """Rank what no user has rated too low: these are left out of longer rankings."""
    disliked, n_items = log.disliked, log.shape[1]
    if disliked is None:
        return model._rank(log, k, candidates=allowed, **options)
    if model._shares_places:
        return _rank_among_liked(model, log, k, allowed, options)
    n_more = int(np.diff(disliked.indptr).max(initial=0))
    longer = max(k, min(k + n_more, n_items))
    parts = []
    for rows in row_blocks(*log.shape):
        items, scores = model._rank(
            log[rows], longer, candidates=allowed.of_rows(rows), **options
        )
        low = np.pad(disliked[rows].toarray(), ((0, 0), (0, 1)))  # item -1 is none
        out = (items < 0) | np.take_along_axis(low, items, axis=1)
        items, scores = np.where(out, -1, items), np.where(out, -np.inf, scores)
        order = np.argsort(out, axis=1, kind="stable")[:, :k]
        parts.append([np.take_along_axis(a, order, axis=1) for a in (items, scores)])
    items, scores = (np.concatenate(part) for part in zip(*parts))
    return items, scores


def _rank_among_liked(
    model: Any,
    log: Interactions,
    k: int,
    allowed: AllowedItems,
    options: dict[str, Any],
) -> Ranking:
    """The same where a longer ranking has other first places: by candidates."""
    has_low = np.diff(log.disliked.indptr) > 0
    blocks = [np.flatnonzero(~has_low)] if not has_low.all() else []
    low_rows = np.flatnonzero(has_low)
    blocks += [low_rows[block] for block in row_blocks(low_rows.size, log.shape[1])]
    parts = []
    for rows in blocks:
        may = allowed.of_rows(rows)
        if has_low[rows[0]]:
            may = may.without(log.disliked[rows].toarray())
        parts.append(model._rank(log[rows], k, candidates=may, **options))
    order = np.argsort(np.concatenate(blocks))
    items, scores = (np.concatenate(part)[order] for part in zip(*parts))
    return items, scores


def _rank_empty_rows(
    model: Any,
    log: Interactions,
    empty: NDArray[np.intp],
    found: Ranking,
    allowed: AllowedItems,
    options: dict[str, Any],
) -> None:
    """Put the more popular first among equal scores, for users without interactions.

    Where the model says nothing of such users, all scores are equal.
    """
    items, scores = found
    n_items = log.shape[1]
    width = min(items.shape[1], n_items)
    popularity = np.append(_users_of_items(model, n_items), -1)  # of item -1
    same = allowed.by_row is None and log.disliked is None
    for block in row_blocks(1 if same else empty.size, n_items):
        rows = empty[block]
        part = allowed.of_rows(rows)
        every, values = _rank_liked(model, log[rows], n_items, part, options)
        if (values[:, 1:] <= values[:, :-1]).all():
            order = np.lexsort((every, -popularity[every], -values))
            every = np.take_along_axis(every, order, axis=1)
            values = np.take_along_axis(values, order, axis=1)
        rows = empty if same else rows
        items[rows, :width], scores[rows, :width] = every[:, :width], values[:, :width]


def _users_of_items(model: Any, n_items: int) -> NDArray[np.number]:
    """Number of users of each item, among those to be served; by age, if these do."""
    log, half_life = model.log_.target, finite_half_life(model)
    weights = None
    if half_life is not None and views.events_of(log).when is not None:
        weights = log.time_weights(half_life).data
    return np.bincount(log.matrix.indices, weights, minlength=n_items)


def ranked_frame(model: Any, X: Any, found: Ranking) -> Any:
    """A ranking as a frame with the ids of the log of X, or of `fit`."""
    items, scores = found
    fitted = getattr(model, "log_", None)
    if isinstance(X, Interactions):
        return views.ranked_frame(X, items, scores)
    if fitted is None:
        raise ValueError(NO_LOG)
    rows = views.numbered_rows(fitted, len(items))
    return views.ranked_frame(rows, items, scores)


def held_out_columns(log: Interactions, y: Any) -> Any:
    """Held-out interactions of the rows of a log, as a matrix or a column a row."""
    if isinstance(y, Interactions):
        return views.rows_like(over_known_items(y, log), log).matrix
    return log.item_columns(y) if not is_sparse(y) and _is_list_of_ids(y) else y
