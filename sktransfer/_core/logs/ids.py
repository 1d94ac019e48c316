"""Ids of users, items and markets: numbered, looked up, and given back as they came."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import repeat
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import column_values, narwhals_object
from sktransfer._core.tables import id_texts, object_array

_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,99}")


def plain_values(column: Any) -> NDArray[Any]:
    """Values of a series or sequence: an array of numbers, or of objects."""
    if isinstance(column, list | tuple):
        return object_array(column)
    column = narwhals_object(column)
    if not isinstance(column, nw.Series):
        values = column_values(column, "ids")
        return values.astype(object) if values.dtype.kind in "US" else values
    wide = (nw.Int128, nw.UInt128)  # which NumPy has not
    if column.dtype.is_integer() and column.dtype not in wide:
        if not column.null_count():
            return column.to_numpy()
    return object_array(column.to_list())


class Ids:
    """Distinct ids, each with a place, in the type that they came in.

    Parameters
    ----------
    column : native series or ndarray
        The ids. Two of one text are one id: 7 and "7", a UUID and its text.
    """

    def __init__(self, column: Any) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getstate__(self) -> dict[str, Any]:
        return {"_column": self._column}

    @cached_property
    def values(self) -> NDArray[Any]:
        """The ids as an array."""
        return plain_values(self._column)

    @cached_property
    def _place(self) -> dict[str, int]:
        texts = id_texts(self.values, "The ids")
        return {text: place for place, text in enumerate(texts.tolist())}

    def places(self, ids: Any, where: str) -> NDArray[np.int64]:
        """Place of each id, -1 where it is not among these."""
        texts = id_texts(plain_values(ids), where)
        found = map(self._place.get, texts.tolist(), repeat(-1))
        return np.fromiter(found, np.int64, texts.size)

    def take(self, places: NDArray[np.integer]) -> Ids:
        """Some of the ids, in another order."""
        return Ids(_gathered(self._column, places))

    def series(self, name: str, places: NDArray[np.integer], backend: Any) -> Any:
        """Ids at some places as a narwhals series of a frame library."""
        column = narwhals_object(_gathered(self._column, places))
        if isinstance(column, nw.Series) and column.implementation is backend:
            return nw.maybe_reset_index(column.rename(name))
        values = plain_values(column)
        listed = values.tolist() if values.dtype.kind == "O" else values
        return nw.new_series(name, listed, backend=backend)

    def extended(self, ids: list[Any]) -> Ids:
        """These and further ids, in the type of these; texts where types differ."""
        if self.values.dtype.kind in "iu":  # floats hold those of columns with gaps
            ids = [int(v) if isinstance(v, float) else v for v in ids]
        every = [*self.values.tolist(), *ids]
        if len(set(map(type, every))) > 1:
            return Ids(id_texts(object_array(every), "The ids"))
        whole = self.values.dtype.kind in "iu"
        column = narwhals_object(self._column)
        if isinstance(column, nw.Series) and not column.implementation.is_pyarrow():
            fits = whole and _fit_into(ids, self.values.dtype)
            if column.dtype == nw.String or (column.dtype.is_integer() and fits):
                options = {"backend": column.implementation}
                more = nw.new_series(column.name, ids, column.dtype, **options)
                return Ids(_joined([column, more]))
        numbers = np.array(every) if whole else np.empty(0)
        return Ids(numbers if numbers.dtype.kind in "iu" else object_array(every))


def with_further(ids: Ids, more: Ids) -> tuple[Ids, NDArray[np.int64]]:
    """Ids with those of others that are new, and the place of each of the others."""
    places = ids.places(more.values, "The ids")
    new = np.flatnonzero(places < 0)
    if new.size:
        places[new] = len(ids) + np.arange(new.size)
        ids = ids.extended(more.values[new].tolist())
    return ids, places


def _fit_into(numbers: list[int], dtype: np.dtype[Any]) -> bool:
    """Whether whole numbers are in the range of a type."""
    limits = np.iinfo(dtype)
    return limits.min <= min(numbers) and max(numbers) <= limits.max


def _gathered(column: Any, places: NDArray[np.integer]) -> Any:
    """Values of a native series or an array at some places, of the same kind."""
    found = narwhals_object(column)[places]
    if isinstance(found, nw.Series):
        return nw.maybe_reset_index(found).to_native()
    return found


class IdReader:
    """Numbers ids block by block, in the order in which they first appear."""

    def __init__(self) -> None:
        self._place: dict[str, int] = {}
        self._parts: list[Any] = []

    def codes(self, column: Any, where: str, first_row: int = 1) -> NDArray[np.int64]:
        """Number of the id of each row of a block."""
        values = plain_values(column)
        first: Any = slice(None)
        back: Any = slice(None)
        if values.dtype.kind in "iu":
            values, first, back = np.unique(
                values, return_index=True, return_inverse=True
            )
        texts = id_texts(values, where, first_row=first_row).tolist()
        place, known = self._place, len(self._place)
        found = (place.setdefault(text, len(place)) for text in texts)
        codes = np.fromiter(found, np.int64, len(texts))
        before = np.maximum.accumulate(np.r_[known - 1, codes])[:-1]
        rows = np.arange(len(column))[first][codes > before]
        self._parts.append(_kept(column, rows))
        return codes[back]

    def ids(self) -> Ids:
        """The ids by their numbers."""
        return Ids(_joined(self._parts))

    def order(self) -> NDArray[np.intp]:
        """Numbers of the ids in sorted order; where all are digits, by their size."""
        texts = list(self._place)
        if all(map(_WHOLE_NUMBER.fullmatch, texts)):
            places = sorted(range(len(texts)), key=lambda i: int(texts[i]))
        else:
            places = sorted(range(len(texts)), key=texts.__getitem__)
        return np.array(places, dtype=np.intp)


def _kept(column: Any, rows: NDArray[np.intp]) -> Any:
    """Ids of some rows: of a series those of its type, but for what no file holds."""
    if isinstance(column, nw.Series) and column.dtype != nw.Object:
        return column[rows]
    return plain_values(column)[rows]


def _joined(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return nw.to_native(parts[0], pass_through=True)
    if parts and all(isinstance(part, nw.Series) for part in parts):
        name = parts[0].name
        frames = [part.rename(name).to_frame() for part in parts if len(part)]
        if frames:
            return nw.concat(frames).get_column(name).to_native()
    arrays = [plain_values(part) for part in parts if len(part)]
    if all(a.dtype.kind in "iu" for a in arrays):
        return np.concatenate(arrays) if arrays else np.empty(0, np.int64)
    return object_array(v for a in arrays for v in a.tolist())
