"""A tree of merges, the same for every backend and number of processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sktransfer._core.tables import TextOptions
from sktransfer.moments._state import MomentState
from sktransfer.moments._table_files import file_columns, numbers, read_frames


def state_maker(make_state: Any) -> Callable[[Any], Any]:
    """Turn an empty state into the function that adds a block to it."""
    if isinstance(make_state, type) and issubclass(make_state, MomentState):
        raise TypeError(
            f"make_state must be a state; got the class {make_state.__name__}. Pass "
            f"{make_state.__name__}.empty(...)."
        )
    if isinstance(make_state, MomentState):
        if make_state.n_rows or make_state.shards:
            raise ValueError(
                "A state that is passed as make_state must be empty, else its rows "
                f"count once for each block; got one of {make_state.n_rows} rows. "
                "Merge it with the result instead."
            )
        return Update(make_state)
    if not callable(make_state):
        raise TypeError(
            "make_state must be a function of a block that returns a state, or an "
            f"empty state; got {type(make_state).__name__}."
        )
    return make_state


@dataclass(frozen=True)
class FileBlock:
    """A file, and the columns to read: those of the first file, in its order."""

    path: str | os.PathLike[str]
    columns: list[str]


def file_blocks(blocks: Iterable[Any]) -> Iterator[Any]:
    """Blocks with their paths as :class:`FileBlock`."""
    columns = None
    for block in blocks:
        if isinstance(block, str | os.PathLike):
            columns = file_columns(block) if columns is None else columns
            block = FileBlock(block, columns)
        yield block


class Update:
    """Function that adds a block to an empty state; its pickle is small."""

    def __init__(self, empty: MomentState) -> None:
        self.empty = empty

    def __call__(self, block: Any) -> MomentState:
        if isinstance(block, FileBlock):
            return self._update_from_file(block)
        if isinstance(block, str | os.PathLike):
            raise ValueError(
                f"{os.fspath(block)!r}: columns of files are matched with those of the "
                "first file, which is not known in a bag. Pass a list of paths, or a "
                "function of a path as make_state."
            )
        if isinstance(block, tuple):
            return self.empty.update(*block)
        return self.empty.update(block)

    def _update_from_file(self, block: FileBlock) -> MomentState:
        state, columns, path = self.empty, block.columns, Path(block.path)
        for frame in read_frames(path, None, _ROWS, TextOptions()):
            if set(frame) != set(columns):
                raise ValueError(
                    f"{str(path)!r} has the columns {', '.join(frame):.300}, but the "
                    f"first file has {', '.join(columns):.300}. {_CHOOSE}"
                )
            try:
                state = state.update(numbers(path, frame, columns))
            except ValueError as error:
                raise ValueError(f"{str(path)!r}: {error} {_CHOOSE}") from error
        return state


_ROWS = 50_000  # of a file, read at once
_CHOOSE = (
    "All columns of the file are read; to choose some, pass a function of a path that "
    "reads it by read_chunks(path, columns=...)."
)


def check_states(state: Any) -> Any:
    """Result of make_state, which is a state or a dict of states."""
    parts = state.values() if isinstance(state, Mapping) else [state]
    for part in parts:
        if not isinstance(part, MomentState):
            raise TypeError(
                "make_state must return a MomentState or a dict of them; got "
                f"{'a dict with ' if part is not state else ''}"
                f"{type(part).__name__}."
            )
    return state


def merge_states(a: Any, b: Any) -> Any:
    """Merge two states, or two dicts of states by their keys."""
    if isinstance(a, Mapping) != isinstance(b, Mapping):
        raise TypeError("make_state must return a dict for every block or for none.")
    if not isinstance(a, Mapping):
        return a.merge(b)
    both = dict(a)
    for key, state in b.items():
        both[key] = both[key].merge(state) if key in both else state
    return dict(sorted(both.items()))


class MergeTree:
    """Merge states as they arrive, in the order of a tree.

    At most one state is in memory for each level of the tree: a level merges the states
    from below one after the other, and passes the result up after ``split_every``. A
    graph of :func:`consecutive_groups` merges the same states, so both give the same
    bits.

    Parameters
    ----------
    split_every : int
        Number of states that one node merges.
    """

    def __init__(self, split_every: int) -> None:
        self.split_every = split_every
        self._levels: list[tuple[Any, int]] = []

    def add(self, state: Any) -> None:
        """Add the next state."""
        level = 0
        while True:
            if level == len(self._levels):
                self._levels.append((None, 0))
            total, count = self._levels[level]
            state = state if count == 0 else merge_states(total, state)
            if count + 1 < self.split_every:
                self._levels[level] = state, count + 1
                return
            self._levels[level] = None, 0
            level += 1

    def result(self) -> Any:
        """Merge the states of all levels."""
        rest = None
        for total, count in self._levels:
            if count and rest is not None:
                rest = merge_states(total, rest)
            elif count:
                rest = total
        return rest


def consecutive_groups(items: list[Any], size: int) -> list[list[Any]]:
    """Consecutive groups."""
    return [items[start : start + size] for start in range(0, len(items), size)]
