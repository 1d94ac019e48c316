"""One check of parameters for all: estimators declare what theirs may be.

An estimator lists constraints in ``_parameter_constraints``, in scikit-learn's style,
and begins its ``fit`` with ``check_parameters(self)``; a function calls ``check_value``
for each of its own. Messages say what was got and what was expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    StrOptions,
    make_constraint,
)

__all__ = [
    "HasMethods",
    "InvalidParameterError",
    "check_parameters",
    "check_value",
    "fit_needs_y",
    "integer",
    "number",
    "one_of",
]


class _Range(Interval):
    """An interval of numbers that takes no booleans and says plainly what it takes."""

    def __init__(self, type: Any, left: Any, right: Any, closed: str, text: str):
        super().__init__(type, left, right, closed=closed)
        self._text = text

    def is_satisfied_by(self, val: Any) -> bool:
        return not isinstance(val, bool | np.bool_) and super().is_satisfied_by(val)

    def __str__(self) -> str:
        return self._text


class _Names(StrOptions):
    """Some strings."""

    def __str__(self) -> str:
        return f"one of {', '.join(map(repr, sorted(self.options)))}"


def integer(least: int, most: int | None = None) -> _Range:
    """Integers from `least` to `most`, both included; None: no upper end."""
    text = f"an integer of at least {least}"
    if most is not None:
        text = f"an integer from {least} to {most}"
    closed = "left" if most is None else "both"
    return _Range(Integral, least, most, closed, text)


def number(
    least: float | None = None,
    most: float | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
) -> _Range:
    """Finite numbers between two ends, included (least, most) or not (above, below).

    ``most=np.inf`` lets infinity in, ``least=-np.inf`` minus infinity.
    """
    low, high = (above if least is None else least), (below if most is None else most)
    closed = {
        (True, True): "both",
        (True, False): "left",
        (False, True): "right",
        (False, False): "neither",
    }[least is not None, most is not None]
    ends = []
    if low is not None and low != -np.inf:
        ends.append(f"{'above' if least is None else 'of at least'} {low:g}")
    if high is not None and high != np.inf:
        ends.append(f"{'below' if most is None else 'at most'} {high:g}")
    finite = "" if np.inf in (most, -(least or 0)) else "finite "
    text = "a number " + " and ".join(ends) if ends else f"a {finite}number"
    if most == np.inf:
        text += ", inf included"
    return _Range(Real, low, high, closed, text)


def one_of(*names: str) -> _Names:
    """Some strings."""
    return _Names(set(names))


def check_value(name: str, value: Any, *constraints: Any) -> None:
    """Raise unless a parameter meets one of its constraints."""
    if isinstance(value, bool) and "boolean" in constraints:
        return  # at once: a tokenizer is checked for each text
    made = [make_constraint(c) for c in constraints]
    if any(c.is_satisfied_by(value) for c in made):
        return
    expected = " or ".join(str(c) for c in made)
    raise InvalidParameterError(f"{name} must be {expected}; got {value!r:.200}.")


def fit_needs_y(estimator: Any) -> bool:
    """Whether the `fit` of an estimator cannot be called without y."""
    try:
        y = signature(estimator.fit).parameters.get("y")
    except (TypeError, ValueError):  # not written in Python
        return False
    return y is not None and y.default is y.empty


def check_parameters(estimator: Any) -> None:
    """Check the parameters of an estimator against its ``_parameter_constraints``."""
    declared: dict[str, Sequence[Any]] = estimator._parameter_constraints
    for name, constraints in declared.items():
        check_value(name, getattr(estimator, name), *constraints)
