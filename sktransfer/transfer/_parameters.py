"""Checks of the parameters that transfer estimators share."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np

TARGET_LABELS = ("ignore", "use")
SOURCE_SHARES = ("equal", "target")


def check_choice(name: str, value: Any, known: tuple[str, ...]) -> None:
    """Raise unless a value is one of the known names."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, known))}; got {value!r}."
        )


def check_positive(name: str, value: Any) -> None:
    """Raise unless a value is a finite number above 0."""
    if not (isinstance(value, Real) and 0 < value < np.inf):
        raise ValueError(f"{name} must be a positive number; got {value!r}.")


def check_count(name: str, value: Any) -> None:
    """Raise unless a value is a whole number of at least 1."""
    if not (isinstance(value, Integral) and value >= 1) or isinstance(value, bool):
        raise ValueError(f"{name} must be an int of at least 1; got {value!r}.")


def check_strength(value: Any) -> None:
    """Raise unless ``strength`` is None or a number of at least 0, inf included."""
    if value is not None and not (isinstance(value, Real) and value >= 0):
        raise ValueError(
            "strength must be None (chosen by cross-validation) or a number of at "
            f"least 0, inf included; got {value!r}."
        )


def check_student(model: Any) -> None:
    """Raise unless the parameters of a student are of use."""
    if not (np.isreal(model.teacher_weight) and 0 <= model.teacher_weight < np.inf):
        raise ValueError(
            "teacher_weight must be a number of at least 0; got "
            f"{model.teacher_weight!r}."
        )
    rounds = model.refine
    if not (isinstance(rounds, bool | int | np.integer) and rounds >= 0):
        raise ValueError(
            "refine must be True, False or a number of rounds of at least 0; got "
            f"{rounds!r}."
        )
    if model.student is not None and not hasattr(model.student, "predict"):
        raise TypeError(
            "student must be a regressor, or a Pipeline that ends in one (fit and "
            f"predict); got {type(model.student).__name__}."
        )
