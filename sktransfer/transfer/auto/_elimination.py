"""Candidates that teach others, and those that need not be fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from sktransfer.transfer._classifier import TransferClassifier
from sktransfer.transfer.auto._decision import Standing
from sktransfer.transfer.strategies import Distillation, Pooling, SelfTraining
from sktransfer.transfer.strategies._names import named_strategy

# raters after which the rest is looked at: agreement tells who is right from three on
FIRST_LOOK = 4
# a teacher that trails by so much does not make a student that leads
BEHIND = 0.05
STANDARD_ERRORS = 2.0


def equal_parts(first: Any, second: Any) -> bool:
    """Whether two unfitted estimators, or values of parameters, are the same."""
    if first is second:
        return True
    if type(first) is not type(second):
        return False
    if isinstance(first, BaseEstimator):
        return equal_parts(first.get_params(deep=False), second.get_params(deep=False))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(
            equal_parts(value, second[key]) for key, value in first.items()
        )
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(equal_parts, first, second))
    if isinstance(first, np.ndarray):
        return np.array_equal(first, second)
    try:
        return bool(first == second)
    except (TypeError, ValueError):
        return False


def teachers(models: list[Any]) -> list[int | None]:
    """Which other candidate teaches each one."""
    return [
        next((k for k, other in enumerate(models) if _teaches(other, model)), None)
        for model in models
    ]


def _teaches(first: Any, second: Any) -> bool:
    both = isinstance(first, TransferClassifier) and isinstance(
        second, TransferClassifier
    )
    return (
        both
        and isinstance(named_strategy(first.strategy), Pooling)
        and isinstance(named_strategy(second.strategy), (Distillation, SelfTraining))
        and all(
            equal_parts(getattr(first, part), getattr(second, part))
            for part in ("mapper", "weighter", "estimator", "source_shares")
        )
    )


def _has_native_teacher(model: TransferClassifier) -> bool:
    return getattr(named_strategy(model.strategy), "native_teacher", False)


def needless(
    standing: Standing,
    agreement: NDArray[np.float64],
    fitted: list[int],
    models: list[Any],
    names: list[str],
    least: float,
) -> dict[int, str]:
    """Candidates that need not be fitted, and why, from what the first ones say.

    None is needed where all that were fitted say the same as the source alone, but for
    a share of ``least`` of the target rows. That the source is *expected* to be right
    nearly everywhere is no such reason: candidates that share its errors say so, too. A
    student of one teacher is not needed where this is expected to trail the best
    candidate by more than .05 and by more than two standard errors. A student with a
    native teacher has two.
    """
    left = [j for j in range(len(models)) if j > max(fitted)]
    if 1 - agreement.min() < least:
        reason = (
            f"all that were fitted say the same as {names[fitted[0]]!r} about more "
            f"than {1 - least:.0%} of the target rows"
        )
        return dict.fromkeys(left, reason)
    best = int(np.argmax(standing.scores))
    teacher, reasons = teachers(models), {}
    for j in left:
        if teacher[j] not in fitted or _has_native_teacher(models[j]):
            continue
        lead, error = standing.lead(best, fitted.index(teacher[j]))
        if lead > max(BEHIND, STANDARD_ERRORS * error):
            reasons[j] = (
                f"its teacher {names[teacher[j]]!r} is expected to trail "
                f"{names[fitted[best]]!r} by {lead:.1%}"
            )
    return reasons


def good_students(
    standing: Standing, fitted: list[int], teacher: list[int | None]
) -> list[int]:
    """Students of the best candidate that are not clearly worse, the best one first.

    A student keeps what its teacher knows and learns the target's own features, of
    which agreement sees little. So it is preferred unless it is expected to be worse
    by more than two standard errors.
    """
    best = int(np.argmax(standing.scores))
    found = []
    for i in np.argsort(-standing.scores, kind="stable"):
        if teacher[fitted[i]] == fitted[best]:
            lead, error = standing.lead(best, int(i))
            if lead <= STANDARD_ERRORS * error:
                found.append(fitted[i])
    return found
