"""Laws of recommenders that take logs with ids in place of matrices."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from sktransfer.recommend import Interactions
from sktransfer.testing import _common_laws as common
from sktransfer.testing._case import Rows, takes
from sktransfer.testing._checks import broken, require_close

_FIRST_ITEM = 2**53 + 1  # no float64 holds it
_REMEDY = "Inherit fit and recommend from sktransfer.base.BaseRecommender."


def takes_logs(recommender: Any, case: Any) -> bool:
    """Condition: `recommend` takes as_frame, and there is a library of frames."""
    there = any(find_spec(name) for name in ("pandas", "polars", "pyarrow"))
    return there and takes(recommender, "recommend", "as_frame")


def log_frame(rows: Rows, start: int = 1, unit: int = 1) -> dict[str, Any]:
    """Columns of a log: texts of digits as users, large numbers as items."""
    entries = rows.X.tocoo()
    return {
        "user": [f"{row:04d}" for row in entries.row.tolist()],
        "item": _FIRST_ITEM + entries.col.astype(np.int64),
        "time": start + unit * ((entries.row + 7 * entries.col) % 5),
        "market": np.where(rows.sample_domain > 0, "uk", "de")[entries.row],
    }


def log_of_rows(
    rows: Rows, *, markets: bool, timed: bool = True, start: int = 1, unit: int = 1
) -> Interactions:
    """A log of interactions."""
    frame = log_frame(rows, start, unit)
    roles: dict[str, Any] = {"market": "market", "target": "de"} if markets else {}
    roles |= {"time": "time"} if timed else {}
    return Interactions.from_frame(frame, user="user", item="item", **roles)


def ages(recommender: Any, case: Any) -> bool:
    """Condition: `recommend` takes as_frame, and interactions may age."""
    return takes_logs(recommender, case) and "half_life" in recommender.get_params(
        deep=False
    )


def fitted_to_log(recommender: Any, case: Any) -> tuple[Any, Interactions]:
    """A recommender fitted to a log, and the log; with times if a matrix may have them.

    Who reads times of logs alone learns more from a log that has them.
    """
    markets = common.takes_domain(recommender, case)
    timed = getattr(recommender, "values_are_times", False)
    timed = bool(timed) or takes(recommender, "fit", "time")
    log = log_of_rows(case.rows, markets=markets, timed=timed)
    return case.model(recommender).fit(log), log


def check_logs(recommender: Any, case: Any) -> None:
    """A log is learned from and ranked as its matrix is, or its times."""
    model, log = fitted_to_log(recommender, case)
    timed = bool(getattr(model, "values_are_times", False))
    X = log.times if timed else log.matrix
    roles = {"sample_domain": log.sample_domain, "time": log.times}
    given = {name: v for name, v in roles.items() if takes(model, "fit", name)}
    plain = case.model(recommender).fit(X, **given)
    items, scores = model.recommend(log, 4)
    expected_items, expected_scores = plain.recommend(X, 4)
    if not np.array_equal(items, expected_items):
        broken("other items for a log than for its matrix", _REMEDY)
    require_close(scores, expected_scores, case.tolerance, "scores of a log", _REMEDY)


def check_ranked_frame(recommender: Any, case: Any) -> None:
    """The ranked frame holds what the arrays hold, under the ids of the log."""
    model, log = fitted_to_log(recommender, case)
    served, allowed = log.target, log.item_ids[::2]
    items, scores = model.recommend(served, 4, candidates=allowed)
    there = items >= 0
    expected = {
        "user": np.repeat(served.user_ids, there.sum(axis=1)).tolist(),
        "item": log.item_ids[items[there]].tolist(),
        "rank": (np.nonzero(there)[1] + 1).tolist(),
    }
    for what, users in (("rows of a log", served), ("ids", served.user_ids.tolist())):
        native = model.recommend(users, 4, candidates=allowed, as_frame=True)
        frame = nw.from_native(native, eager_only=True)
        for name, values in expected.items():
            found = frame.get_column(name).to_list()
            if found != values:
                broken(
                    f"{name} {found[:4]} where the arrays have {values[:4]}, for "
                    f"users given as {what}",
                    _REMEDY,
                )
        require_close(
            frame.get_column("score").to_numpy(),
            scores[there],
            case.tolerance,
            "scores of the frame",
            _REMEDY,
        )


def check_half_life(recommender: Any, case: Any) -> None:
    """Interactions age by the ratio of age and half-life; none where it is infinite."""
    markets = common.takes_domain(recommender, case)

    def scores(half_life: float | None, start: int = 1, unit: int = 1) -> Any:
        log = log_of_rows(case.rows, markets=markets, start=start, unit=unit)
        model = case.model(recommender).set_params(half_life=half_life)
        return model.fit(log).predict(log)

    remedy = "Learn from X as it comes to fit_interactions, which has aged it."
    without, aged = scores(None), scores(2.0)
    if not np.array_equal(scores(np.inf), without):
        broken("other scores for half_life=inf than for None", remedy)
    if np.array_equal(aged, without):
        broken("the same scores for half_life=2 as for None", remedy)
    for what, found in (
        ("times and half-life in another unit", scores(16.0, unit=8)),
        ("times from another start", scores(2.0, start=1001)),
    ):
        require_close(found, aged, case.tolerance, f"scores by {what}", remedy)
