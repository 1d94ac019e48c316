"""A law as a check with a name, and the message where an estimator breaks it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
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
        problem = self._problem(estimator)
        name = type(estimator).__name__
        if self.expected_failure is not None:
            if problem is None:
                raise AssertionError(
                    f"{name} keeps {self.__name__}, which is in expected_failed_checks "
                    f"({self.expected_failure!r}). Remove it from there."
                )
            return
        if problem is not None:
            message, cause = problem
            statement = str(self.law.test.__doc__).splitlines()[0]
            raise AssertionError(
                f"{name} breaks {self.__name__}: {statement} {message}"
            ) from cause

    def _problem(self, estimator: Any) -> tuple[str, Exception] | None:
        """What is wrong, if anything."""
        with warnings.catch_warnings():
            # made-up rows may deserve a warning; it is not what a law is about
            warnings.simplefilter("ignore", UserWarning)
            try:
                self.law.test(estimator, self.case)
            except BrokenLawError as error:
                return str(error), error
            except Exception as error:
                return (
                    f"Got {type(error).__name__}: {error} The traceback above shows "
                    "which call of the estimator must not raise it.",
                    error,
                )
        return None


def generate_checks(
    estimator: Any,
    laws: Iterable[Law],
    case: Any,
    expected_failed_checks: Mapping[str, str] | None,
) -> Iterator[tuple[Any, Check]]:
    """Pairs of the estimator and a check, for each law that applies to it."""
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
    """Run all checks, and raise one AssertionError that names each broken law."""
    broken, causes = [], []
    for estimator, check in checks:
        try:
            check(estimator)
        except AssertionError as error:
            broken.append(str(error))
            causes.append(error)
    if broken:
        raise AssertionError("\n".join(broken)) from causes[0]


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
