"""One check of parameters for all: estimators declare what theirs may be.

An estimator lists constraints in ``_parameter_constraints``, in scikit-learn's style,
and begins its ``fit`` with ``check_parameters(self)``; a function calls ``check_value``
for each of its own. Messages say what was got and what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    "part",
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
        names = ", ".join(map(repr, sorted(self.options)))
        return names if len(self.options) == 1 else f"one of {names}"


class _Part(HasMethods):
    """Objects with a method. Classes are none, nor are their names."""

    def __init__(self, method: str, text: str) -> None:
        super().__init__(method)
        self._text = text

    def is_satisfied_by(self, val: Any) -> bool:
        return not isinstance(val, type) and super().is_satisfied_by(val)

    def __str__(self) -> str:
        return self._text


def integer(least: int, most: int | None = None) -> _Range:
    """Constraint of a parameter: integers between two ends, both included.

    Parameters
    ----------
    least : int
        The least that is allowed.
    most : int, default=None
        The most that is allowed; None: no upper end.

    Returns
    -------
    constraint : object
        For lists in ``_parameter_constraints`` and for :func:`check_value`. Booleans
        are refused.

    Examples
    --------
    >>> from sktransfer.utils.validation import integer
    >>> print(integer(1, 5))
    an integer from 1 to 5
    """
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
    """Constraint of a parameter: numbers between two ends, without NaN.

    Parameters
    ----------
    least, most : float, default=None
        Ends that are allowed themselves. Infinity is allowed only with ``most=np.inf``,
        minus infinity with ``least=-np.inf``.
    above, below : float, default=None
        Ends that are not allowed themselves, in place of the former.

    Returns
    -------
    constraint : object
        For lists in ``_parameter_constraints`` and for :func:`check_value`. Booleans
        are refused.

    Examples
    --------
    >>> from sktransfer.utils.validation import number
    >>> print(number(above=0, most=1))
    a number above 0 and at most 1
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
        text += " (inf allowed)"
    return _Range(Real, low, high, closed, text)


def one_of(*names: str) -> _Names:
    """Constraint of a parameter: some strings.

    Parameters
    ----------
    *names : str
        The strings that are allowed.

    Returns
    -------
    constraint : object
        For lists in ``_parameter_constraints`` and for :func:`check_value`.

    Examples
    --------
    >>> from sktransfer.utils.validation import one_of
    >>> print(one_of("linear", "rbf"))
    one of 'linear', 'rbf'
    """
    return _Names(set(names))


def part(text: str, *, method: str = "get_params") -> _Part:
    """Objects with a method, by default those that can be cloned, told by a text."""
    return _Part(method, text)


def _description(given: Any, made: Any) -> str:
    """What a constraint allows, in words."""
    if given is Mapping:
        return "a mapping"
    if isinstance(given, str) and given == "boolean":
        return "True or False"
    return str(made)


def _ellipsis(cls: type) -> str:
    """Dots where a class is not made without arguments."""
    try:
        parameters = signature(cls).parameters.values()
    except (TypeError, ValueError):  # not written in Python
        return "..."
    needs_some = any(
        p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        for p in parameters
    )
    return "..." if needs_some else ""


def check_value(name: str, value: Any, *constraints: Any) -> None:
    """Raise unless a value meets one of its constraints.

    Parameters
    ----------
    name : str
        How the message calls the value.
    value : object
        The value.
    *constraints : object
        What is allowed: :func:`integer`, :func:`number`, :func:`one_of`, None, a type,
        ``callable``, ``"boolean"``, ``"array-like"``, ``"sparse matrix"`` or
        ``"random_state"``.

    Raises
    ------
    ValueError
        If none is met. The message says what is expected and what was got.

    Examples
    --------
    >>> from sktransfer.utils.validation import check_value, integer
    >>> check_value("k", 0, integer(1), None)
    Traceback (most recent call last):
    ...
    sklearn.utils._param_validation.InvalidParameterError: k must be an integer of at
    least 1, or None; got 0.
    """
    if isinstance(value, bool) and "boolean" in constraints:
        return  # at once: a tokenizer is checked for each text
    made = [make_constraint(c) for c in constraints]
    if any(c.is_satisfied_by(value) for c in made):
        return
    texts = [_description(*pair) for pair in zip(constraints, made)]
    expected = ", or ".join(texts)
    got, remedy = f"{value!r:.200}", ""
    if isinstance(value, type):
        got = f"the class {value.__name__}"
        remedy = f" Pass an object, such as {value.__name__}({_ellipsis(value)})."
    raise InvalidParameterError(f"{name} must be {expected}; got {got}.{remedy}")


def fit_needs_y(estimator: Any) -> bool:
    """Whether the `fit` of an estimator cannot be called without y."""
    try:
        y = signature(estimator.fit).parameters.get("y")
    except (TypeError, ValueError):  # not written in Python
        return False
    return y is not None and y.default is y.empty


def check_parameters(estimator: Any) -> None:
    """Check the parameters of an estimator against its ``_parameter_constraints``.

    Call it first in ``fit``. The base classes of :mod:`sktransfer.base` do so.

    Parameters
    ----------
    estimator : estimator
        Its class has a dict ``_parameter_constraints``, which maps names of parameters
        to lists of what is allowed, as :func:`check_value` takes it.

    Raises
    ------
    ValueError
        If a parameter is not allowed. The message names it and the class.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from sktransfer.utils.validation import check_parameters, number
    >>> class Scaler(BaseEstimator):
    ...     _parameter_constraints = {"factor": [number(above=0)]}
    ...
    ...     def __init__(self, factor=1.0):
    ...         self.factor = factor
    >>> check_parameters(Scaler(-1))
    Traceback (most recent call last):
    ...
    sklearn.utils._param_validation.InvalidParameterError: factor of Scaler must be a
    number above 0; got -1.
    """
    declared: dict[str, Sequence[Any]] = estimator._parameter_constraints
    owner = type(estimator).__name__
    of = "" if owner.startswith("_") else f" of {owner}"  # users know no private class
    for name, constraints in declared.items():
        check_value(name + of, getattr(estimator, name), *constraints)
