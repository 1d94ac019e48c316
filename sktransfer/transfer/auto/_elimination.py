"""Which candidates teach others, and which need not be fitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from sktransfer._core.parts import takes_domain
from sktransfer.transfer.auto._evidence import Evidence
from sktransfer.transfer.auto._step_cache import ignores_labels
from sktransfer.transfer.strategies import Distillation, Pooling, SelfTraining
from sktransfer.transfer.strategies._names import named_strategy

# candidates that are fitted before others are left out; agreement needs three
FIRST_LOOK = 4
# a student does not lead if its teacher trails by more than this
BEHIND = 0.05
STANDARD_ERRORS = 2.0
# half width of an interval of the expected accuracy of which nothing can be concluded
UNSURE = 0.25
# parameters that a student shares with its teacher
_PARTS = ("estimator", "mapper", "weighter", "source_shares")


def equal_parameters(first: Any, second: Any) -> bool:
    """Whether two unfitted estimators, or values of parameters, are the same."""
    if first is second:
        return True
    if type(first) is not type(second):
        return False
    if isinstance(first, BaseEstimator):
        return equal_parameters(
            first.get_params(deep=False), second.get_params(deep=False)
        )
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(
            equal_parameters(value, second[key]) for key, value in first.items()
        )
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(equal_parameters, first, second))
    if isinstance(first, np.ndarray):
        return np.array_equal(first, second)
    try:
        return bool(first == second)
    except (TypeError, ValueError):
        return False


def has_transfer_parts(model: Any) -> bool:
    """Whether a model has the parameters of a TransferClassifier."""
    names = model.get_params(deep=False) if hasattr(model, "get_params") else ()
    return {"strategy", "target_labels", "target_weight", *_PARTS} <= set(names)


def teachers_of(models: Sequence[Any]) -> list[int | None]:
    """Number of the candidate that teaches each one, None where none does."""
    return [
        next(
            (k for k, other in enumerate(models) if _is_teacher_of(other, model)), None
        )
        for model in models
    ]


def _is_teacher_of(teacher: Any, student: Any) -> bool:
    """Whether a candidate pools what another one distils, or begins to label with."""
    return (
        has_transfer_parts(teacher)
        and has_transfer_parts(student)
        and isinstance(named_strategy(teacher.strategy), Pooling)
        and isinstance(named_strategy(student.strategy), (Distillation, SelfTraining))
        and all(
            equal_parameters(getattr(teacher, part), getattr(student, part))
            for part in _PARTS
        )
    )


def needless_candidates(
    estimates: Evidence,
    agreement: NDArray[np.float64],
    fitted: list[int],
    models: Sequence[Any],
    names: list[str],
    least_gain: float,
) -> dict[int, str]:
    """Candidates that need not be fitted, and why, by the predictions of the first."""
    left = [j for j in range(len(models)) if j > max(fitted)]
    # not where the source is *expected* to be right nearly everywhere: candidates that
    # share its errors agree with it as well
    if 1 - agreement.min() < least_gain:
        reason = (
            f"all that were fitted predict the same as {names[fitted[0]]!r} for more "
            f"than {1 - least_gain:.0%} of the target rows"
        )
        return dict.fromkeys(left, reason)
    best = int(np.argmax(estimates.scores))
    reasons: dict[int, str] = {}
    teachers = teachers_of(models)
    if best == 0 and estimates.half_width(best) > UNSURE:
        return reasons
    for j in left:
        teacher = teachers[j]
        if teacher is None or teacher not in fitted:
            continue
        if getattr(named_strategy(models[j].strategy), "native_teacher", False):
            continue  # it has a second teacher
        lead, error = estimates.lead(best, fitted.index(teacher))
        if lead > max(BEHIND, STANDARD_ERRORS * error):
            reasons[j] = (
                f"its teacher {names[teacher]!r} is expected to trail "
                f"{names[fitted[best]]!r} by {lead:.1%}"
            )
    return reasons


def learns_from_target(model: Any) -> bool:
    """Whether a model may learn from unlabelled target rows."""
    if not takes_domain(model):
        return False
    return not (
        has_transfer_parts(model)
        and isinstance(named_strategy(model.strategy), Pooling)
        and model.weighter is None
        and (model.mapper is None or ignores_labels(model.mapper))
    )
