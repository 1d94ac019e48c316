"""Laws of what users rated too low: it is not recommended to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sktransfer.recommend import Interactions
from sktransfer.testing._case import Rows
from sktransfer.testing._checks import broken, require_close
from sktransfer.testing._log_laws import fitted_to_log, log_frame

_REMEDY = "Inherit fit, partial_fit and recommend from sktransfer.base.BaseRecommender."
_ROLES: dict[str, Any] = {
    "user": "user",
    "item": "item",
    "rating": "rating",
    "min_rating": 4,
}


def check_low_ratings(recommender: Any, case: Any) -> None:
    """What a guest rated too low is left out, and nothing else changes.

    Nobody in the log of the guest likes that item.
    """
    model, log = fitted_to_log(recommender, case)
    roles = {**_ROLES, "time": "time"} if log.times is not None else _ROLES
    for row in np.flatnonzero(case.rows.sample_domain < 0)[:3]:
        frame = _rated(case.rows, row, 5)
        guest = Interactions.from_frame(frame, **roles)
        items, scores = model.recommend(guest, log.shape[1])
        worst = log.item_ids[items[0, 0]]
        later = {"user": frame["user"][0], "item": worst, "time": 9, "rating": 1}
        frame = {name: [*v, later[name]] for name, v in frame.items() if name in later}
        guest = Interactions.from_frame(frame, **roles)
        found, found_scores = model.recommend(guest, log.shape[1])
        if not np.array_equal(found[0, :-1], items[0, 1:]) or found[0, -1] != -1:
            broken(
                f"items {found[0, :5]} to a guest who rated the first of "
                f"{items[0, :5]} too low",
                _REMEDY,
            )
        require_close(
            found_scores[0, :-1], scores[0, 1:], case.tolerance, "scores", _REMEDY
        )


def check_partial_fit_of_low_ratings(recommender: Any, case: Any) -> None:
    """A later log says what a user dislikes, or that others like what she does.

    Of two ratings of one user the later call counts.
    """
    frames = [_rated(case.rows, row, 5) for row in range(len(case.rows.sample_domain))]
    user, other = frames[0]["user"][0], frames[1]["user"][0]
    taken = frames[0]["item"][0]
    nights = [
        _joined([*frames, _events([user, other], ["new", "newer"], 1)]),
        _events([user], ["newest"], 1),
        _events([other, user], ["new", "newest"], 5),
        _events([other], ["newest"], 5),
    ]
    model = case.model(recommender)
    for i, night in enumerate(nights):
        later = Interactions.from_frame(night, **_ROLES, time="time")
        model = model.partial_fit(later) if i else model.fit(later)
    items = [str(item) for item in model.log_.item_ids]
    _require_liked(model, user, {str(taken), "newest"}, {"new"})
    _require_liked(model, other, {"new", "newest"}, set())
    if "newer" in items:
        broken("a column for an item that nobody likes", _REMEDY)
    (first,) = model.recommend([user], 1)[0][0]
    best = items[first]
    night = _events([user, user], [best, str(taken)], 1)
    model.partial_fit(Interactions.from_frame(night, **_ROLES, time="time"))
    _require_liked(model, user, {"newest"}, {"new", best, str(taken)})


def _require_liked(model: Any, user: str, liked: set[str], low: set[str]) -> None:
    """Check what a user likes, and that what she does not is not recommended."""
    log = model.log_
    names = np.array([str(item) for item in log.item_ids])
    row = log.matrix[log.user_rows([user])].toarray()[0] != 0
    ranked, _ = model.recommend([user], names.size, exclude_seen=False)
    shown = set(names[ranked[0][ranked[0] >= 0]])
    if shown & low or not liked <= set(names[row]) or low & set(names[row]):
        broken(
            f"{sorted(shown & low)} recommended, {sorted(set(names[row]))} learned "
            f"from, where the user likes {sorted(liked)} and not {sorted(low)}",
            _REMEDY,
        )


def _rated(rows: Rows, row: int, rating: int) -> dict[str, Any]:
    """Columns of a log with the interactions of one row, and their rating."""
    frame = log_frame(rows)
    own = np.array(frame["user"]) == f"{row:04d}"
    frame = {name: np.asarray(v)[own].tolist() for name, v in frame.items()}
    return {**frame, "rating": [rating] * int(own.sum())}


def _events(users: list[str], items: list[Any], rating: int) -> dict[str, Any]:
    n = len(users)
    return {"user": users, "item": items, "time": [9] * n, "rating": [rating] * n}


def _joined(frames: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: [v for f in frames for v in f[name]] for name in frames[-1]}
