"""The tree of merges as a Dask graph, which survives the loss of workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from sktransfer.moments._table_files import file_columns
from sktransfer.moments._tree import (
    FileBlock,
    Update,
    check_states,
    consecutive_groups,
    merge_states,
)


def reduce_with_dask(
    blocks: Any, make_state: Callable[[Any], Any], split_every: int, retries: int
) -> Any:
    """Make a state of each block on its worker, and merge the states in a tree."""
    try:
        import dask
    except ImportError as error:
        raise ImportError(
            'backend="dask" needs Dask, which is not installed. Install it with '
            "pip install 'sktransfer[dask]', or use backend=\"joblib\"."
        ) from error
    bag = hasattr(blocks, "to_delayed") and hasattr(blocks, "npartitions")
    make = _PartitionState(make_state) if bag else _BlockState(make_state)
    parts = blocks.to_delayed() if bag else list(blocks)
    if not parts:
        return None
    client = _client(parts)
    if isinstance(make_state, Update) and not bag:
        parts = _file_blocks(parts)
    if client is None:
        return dask.compute(_graph(parts, make, split_every))[0]
    from distributed import KilledWorker

    for left in range(retries, -1, -1):
        root = _graph(parts, make, split_every)
        try:
            return client.compute(root, retries=retries).result()
        except KilledWorker:
            # the scheduler gives up a task that was on several lost workers; where
            # workers are lost often, that is chance. Tasks with new names start again
            if not left:
                raise
    raise AssertionError  # pragma: no cover


def _graph(parts: list[Any], make: Callable[[Any], Any], split_every: int) -> Any:
    """Delayed state of all parts."""
    from dask import delayed

    # pure=False: names are random, so that no block is read to be hashed
    make, merge = (delayed(f, pure=False) for f in (make, _merge_group))
    nodes = [make(part) for part in parts]
    while len(nodes) > 1:
        nodes = [
            merge(group) if len(group) > 1 else group[0]
            for group in consecutive_groups(nodes, split_every)
        ]
    return nodes[0]


def _file_blocks(parts: list[Any]) -> list[Any]:
    """Blocks with paths as FileBlock; a worker reads the columns of the first one."""
    from dask import delayed

    paths = [isinstance(part, str | os.PathLike) for part in parts]
    unread = [
        path or type(part).__module__.partition(".")[0] in ("dask", "distributed")
        for part, path in zip(parts, paths)
    ]
    if not any(unread):
        return parts
    first = (paths if any(paths) else unread).index(True)
    columns = delayed(_block_columns, pure=False)(parts[first])
    block = delayed(_file_block, pure=False)
    return [block(p, columns) if u else p for p, u in zip(parts, unread)]


def _block_columns(block: Any) -> list[str] | None:
    return file_columns(block) if isinstance(block, str | os.PathLike) else None


def _file_block(block: Any, columns: list[str] | None) -> Any:
    if columns is None or not isinstance(block, str | os.PathLike):
        return block
    return FileBlock(block, columns)


def _client(parts: list[Any]) -> Any:
    """Client of the futures among the blocks, or else the current client."""
    try:
        import distributed
    except ImportError:
        return None
    for part in parts:
        if isinstance(part, distributed.Future):
            return part.client
    try:
        return distributed.get_client()
    except ValueError:  # no client: Dask uses the scheduler of its configuration
        return None


class _BlockState:
    """State of one block."""

    def __init__(self, make_state: Callable[[Any], Any]) -> None:
        self.make_state = make_state

    def __call__(self, block: Any) -> Any:
        return check_states(self.make_state(block))


class _PartitionState(_BlockState):
    """State of the blocks of one partition of a bag; None if it has none."""

    def __call__(self, blocks: Iterable[Any]) -> Any:
        return _merge_group([super(_PartitionState, self).__call__(b) for b in blocks])


def _merge_group(states: list[Any]) -> Any:
    states = [state for state in states if state is not None]
    return reduce(merge_states, states) if states else None
