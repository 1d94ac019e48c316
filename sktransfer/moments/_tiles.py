"""Products of more columns than fit into memory, by tiles of columns."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.linalg import slices
from sktransfer._core.parameters import check_value, integer
from sktransfer._core.sparse import is_sparse
from sktransfer.moments._rows import (
    add_sparse_product,
    check_finite_squares,
    check_rows,
    dense_blocks,
)

_LIMIT = 1 << 30


def gram_tiles(
    chunks: Iterable[Any] | Callable[[], Iterable[Any]],
    n_features: int,
    *,
    memory_limit: int = _LIMIT,
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Gram matrix by tiles of columns that fit into memory.

    The chunks are read once for each tile, so about
    ``n_features ** 2 * 8 / memory_limit`` times.

    Parameters
    ----------
    chunks : iterable or callable
        Chunks of rows, arrays or sparse, of `n_features` columns: a list, or a
        function that returns a new iterator each time it is called, such as
        ``lambda: csr_chunks(X, 50_000)``.
    n_features : int
        Number of columns.
    memory_limit : int, default=1_073_741_824
        Largest size of a tile in bytes.

    Yields
    ------
    columns : slice
        Columns of the tile.
    tile : ndarray of float64 of shape (n_features, n_columns)
        ``X.T @ X[:, columns]`` of all rows.

    Raises
    ------
    ValueError
        If one column takes more than `memory_limit`, a chunk has other columns or
        values that are not finite, or there are several tiles and the chunks can be
        read only once.

    See Also
    --------
    tiled_gram : All columns in a file.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.moments import gram_tiles
    >>> chunks = [np.array([[1, 2, 0]]), np.array([[0, 1, 3]])]
    >>> for columns, tile in gram_tiles(chunks, 3, memory_limit=48):
    ...     print(columns.start, tile.tolist())
    0 [[1.0, 2.0], [2.0, 5.0], [0.0, 3.0]]
    2 [[0.0], [3.0], [9.0]]
    """
    tiles = _tiles(n_features, memory_limit)
    read = _rereadable(chunks, len(tiles))
    for columns in tiles:
        tile = np.zeros((n_features, columns.stop - columns.start))
        for chunk in read():
            X, _ = check_rows(chunk, None, n_features)
            with np.errstate(invalid="ignore", over="ignore"):  # checked below
                _add_products(tile, X, columns)
            check_finite_squares(tile[columns].diagonal(), X)
        yield columns, tile


def tiled_gram(
    chunks: Iterable[Any] | Callable[[], Iterable[Any]],
    n_features: int,
    *,
    path: str | os.PathLike[str],
    memory_limit: int = _LIMIT,
) -> NDArray[np.float64]:
    """Gram matrix in a memory-mapped file.

    Parameters
    ----------
    chunks : iterable or callable
        Chunks of rows, as in :func:`gram_tiles`.
    n_features : int
        Number of columns.
    path : str or path-like
        File to write, in the format of :func:`numpy.save`; an existing file is
        overwritten. It takes ``8 * n_features ** 2`` bytes.
    memory_limit : int, default=1_073_741_824
        Largest size in bytes of what is in memory besides a chunk.

    Returns
    -------
    gram : memmap of float64 of shape (n_features, n_features)
        ``X.T @ X`` of all rows, read-only. :func:`numpy.load` with ``mmap_mode="r"``
        opens it again.

    Raises
    ------
    ValueError
        As :func:`gram_tiles`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from scipy.sparse import eye_array
    >>> from sktransfer.moments import csr_chunks, tiled_gram
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "gram.npy"
    >>> gram = tiled_gram(lambda: csr_chunks(2 * eye_array(3), 2), 3, path=path)
    >>> gram.diagonal().tolist()
    [4.0, 4.0, 4.0]
    >>> del gram; folder.cleanup()
    """
    tiles = gram_tiles(chunks, n_features, memory_limit=memory_limit)
    # Fortran order: a tile is contiguous in the file
    out = None
    for columns, tile in tiles:
        if out is None:
            shape = (n_features, n_features)
            out = np.lib.format.open_memmap(
                path, "w+", np.float64, shape, fortran_order=True
            )
        out[:, columns] = tile
        out.flush()
    del out
    return np.load(path, mmap_mode="r")


def _tiles(n_features: int, memory_limit: int) -> list[slice]:
    check_value("n_features", n_features, integer(1))
    check_value("memory_limit", memory_limit, integer(1))
    width = int(memory_limit // (8 * n_features))
    if width == 0:
        raise ValueError(
            f"A column of {n_features} products takes {8 * n_features} bytes, more "
            f"than memory_limit={memory_limit}. Raise it."
        )
    return slices(int(n_features), width)


def _rereadable(chunks: Any, times: int) -> Callable[[], Iterable[Any]]:
    if callable(chunks):
        return chunks
    if times > 1 and iter(chunks) is chunks:
        raise ValueError(
            f"The chunks are read {times} times, once for each tile; got "
            f"{type(chunks).__name__}, which is empty after the first. Pass a function "
            "that returns a new one, or raise memory_limit."
        )
    return lambda: chunks


def _add_products(tile: NDArray[np.float64], X: Any, columns: slice) -> None:
    if not is_sparse(X):
        for rows in dense_blocks(X):
            block = X[rows].astype(np.float64)
            tile += block.T @ block[:, columns]
        return
    X = X.astype(np.float64)
    add_sparse_product(tile, X.T.tocsr(), X[:, columns])
