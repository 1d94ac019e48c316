"""Laws of recommenders that learn on by `partial_fit`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from sktransfer.recommend import Interactions
from sktransfer.testing._case import Rows
from sktransfer.testing._checks import broken, require_close, require_error
from sktransfer.testing._log_laws import log_frame, takes_logs

_REMEDY = (
    "Keep what the rows of returning users hold, or let exact_partial_fit_ be False "
    "and say what partial_fit does."
)
_WIDER = "Take new items by ids, from Interactions alone."


def learns_on(recommender: Any, case: Any) -> bool:
    """Condition: there is a `partial_fit`."""
    return hasattr(recommender, "partial_fit")


def learns_on_from_logs(recommender: Any, case: Any) -> bool:
    """Condition: there is a `partial_fit`, and logs are taken."""
    return learns_on(recommender, case) and takes_logs(recommender, case)


def _require_refit(model: Any, found: Any, expected: Any, tolerance: float) -> None:
    """Scores of a refit; where `partial_fit` is not exact, some numbers."""
    found = np.asarray(found)
    if getattr(model, "exact_partial_fit_", True):
        require_close(found, expected, tolerance, "scores", _REMEDY)
    elif not np.isfinite(found).all():
        broken("scores that are not finite", _REMEDY)


def check_partial_fit_equals_refit(recommender: Any, case: Any) -> None:
    """`partial_fit` on parts of the rows equals `fit` on all, where it is exact."""
    X = case.X
    whole = case.fit_X(recommender, X)
    parts = case.model(recommender)
    for rows in (slice(0, 20), slice(20, 21), slice(21, X.shape[0])):
        if parts.partial_fit(X[rows]) is not parts:
            broken("another object from partial_fit", "Return self.")
    _require_refit(parts, parts.predict(X), whole.predict(X), case.tolerance)
    require_error(
        "a matrix with a column more",
        "features",
        _WIDER,
        parts.partial_fit,
        sparse.csr_array((2, X.shape[1] + 1)),
    )
    if parts.n_features_in_ != X.shape[1]:
        broken(f"n_features_in_={parts.n_features_in_} after an error", _WIDER)


def check_partial_fit_of_later_logs(recommender: Any, case: Any) -> None:
    """A later log brings new users, items and events of known users, as a refit does.

    The first log lacks the last items and a half of the other events; parts of it come
    later, users that it has and users that it has not.
    """
    entries = case.rows.X.tocoo()
    new_item = entries.col >= case.X.shape[1] - 4
    new_user = entries.row % 5 == 4
    later = new_item | new_user | ((entries.row + entries.col) % 2 == 0)
    last = new_item & ~new_user
    parts = [_log(case.rows, part) for part in (~later, later & ~last, last)]
    whole = _log(case.rows, np.ones_like(later))
    expected = case.model(recommender).fit(whole)
    model = case.model(recommender).fit(parts[0])
    for part in parts[1:]:
        model.partial_fit(part)
    columns = model.log_.item_columns(whole.item_ids)
    if model.n_features_in_ != whole.shape[1] or columns.min() < 0:
        broken(
            f"{model.n_features_in_} items where the logs have {whole.shape[1]}",
            "Append unknown items as columns of the log of fit.",
        )
    users = whole.user_ids.tolist()
    found = np.asarray(model.predict(users))[:, columns]
    tolerance = max(case.tolerance, case.float32_tolerance)  # logs are of float32
    _require_refit(model, found, expected.predict(users), tolerance)
    items, _ = model.recommend(users, 4, exclude_seen=True)
    seen = model.log_.matrix[model.log_.user_rows(users)].toarray() != 0
    if np.any(np.take_along_axis(seen, np.maximum(items, 0), axis=1) & (items >= 0)):
        broken("items that a user has taken since fit", "Continue the log of fit.")


def check_partial_fit_in_the_form_of_fit(recommender: Any, case: Any) -> None:
    """A log after a matrix is refused, and a matrix after a log."""
    log = _log(case.rows, np.ones(case.X.nnz, dtype=bool))
    remedy = "Raise a ValueError that says what fit was given."
    model = case.model(recommender).partial_fit(case.X)
    require_error("a log after a matrix", "matrix", remedy, model.partial_fit, log)
    model = case.model(recommender).partial_fit(log)
    require_error("a matrix after a log", "matrix", remedy, model.partial_fit, case.X)


def _log(rows: Rows, kept: np.ndarray) -> Interactions:
    """A log of some of the interactions."""
    frame = {name: np.asarray(v)[kept] for name, v in log_frame(rows).items()}
    return Interactions.from_frame(frame, user="user", item="item", time="time")
