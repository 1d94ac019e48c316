"""Calling an encoder in batches, and keeping on disk what it has encoded."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import partial
from types import CodeType
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.inputs import column_values, take_rows
from sktransfer._core.named_objects import named_object
from sktransfer._core.sparse import is_sparse

# after a full stop and a blank; in dense scripts without one; at the end of a line
_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])\s+|(?<=[\u3002\uff01\uff1f])\s*|\n+")


def encoding_function(encoder: Any) -> Callable[[Any], Any]:
    """What is called with a batch of rows."""
    if isinstance(encoder, str):
        encoder = named_object(encoder, "encoder")
    encode = getattr(encoder, "encode", encoder)
    if not callable(encode) or isinstance(encoder, type):
        kind = encoder if isinstance(encoder, type) else type(encoder)
        raise ValueError(
            "encoder must be an object with encode(rows), a callable, or the name of "
            f"one as 'module:function'; got {kind.__name__}. Pass an object, such as "
            "model.encode or a function of a list of rows."
        )
    return encode


def encoder_name(encoder: Any) -> str:
    """Name under which the vectors of an encoder are kept."""
    if isinstance(encoder, str):
        return encoder
    if isinstance(encoder, partial):
        given = (*encoder.args, *sorted(encoder.keywords.items()))
        return f"{encoder_name(encoder.func)}:{joblib.hash(_constant(given))}"
    owner = getattr(encoder, "__self__", encoder)
    named = encoder if hasattr(encoder, "__qualname__") else type(encoder)
    name = f"{named.__module__}:{named.__qualname__}"
    code = getattr(encoder, "__code__", None)
    if code is not None:  # several functions of one module may have one name
        constants = [c for c in code.co_consts if not isinstance(c, CodeType)]
        enclosed = tuple(cell.cell_contents for cell in encoder.__closure__ or ())
        given = _constant((encoder.__defaults__, enclosed))
        name += f":{joblib.hash([code.co_code, constants, code.co_names, given])}"
    # a fitted estimator is what it has learned
    return f"{name}:{joblib.hash(owner)}" if hasattr(owner, "get_params") else name


def _constant(value: Any) -> Any:
    """What cannot change of a value: of a list or a client, as of models, its type."""
    if isinstance(value, tuple):
        return [_constant(each) for each in value]
    if isinstance(value, str | bytes | int | float | None):
        return value
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}:{named.__qualname__}"


def sentences(text: str) -> list[str]:
    """Sentences of a text that hold more than blanks."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def encode_in_batches(
    encode: Callable[[Any], Any],
    rows: Any,
    numbers: list[int],
    batch_size: int,
    done: Callable[[int, NDArray[np.float32]], None],
) -> None:
    """Encode some rows; ``done`` gets the place of each batch and its vectors."""
    for start in range(0, len(numbers), batch_size):
        some = numbers[start : start + batch_size]
        batch = [rows[k] for k in some] if isinstance(rows, list) else None
        batch = take_rows(rows, some) if batch is None else batch
        done(start, checked_vectors(encode(batch), len(some)))


def stacked(vectors: list[NDArray[np.float32]], width: int | None) -> NDArray[Any]:
    """Vectors as rows of an array; an error where they are of several lengths."""
    widths = {vector.size for vector in vectors} | ({width} if width else set())
    if len(widths) > 1:
        raise ValueError(
            f"encoder must give vectors of one length; got {sorted(widths)} numbers a "
            "row. A cache folder holds the vectors of one model: give another model "
            "another folder."
        )
    return np.array(vectors, dtype=np.float32)


def checked_vectors(found: Any, n_rows: int) -> NDArray[np.float32]:
    """What an encoder returned for a batch, one finite float32 vector a row."""
    if is_sparse(found):
        raise TypeError(
            "encoder must return dense vectors; got a sparse matrix. Return "
            "vectors.toarray(), or reduce them first (TruncatedSVD)."
        )
    try:
        vectors = np.asarray(found)
        with np.errstate(over="ignore"):
            vectors = vectors.astype(np.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(
            "encoder must return an array of numbers, a vector for each row; got a "
            f"{type(found).__name__} that is none: {error}"
        ) from error
    if vectors.ndim != 2 or vectors.shape[0] != n_rows or vectors.shape[1] == 0:
        raise ValueError(
            "encoder must return an array of shape (n_rows, n_features), a vector for "
            f"each row; got shape {vectors.shape} for {n_rows} rows."
        )
    wrong = ~np.isfinite(vectors).all(axis=1)
    if wrong.any():
        raise ValueError(
            f"encoder returned NaN or infinity in {wrong.sum()} of {n_rows} rows, the "
            f"first in row {np.flatnonzero(wrong)[0]} of its batch. Check what it does "
            "with such rows, or leave them out."
        )
    return vectors


def plain_rows(rows: Any) -> list[Any]:
    """Each row as a value that tells it from others, whatever container holds it."""
    if isinstance(rows, list):
        return rows
    if is_sparse(rows):
        return [
            (r.indices.tolist(), r.data.tolist()) for r in map(sparse.csr_array, rows)
        ]
    return [np.asarray(row).tolist() for row in column_values(rows, "X")]


def _vector(encoder: str, row: Any, found: Any) -> NDArray[np.float32]:
    """The vector of a row, to be kept on disk."""
    if found is None:
        raise OSError(
            "An entry of the cache folder cannot be read. Delete the folder, or pass "
            "another one."
        )
    return found


class VectorStore:
    """Vectors on disk, by the content of the row and the name of the encoder."""

    def __init__(self, cache: Any, name: str) -> None:
        if not isinstance(cache, joblib.Memory):
            # a path of pathlib would be another folder to joblib
            cache = joblib.Memory(os.fspath(cache), verbose=0)
        self._name = name
        self._vector = cache.cache(_vector, ignore=["found"])

    def missing(self, rows: Sequence[Any]) -> list[int]:
        """Numbers of the rows that are not there."""
        there = self._vector.check_call_in_cache
        return [k for k, row in enumerate(rows) if not there(self._name, row, None)]

    def put(self, row: Any, vector: NDArray[np.float32]) -> None:
        """Keep the vector of a row."""
        self._vector(self._name, row, vector)

    def get(self, row: Any) -> NDArray[np.float32]:
        """The vector of a row that is there."""
        return self._vector(self._name, row, None)
