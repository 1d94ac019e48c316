"""States of many blocks, made by processes or a cluster and merged in a tree."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from sktransfer._core.parameters import check_value, integer, one_of
from sktransfer._core.sparse import is_sparse
from sktransfer.moments._dask import reduce_with_dask
from sktransfer.moments._state import MomentState
from sktransfer.moments._tree import (
    MergeTree,
    Update,
    check_states,
    file_blocks,
    state_maker,
)


def reduce_states(
    blocks: Iterable[Any],
    make_state: Callable[[Any], Any] | MomentState,
    *,
    backend: str = "joblib",
    split_every: int = 4,
    retries: int = 3,
    n_jobs: int | None = None,
) -> Any:
    """State of the rows of all blocks, which need not fit into memory.

    A state is made of each block, on the worker that has it, and the states are merged
    in a tree. The tree depends only on the number of blocks and on ``split_every``, so
    both backends and every ``n_jobs`` give the same bits. In exact arithmetic, so do
    all orders of the blocks and all values of ``split_every``.

    Parameters
    ----------
    blocks : iterable or dask.bag.Bag
        Blocks of rows: arrays, CSR matrices, tuples of them, paths, or any argument of
        ``make_state``. With joblib a generator is read when needed, at most
        ``2 * n_jobs`` blocks ahead. With Dask also futures, delayed objects, or a bag
        whose items are blocks.
    make_state : callable or MomentState
        Function of a block that returns a `MomentState`, or a dict of them such as one
        for each domain; dicts are merged by key. An empty state is short for
        ``lambda block: state.update(block)``, or ``state.update(*block)`` if the block
        is a tuple; if the block is a path, all columns of the file are read by
        :func:`read_chunks`, in the order that they have in the first file. With several
        processes it must be picklable.
    backend : {"joblib", "dask"}, default="joblib"
        "joblib": processes of this machine. "dask": the current `distributed.Client`,
        or without a client the scheduler of Dask's configuration.
    split_every : int, default=4
        Number of states that are merged at once. With a larger number, fewer states are
        in the memory of this process and more in that of a worker of a cluster.
    retries : int, default=3
        How often a block is tried again if its process has died; with Dask also after
        an error. Each block counts once.
    n_jobs : int, default=None
        Number of processes of joblib. None: one, or the number set by
        :func:`joblib.parallel_config`. No effect with Dask.

    Returns
    -------
    state : MomentState or dict of MomentState
        State of all rows.

    Raises
    ------
    TypeError
        If ``blocks`` is one block, or ``make_state`` does not return states.
    ValueError
        If a parameter is out of range, there is no block, states do not merge, or
        files differ in their columns.
    ImportError
        If Dask is asked for and not installed.

    See Also
    --------
    csr_chunks : Blocks of a matrix.
    read_chunks : Blocks of files.
    tiled_gram : Products of more columns than fit into memory.

    Notes
    -----
    If a Dask worker is lost, its blocks are made again: paths, delayed objects, futures
    of ``client.submit(read, path)`` and arrays in the list of blocks can be, data from
    ``client.scatter`` cannot.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import Moments, reduce_states
    >>> chunks = (np.full((2, 1), value) for value in range(5))
    >>> state = reduce_states(chunks, Moments.empty(1))
    >>> state.n_rows, state.mean
    (10, array([2.]))
    """
    check_value("backend", backend, one_of("joblib", "dask"))
    check_value("split_every", split_every, integer(2))
    check_value("retries", retries, integer(0))
    _check_blocks(blocks)
    make = state_maker(make_state)
    if backend == "dask":
        state = reduce_with_dask(blocks, make, int(split_every), int(retries))
    else:
        tree = MergeTree(int(split_every))
        here: Iterator[Any] = map(_in_this_process, blocks)
        here = file_blocks(here) if isinstance(make, Update) else here
        for part in _states(here, make, int(retries), n_jobs):
            tree.add(check_states(part))
        state = tree.result()
    if state is not None:
        return state
    if isinstance(make_state, MomentState):
        return make_state
    raise ValueError(
        "reduce_states needs a block at least; got none. Pass an empty state as "
        "make_state to get it back where there are no rows."
    )


def _states(
    blocks: Iterator[Any], make: Callable[[Any], Any], retries: int, n_jobs: int | None
) -> Iterator[Any]:
    """Make the states in the order of the blocks."""
    workers = effective_n_jobs(n_jobs)
    if workers == 1:
        yield from map(make, blocks)
        return
    # in rounds: however slow one block is, at most this many states wait for it
    while batch := list(islice(blocks, 2 * workers)):
        yield from _batch_states(batch, make, retries, n_jobs)


def _in_this_process(block: Any) -> Any:
    """The block; raise if it is an object of Dask."""
    if type(block).__module__.partition(".")[0] in ("dask", "distributed"):
        raise TypeError(
            f"A block is a {type(block).__name__} of Dask, which joblib cannot read. "
            'Use backend="dask".'
        )
    return block


def _batch_states(
    batch: list[Any], make: Callable[[Any], Any], retries: int, n_jobs: int | None
) -> list[Any]:
    for left in range(retries, -1, -1):
        try:
            return Parallel(n_jobs=n_jobs)(delayed(make)(block) for block in batch)
        except BrokenProcessPool:  # a process was killed
            if not left:
                raise
    raise AssertionError  # pragma: no cover


def _check_blocks(blocks: Any) -> None:
    one = None
    if isinstance(blocks, str | bytes | os.PathLike):
        one = f"the path {os.fspath(blocks)!r}", "Pass a list of paths"
    elif isinstance(blocks, np.ndarray) or is_sparse(blocks):
        one = (
            f"one array of shape {blocks.shape}",
            "Pass [X], or csr_chunks(X, n_rows) for blocks of it",
        )
    elif hasattr(blocks, "to_delayed") and hasattr(blocks, "ndim"):
        one = (
            f"a Dask {type(blocks).__name__}",
            "Pass its parts: list(frame.to_delayed()), or "
            "list(array.to_delayed().ravel()) of an array cut into whole rows",
        )
    elif hasattr(blocks, "columns") or isinstance(blocks, Mapping):
        one = f"one {type(blocks).__name__}", "Pass a list of blocks"
    elif isinstance(blocks, MomentState) or not hasattr(blocks, "__iter__"):
        one = type(blocks).__name__, "Pass a list or a generator of blocks"
    if one is not None:
        raise TypeError(
            f"blocks must be several blocks of rows; got {one[0]}. {one[1]}."
        )
