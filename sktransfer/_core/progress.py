"""What a fit is doing: told while it runs, and where it is interrupted."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TextIO, TypeVar

import numpy as np

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn < 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: this scikit-learn has no callbacks."""

    def with_callbacks(method: Any) -> Any:
        """Return the method as it is: this scikit-learn has no callbacks."""
        return method


Item = TypeVar("Item")
Fit = TypeVar("Fit", bound=Callable[..., Any])


class _Count:
    """How many of how many parts have begun, since when."""

    def __init__(self, total: int | None) -> None:
        self.total, self.begun, self.what = total, 0, ""
        self.start = time.monotonic()

    def begin(self, what: str) -> None:
        self.begun += 1
        self.what = what

    def where(self) -> str:
        """Which part of how many."""
        of = "" if self.total is None else f" of {self.total}"
        return f"{self.what} ({self.begun}{of})"

    def times(self) -> str:
        """Time taken and, by the mean of the parts that are done, time left."""
        took, done = time.monotonic() - self.start, self.begun - 1
        left = ""
        if done and self.total is not None:
            left = f", about {_duration(took / done * (self.total - done))} left"
        return f"{_duration(took)}{left}"


class _RunningFit:
    """One fit under way: its steps, the parts of its step, its callbacks."""

    def __init__(self, estimator: Any, outer: _RunningFit | None) -> None:
        self.estimator = estimator
        self.depth: int = 0 if outer is None else outer.depth + 1
        self.steps: _Count | None = None
        self.parts: _Count | None = None
        self.root: Any = None  # context of scikit-learn's callbacks
        self.task: Any = None

    def begin_step(self, what: str, total: int | None, *, told: bool = True) -> None:
        """Begin a step; the first one says how many there will be."""
        if self.steps is None:
            self.steps = _Count(total)
            self._open_callbacks(total)
        self.parts = None
        self.steps.begin(what)
        if self.root is not None:
            self._end_task()
            self.task = self.root.subcontext(task_name=what)
            self.task.call_on_fit_task_begin(estimator=self.estimator)
        self._show(self.steps, told and not self.depth)

    def begin_part(self, what: str, total: int) -> None:
        """Begin a part of the present step, or a step where none was named."""
        if self.steps is None:
            self.begin_step("fit", 1)
        if self.parts is None or self.parts.begun == self.parts.total:
            self.parts = _Count(total)
        self.parts.begin(what)
        self._show(self.parts, False)

    def where(self) -> str:
        """What is being done."""
        counts = [c.where() for c in (self.steps, self.parts) if c is not None]
        return ": ".join([type(self.estimator).__name__, *counts])

    def _show(self, count: _Count, told: bool) -> None:
        display = _display.get()
        if display is not None:
            display.show(self, count, told)

    def _open_callbacks(self, total: int | None) -> None:
        known = vars(self.estimator).keys()
        told = known & {"_skl_callbacks", "_parent_callback_ctx"}
        # a Pipeline gives its context to steps without support, too
        if told and hasattr(self.estimator, "_init_callback_context"):
            self.root = self.estimator._init_callback_context(max_subtasks=total)
            self.root.call_on_fit_task_begin(estimator=self.estimator)

    def _end_task(self) -> None:
        if self.task is not None:
            self.task.call_on_fit_task_end(estimator=self.estimator)
            self.task = None

    def end(self) -> None:
        """Tell the callbacks that the fit is done."""
        if self.steps is None:
            self._open_callbacks(0)
        self._end_task()
        if self.root is not None:
            self.root.call_on_fit_task_end(estimator=self.estimator)


class _Display:
    """Lines about running fits."""

    def __init__(self, file: TextIO | None, every: float) -> None:
        self.file, self.every, self.last = file, every, -np.inf

    def show(self, fit: _RunningFit, count: _Count, told: bool) -> None:
        """Write what a fit is doing, if it is told or the last line is old enough."""
        now = time.monotonic()
        if told or now - self.last >= self.every:
            self.last = now
            line = f"{'  ' * fit.depth}{fit.where()}, {count.times()}"
            print(line, file=sys.stderr if self.file is None else self.file, flush=True)


_running: ContextVar[_RunningFit | None] = ContextVar("running fit", default=None)
_display: ContextVar[_Display | None] = ContextVar("display", default=None)


def reports_progress(fit: Fit) -> Fit:
    """Fit that tells what it does; interrupted, it leaves the estimator as it was.

    It is one frame more between the user and a warning.
    """

    @wraps(fit)
    def reported(self: Any, *args: Any, **kwargs: Any) -> Any:
        outer = _running.get()
        if outer is not None and outer.estimator is self:  # its fit calls super().fit
            return fit(self, *args, **kwargs)
        before = dict(vars(self))
        running = _RunningFit(self, outer)
        token = _running.set(running)
        try:
            result = fit(self, *args, **kwargs)
            running.end()
        except BaseException as error:
            _tear_down(self)
            if isinstance(error, KeyboardInterrupt):
                vars(self).clear()
                vars(self).update(before)
                _say_what_ran(error, running)
            raise
        finally:
            _running.reset(token)
        _tear_down(self)
        return result

    return reported  # type: ignore[return-value]


@with_callbacks
def _tear_down(estimator: Any) -> None:
    """Let the callbacks end: scikit-learn does so after this."""


def _say_what_ran(interrupt: Any, running: _RunningFit) -> None:
    """Give an interrupt a message: the fits that ran, the outermost first."""
    ran = [running.where(), *getattr(interrupt, "_ran", [])]
    interrupt._ran = ran
    name = type(running.estimator).__name__
    interrupt.args = (
        f"fit was interrupted in {' > '.join(ran)}. The {name} is as it was before "
        "this fit.",
    )


def begin_step(what: str, of: int | None = None) -> None:
    """Say what the running fit begins to do; the first step says how many there are."""
    running = _running.get()
    if running is not None:
        running.begin_step(what, of)


def begin_part(what: str, of: int) -> None:
    """Say which part of the present step begins; after the last, they count anew."""
    running = _running.get()
    if running is not None:
        running.begin_part(what, of)


def in_rounds(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Go through rounds and tell how far they are.

    They are parts of the present step, or the steps of a fit that has named none.
    """
    running = _running.get()
    if running is None:
        yield from items
        return
    are_steps = running.steps is None
    running.parts = None
    for item in items:
        if are_steps:
            running.begin_step(what, len(items), told=False)
        else:
            running.begin_part(what, len(items))
        yield item


@contextmanager
def show_progress(*, file: TextIO | None = None, every: float = 1.0) -> Iterator[None]:
    """Tell what every fit in the block is doing, and about how long it will take.

    Each step of a fit is a line: the estimator, the step, its number and how many there
    are, the time taken, and the time left if the steps to come take as long as those
    that are done. Parts of a step, rounds of an algorithm and fits within the fit are
    told where the last line is old enough; those of fits within are indented.

    Parameters
    ----------
    file : text file or None, default=None
        Where to write; None for standard error.
    every : float, default=1.0
        Seconds after a line until a part, a round or a fit within is told; 0: always.

    Notes
    -----
    Fits in other threads or processes, as by ``n_jobs``, are not told.

    Examples
    --------
    >>> import sys
    >>> import numpy as np
    >>> from sktransfer.recommend import ALSRecommender
    >>> from sktransfer.utils import show_progress
    >>> X = np.eye(4) + np.eye(4, k=1)
    >>> with show_progress(file=sys.stdout, every=0):
    ...     recommender = ALSRecommender(n_factors=2, max_iter=2).fit(X)
    ALSRecommender: round of least squares (1 of 2), 0 s
    ALSRecommender: round of least squares (2 of 2), 0 s, about 0 s left
    """
    token = _display.set(_Display(file, every))
    try:
        yield
    finally:
        _display.reset(token)


def _duration(seconds: float) -> str:
    """Seconds as people say it."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
