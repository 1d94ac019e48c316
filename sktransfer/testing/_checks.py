"""A law as a check with a name, and the message where an estimator breaks it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from traceback import extract_tb
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray


class Law(NamedTuple):
    """A law and the estimators that it holds for."""

    test: Callable[[Any, Any], None]  # of an estimator and a Case
    applies: Callable[[Any, Any], bool]

    @property
    def name(self) -> str:
        """Name of the check."""
        return self.test.__name__


class BrokenLawError(AssertionError):
    """What a law raises, to be told from the errors of estimators."""


def always(estimator: Any, case: Any) -> bool:
    """Condition of a law that holds for all."""
    return True


class Check:
    """One law, to be called with an estimator."""

    def __init__(self, law: Law, case: Any, expected_failure: str | None) -> None:
        self.law = law
        self.case = case
        self.expected_failure = expected_failure
        self.__name__ = law.name  # pytest makes the ids of tests from it

    def __repr__(self) -> str:
        return self.__name__

    def __call__(self, estimator: Any) -> None:
        """Raise an AssertionError that names the law if the estimator breaks it."""
        found = self._broken_law(estimator)
        name = type(estimator).__name__
        if self.expected_failure is not None:
            if found is None:
                raise AssertionError(
                    f"{name} keeps {self.__name__}, which is in expected_failed_checks "
                    f"({self.expected_failure!r}). Remove it from there."
                )
            return
        if found is not None:
            message, cause = found
            statement = str(self.law.test.__doc__).splitlines()[0]
            raise AssertionError(
                f"{name} breaks {self.__name__}: {statement} {message}"
            ) from cause

    def _broken_law(self, estimator: Any) -> tuple[str, Exception] | None:
        """How the estimator breaks the law, and the error; None if it keeps it."""
        with warnings.catch_warnings():
            # made-up rows may deserve a warning; it is not what a law is about
            warnings.simplefilter("ignore", UserWarning)
            try:
                self.law.test(estimator, self.case)
            except BrokenLawError as error:
                return str(error), error
            except Exception as error:
                return _explained(error), error
        return None


def _explained(error: Exception) -> str:
    """An error of an estimator, and the line that raised it."""
    where = extract_tb(error.__traceback__)[-1]
    message = str(error).removesuffix(".")
    return (
        f"Got {type(error).__name__}: {message}. It was raised in {where.name} "
        f"({where.filename}, line {where.lineno}), where no error is expected."
    )


def require_estimator(estimator: Any) -> None:
    """Raise unless an estimator can be cloned and has tags."""
    name = getattr(estimator, "__name__", type(estimator).__name__)
    if isinstance(estimator, type):
        raise TypeError(
            f"The checks take an object; got the class {name}. Pass {name}(...)."
        )
    missing = [
        method
        for method in ("get_params", "set_params", "__sklearn_tags__")
        if not hasattr(estimator, method)
    ]
    if missing:
        raise TypeError(
            f"The checks clone {name} and read its tags; got a class without "
            f"{', '.join(missing)}. Derive it from sklearn.base.BaseEstimator, which "
            "has them."
        )


def generate_checks(
    estimator: Any,
    laws: Iterable[Law],
    case: Any,
    expected_failed_checks: Mapping[str, str] | None,
) -> Iterator[tuple[Any, Check]]:
    """Pairs of the estimator and a check, for each law that applies to it."""
    require_estimator(estimator)
    expected = dict(expected_failed_checks or {})
    laws = list(laws)
    unknown = sorted(set(expected) - {law.name for law in laws})
    if unknown:
        raise ValueError(
            f"expected_failed_checks must name checks; got {unknown}. The names are "
            f"{[law.name for law in laws]}."
        )
    for law in laws:
        if law.applies(estimator, case):
            yield estimator, Check(law, case, expected.get(law.name))


def run_checks(checks: Iterable[tuple[Any, Callable[[Any], None]]]) -> None:
    """Run all checks, and raise one AssertionError that names each broken law.

    Laws that are broken by equal errors of the estimator share a line.
    """
    found: dict[Any, list[tuple[str, AssertionError]]] = {}
    for estimator, check in checks:
        try:
            check(estimator)
        except AssertionError as error:
            cause = error.__cause__
            by_law = cause is None or isinstance(cause, BrokenLawError)
            key = check.__name__ if by_law else (type(cause), str(cause))
            found.setdefault(key, []).append((check.__name__, error))
    if found:
        first = next(iter(found.values()))[0][1]
        raise AssertionError("\n".join(map(_line, found.values()))) from first


def _line(broken_checks: list[tuple[str, AssertionError]]) -> str:
    """The message of the first of some checks that break by one error, and the rest."""
    (_, first), *others = broken_checks
    if not others:
        return str(first)
    names = ", ".join(name for name, _ in others)
    return f"{first} The same error breaks {len(others)} other checks: {names}."


def broken(got: str, remedy: str) -> NoReturn:
    """Raise with what was got and what to do."""
    raise BrokenLawError(f"Got {got}. {remedy}")


def require_close(
    actual: Any, expected: Any, tolerance: float, what: str, remedy: str
) -> None:
    """Raise unless two arrays agree up to a share of the largest value."""
    a, b = dense(actual), dense(expected)
    if a.shape != b.shape:
        broken(f"{what} of shape {a.shape} where {b.shape} was expected", remedy)
    both = np.isfinite(a) & np.isfinite(b)
    if not np.array_equal(a[~both], b[~both], equal_nan=True):
        broken(f"{what} that are finite in one fit and not in the other", remedy)
    if not both.any():
        return
    a, b = a[both], b[both]
    scale = max(float(np.abs(b).max()), 1e-12)
    difference = float(np.abs(a - b).max())
    if difference > tolerance * scale:
        broken(
            f"{what} that differ by up to {difference:.3g}, where the largest is "
            f"{scale:.3g}",
            remedy,
        )


def as_array(values: Any) -> Any:
    """A sparse matrix as an array, and an array as it is."""
    return values.toarray() if hasattr(values, "toarray") else values


def dense(values: Any) -> NDArray[np.float64]:
    """Values of any container as a float64 array."""
    return np.asarray(as_array(values), dtype=np.float64)


def require_error(
    what: str, word: str, remedy: str, function: Callable[..., Any], *args: Any
) -> None:
    """Raise unless a call raises a ValueError that says a word."""
    try:
        function(*args)
    except ValueError as error:
        if word not in str(error):
            broken(f"the message {str(error)!r} for {what}", remedy)
        return
    broken(f"no error for {what}", remedy)
