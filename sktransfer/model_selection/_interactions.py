"""Splitting the interactions of each row into kept and held-out ones."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from sktransfer._core.interactions import (
    held_out_counts,
    interaction_times,
    kept_entries,
    mark_held_out,
    nonzero_csr,
)
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.logs.views import pair_times, split_pairs
from sktransfer._core.parameters import check_value, integer, number
from sktransfer._core.sparse import entry_rows


def split_interactions(
    X: Any,
    *,
    test_size: float | int = 0.2,
    last: int | None = None,
    since: float | date | np.datetime64 | None = None,
    time: Any = None,
    users: float | int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Any, Any]:
    """Split the interactions of each row into kept and held-out ones.

    Held out are interactions drawn at random, the last ones by time, or all from a
    given time on. Except with `since`, every row with two or more interactions keeps at
    least one and has at least one held out; a row with one interaction keeps it. A
    stored 0 is no interaction.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_rows, n_items) or Interactions
        Interactions: rows are users or sessions, columns are items. The values of a
        pair that is stored again are summed.
    test_size : float or int, default=0.2
        Share of the interactions of each row to hold out, in (0, 1), rounded; or their
        number. Not used with `last` and `since`.
    last : int, default=None
        Hold out this number of the latest interactions of each row by `time`. None
        draws at random.
    since : float, datetime or datetime64, default=None
        Hold out all interactions from this time on: those that a model trained at this
        time cannot know. Rows may keep nothing, or have nothing held out.
    time : {array-like, sparse matrix} of shape (n_rows, n_items), default=None
        Time of each interaction of X: any number that grows with time, stored where X
        is not 0; or a dense array or frame of dates, missing where X is 0. Of a pair
        that a sparse matrix stores again the newest time counts. Needed by `last` and
        `since`, unless X is Interactions with times. Pass X itself if its values are
        times. Seconds since 1970 need float64 or integers: float32 rounds them to
        minutes.
    users : float or int, default=None
        Share in (0, 1), or number, of rows to split, drawn at random from those with
        something to hold out. The other rows keep all interactions. For strong
        generalisation, to users that the model has not seen, fit on the rows of which
        nothing is held out. None: all rows are split.
    random_state : int, RandomState instance or None, default=None
        Draws the interactions, the order of equal times, and the rows.

    Returns
    -------
    X_in : CSR of shape (n_rows, n_items), or Interactions if X is
        Interactions that are kept, with their values; a ``csr_array`` if X is a sparse
        array, else a ``csr_matrix``.
    X_out : CSR of shape (n_rows, n_items), or Interactions if X is
        Interactions that are held out.

    Raises
    ------
    ValueError
        If `last` or `since` is given without `time`, a time is missing, or numbers are
        out of range.

    Examples
    --------
    >>> from sktransfer.model_selection import split_interactions
    >>> when = [[3, 1, 2, 0], [0, 0, 5, 0]]
    >>> X_in, X_out = split_interactions(when, last=1, time=when)
    >>> X_in.toarray(), X_out.toarray()
    (array([[0, 1, 2, 0],
           [0, 0, 5, 0]]), array([[3, 0, 0, 0],
           [0, 0, 0, 0]]))

    Strong generalisation: a model of three users, scored on the other two.

    >>> X = [[1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]]
    >>> X_in, X_out = split_interactions(X, users=2, random_state=0)
    >>> new = X_out.sum(axis=1).A1 > 0
    >>> X_in[~new].shape, X_in[new].shape, X_out[new].shape
    ((3, 3), (2, 3), (2, 3))
    """
    check_value("test_size", test_size, integer(1), number(above=0, below=1))
    check_value("last", last, integer(1), None)
    if not isinstance(since, date | np.datetime64):
        check_value("since", since, number(-np.inf, np.inf), None)
    check_value("users", users, integer(1), number(above=0, below=1), None)
    if last is not None and since is not None:
        raise ValueError(
            f"Give `last` or `since`, not both; got last={last!r}, since={since!r}."
        )
    by_time = last is not None or since is not None
    if time is not None and not by_time:
        raise ValueError(
            "time is used with `last` and `since` only; got last=None, since=None."
        )
    log = X if isinstance(X, Interactions) else None
    matrix = nonzero_csr(X if log is None else log.matrix, newest=time is X)
    lengths = np.diff(matrix.indptr)
    rng = check_random_state(random_state)
    when: Any = _times(log, matrix, time, last, since) if by_time else None
    if since is not None:
        out = _not_before(since, when)
    else:
        n_out = held_out_counts(lengths, test_size if last is None else last)
        out = mark_held_out(matrix, n_out, when=when, rng=rng)
    if users is not None:
        row = entry_rows(matrix)
        out &= _draw_rows(row[out], matrix.shape[0], users, rng)[row]
    if log is not None:
        return split_pairs(log, out, by_time=by_time)
    return kept_entries(matrix, ~out), kept_entries(matrix, out)


def _times(log: Interactions | None, X: Any, time: Any, last: Any, since: Any) -> Any:
    """Time of each interaction: as given, or as the log has it."""
    if time is not None:
        return interaction_times(X, time)
    when = None if log is None else pair_times(log)
    if when is None:
        raise ValueError(
            f"{'last' if since is None else 'since'}="
            f"{last if since is None else since!r} needs the times of the "
            "interactions; got time=None. Pass time=X where the values of X are times."
        )
    return when


def _not_before(since: Any, when: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the times from a given one on; both are dates, or both numbers."""
    dated = isinstance(since, date | np.datetime64)
    if dated != (when.dtype.kind == "M"):
        raise ValueError(
            f"since must be {'a number' if dated else 'a date'}, as the times are; got "
            f"{since!r}."
        )
    return np.asarray(when >= (np.datetime64(since) if dated else since))


def _draw_rows(
    row: NDArray[Any], n_rows: int, users: float, rng: np.random.RandomState
) -> NDArray[np.bool_]:
    """Mark rows, drawn from those that have something to hold out."""
    there = np.unique(row)
    n = int(users) if users >= 1 else max(1, round(float(users) * there.size))
    if n > there.size:
        raise ValueError(
            "users must be None, a share in (0, 1) or a number from 1 to the number of "
            f"rows with something to hold out, {there.size}; got {users!r}."
        )
    drawn = np.zeros(n_rows, dtype=bool)
    drawn[rng.choice(there, n, replace=False)] = True
    return drawn
