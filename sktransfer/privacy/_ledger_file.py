"""Ledger of a budget in a file, shared by processes."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from pathlib import Path
from typing import Any

from sktransfer._core.files import atomic_writer, clean_end

_FORMAT = "sktransfer privacy budget 1"
_PATIENCE = 10.0  # seconds; a charge takes milliseconds


class PrivacyBudgetError(RuntimeError):
    """The budget has less left than a release needs, or cannot be charged."""


class LedgerFile:
    """File with the shares of a budget that are spent.

    Each charge replaces the whole file, so a charge is written or not written even if
    the process dies. A file beside it, ``.lock``, keeps other processes from charging
    at the same time.

    Parameters
    ----------
    path : str or path-like
        The file. It is made if it does not exist.
    epsilon, delta : float
        Parameters of the budget. A file with other ones is refused.
    """

    def __init__(
        self, path: str | os.PathLike[str], epsilon: float, delta: float
    ) -> None:
        self.path = Path(os.path.realpath(path))
        self._budget = {"epsilon": epsilon, "delta": delta}
        with self.locked():
            if not self.path.exists():
                self.write([])
        self.read()

    def read(self) -> list[tuple[str, float]]:
        """Labels and shares of the releases so far."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            if found.pop("format") != _FORMAT:
                raise ValueError("it has another format")
            entries = found["ledger"]
            releases = [
                (_label_value(e["label"]), _share_value(e["share"])) for e in entries
            ]
            budget = {name: _number_value(found[name]) for name in self._budget}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PrivacyBudgetError(
                f"The ledger {self.path} cannot be read, so nobody knows what is "
                f"spent: {error}. Restore the file; nothing is charged without it."
            ) from error
        if budget != self._budget:
            raise ValueError(
                f"{self.path} is the ledger of {budget}; got {self._budget}. A budget "
                "stays what it was when the first release was made."
            )
        return releases

    def write(self, releases: list[tuple[str, float]]) -> None:
        """Replace the file."""
        ledger = [{"label": label, "share": share} for label, share in releases]
        text = json.dumps({"format": _FORMAT, **self._budget, "ledger": ledger})
        with atomic_writer(self.path) as file:
            file.write(text.encode())
        if hasattr(os, "O_DIRECTORY"):  # or a loss of power could undo it
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from charging."""
        lock = self.path.with_name(self.path.name + ".lock")
        with clean_end():
            _make_lock(lock)
            try:
                yield
            finally:
                os.unlink(lock)


def _make_lock(lock: Path) -> None:
    """Make the file that only one process can make, waiting for its turn."""
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            return
        except FileExistsError:
            if time.monotonic() > give_up:
                raise PrivacyBudgetError(
                    f"{lock} is held by another process; nothing was charged. If "
                    "that process has died, delete the file."
                ) from None
            time.sleep(0.01)


def _label_value(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a label is no text: {value!r:.99}")
    return value


def _number_value(value: Any) -> float:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ValueError(f"a number is expected, got {value!r:.99}")
    return float(value)


def _share_value(value: Any) -> float:
    share = _number_value(value)
    if not 0 < share <= 1 or math.isnan(share):
        raise ValueError(f"a share is above 0 and at most 1, got {value!r:.99}")
    return share
