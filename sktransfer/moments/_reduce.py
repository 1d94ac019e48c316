"""States of many blocks, merged in a tree by processes or by a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from sktransfer._core.parameters import check_value, integer
from sktransfer._core.sparse import is_sparse
from sktransfer.moments._dask import reduce_with_dask
from sktransfer.moments._state import MomentState
from sktransfer.moments._tree import MergeTree, checked, state_maker

BACKENDS = ("joblib", "dask")


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

    A state is made of each block where the block is, and states are merged in a tree.
    The tree depends on the number of blocks and on ``split_every`` alone, so both
    backends and every ``n_jobs`` give the same bits; in exact arithmetic any order
    and any ``split_every`` do as well.

    Parameters
    ----------
    blocks : iterable or dask.bag.Bag
        Blocks of rows: arrays, CSR matrices, tuples of them, paths, or whatever
        ``make_state`` reads. With joblib a generator is read as it is needed, no more
        than ``2 * n_jobs`` blocks ahead. With Dask also futures, delayed objects, or
        a bag, of which each item is a block.
    make_state : callable or MomentState
        Function of a block that returns a `MomentState` or a dict of them, such as
        one for each domain; dicts are merged by key. An empty state stands for
        ``lambda block: state.update(block)``, or ``state.update(*block)`` where the
        block is a tuple; of a path it adds all columns of the file, as
        :func:`read_chunks` reads them. For other processes it must be possible to
        pickle it.
    backend : {"joblib", "dask"}, default="joblib"
        Processes of this machine, or the current `distributed.Client`; without a
        client, the scheduler that Dask is configured to use.
    split_every : int, default=4
        Number of states that are merged at once. A large number holds fewer states
        in this process, one where it is not below the number of blocks, and more on
        a worker of a cluster.
    retries : int, default=3
        How often a block is tried again when its process has died; with Dask also
        after an error. A block counts once however often it was tried.
    n_jobs : int, default=None
        Number of processes of joblib. None: one, or what
        :func:`joblib.parallel_config` says. Of no effect with Dask.

    Returns
    -------
    state : MomentState or dict of MomentState
        Of all rows.

    Raises
    ------
    TypeError
        If ``blocks`` is one block, or ``make_state`` does not return states.
    ValueError
        If a parameter is out of range, there is no block, or states do not merge.
    ImportError
        If Dask is asked for and not installed.

    See Also
    --------
    csr_chunks : Blocks of a matrix.
    read_chunks : Blocks of files.
    tiled_gram : Products of more columns than fit into memory.

    Notes
    -----
    What Dask holds survives a lost worker if it can be made again: paths, delayed
    objects, futures of ``client.submit(read, path)``, arrays in the list of blocks.
    What ``client.scatter`` put on one worker is lost with it.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import Moments, reduce_states
    >>> chunks = (np.full((2, 1), value) for value in range(5))
    >>> state = reduce_states(chunks, Moments.empty(1))
    >>> state.n_rows, state.mean
    (10, array([2.]))
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {BACKENDS}; got {backend!r}.")
    check_value("split_every", split_every, integer(2))
    check_value("retries", retries, integer(0))
    _check_blocks(blocks)
    make = state_maker(make_state)
    if backend == "dask":
        state = reduce_with_dask(blocks, make, int(split_every), int(retries))
    else:
        tree = MergeTree(int(split_every))
        for part in _states(map(_at_hand, blocks), make, int(retries), n_jobs):
            tree.add(checked(part))
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
    # round by round: however slow one block is, no more states than this wait for it
    while batch := list(islice(blocks, 2 * workers)):
        yield from _batch_states(batch, make, retries, n_jobs)


def _at_hand(block: Any) -> Any:
    """The block, if it is here and not on a cluster."""
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
