"""Output of the command line: tables, progress, errors."""

from __future__ import annotations

import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple


class CommandError(Exception):
    """An error that the user can correct, shown in one line."""


class Row(NamedTuple):
    """One method of a comparison."""

    method: str
    score: float | None
    seconds: float


def comparison(rows: Sequence[Row], *, score_name: str, baseline: int = 0) -> str:
    """Format a table of methods with score, gain over the baseline, and time."""
    width = max(len(r.method) for r in rows)
    lines = [f"  {'method':<{width}}  {score_name:>9}  {'gain':>6}  {'time':>7}"]
    zero = rows[baseline].score
    for i, (method, score, seconds) in enumerate(rows):
        shown = "-" if score is None else f"{score:.3f}"
        gain = ""
        if i != baseline and score is not None and zero is not None:
            gain = f"{score - zero:+.3f}"
        lines.append(f"  {method:<{width}}  {shown:>9}  {gain:>6}  {seconds:>6.1f}s")
    return "\n".join(lines)


def text_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Format a table whose first column is text."""
    cells = [list(header), *([_console_cell(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for first, *others in cells:
        right = "".join(f"  {c:>{w}}" for c, w in zip(others, widths[1:], strict=True))
        lines.append(f"{first:<{widths[0]}}{right}".rstrip())
    return "\n".join(lines)


def _console_cell(cell: Any) -> str:
    if cell is None or cell != cell:
        return "-"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


@contextmanager
def warnings_given() -> Iterator[list[str]]:
    """List that holds, after the block, the warnings given in it, each once."""
    texts: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        yield texts
    for warning in caught:
        if issubclass(warning.category, UserWarning):
            text = " ".join(str(warning.message).split())
            if text not in texts:
                texts.append(text)
        warnings.warn(warning.message, warning.category, stacklevel=3)


@contextmanager
def progress(what: str = "", *, after: float = 2.0) -> Iterator[Callable[[str], None]]:
    """Show the current step on standard error, if it is a terminal.

    The function that it yields names the next step. Nothing appears where standard
    error is no terminal, or within ``after`` seconds of a step.
    """
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    done = threading.Event()
    step, start = what, time.monotonic()

    def begin(name: str) -> None:
        nonlocal step, start
        if time.monotonic() - start >= after:
            sys.stderr.write("\r\x1b[K")
        step, start = name, time.monotonic()

    def show() -> None:
        while not done.wait(1.0 if time.monotonic() - start >= after else after):
            seconds = time.monotonic() - start
            if seconds >= after:
                sys.stderr.write(f"\r\x1b[K{step} ... {seconds:.0f} s")
                sys.stderr.flush()

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield begin
    finally:
        done.set()
        thread.join()
        if time.monotonic() - start >= after:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
