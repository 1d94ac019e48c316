"""Columns of a table of items, for the items that are ranked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import column_values, is_missing, narwhals_object
from sktransfer._core.logs.ids import Ids, plain_values
from sktransfer._core.tables import id_texts, object_array

ID_COLUMN = "item"
NO_TABLE = (
    "rerank needs items=, a frame with a row for each item, for the rules on column "
    "{name!r}."
)


class ItemColumns:
    """Columns of items by the numbers of the ranked items.

    Parameters
    ----------
    table : frame, mapping of columns or None
        A row for each item.
    ids : ndarray of shape (n_ranked,)
        Id of each number; for rankings of columns of X, whose row it is.
    by_id : bool
        Whether rows are found by the ids in the column "item".
    """

    def __init__(self, table: Any, ids: NDArray[Any], *, by_id: bool) -> None:
        self.ids = ids
        self.by_id = by_id
        self._columns: Any = None if table is None else _columns(table)
        self.rows = np.full(ids.size, -1)
        if self._columns is not None:
            self.rows = self._rows_by_id() if by_id else self._rows_by_number()

    @property
    def has_no_table(self) -> bool:
        """Whether nothing is known of the items but their ids."""
        return self._columns is None

    def _rows_by_id(self) -> NDArray[np.int64]:
        """Row of each ranked item, -1 for none."""
        known = plain_values(self[ID_COLUMN])
        table = Ids(known)
        first = table.places(known, "items")
        again = np.flatnonzero(first != np.arange(first.size))
        if again.size:
            raise ValueError(
                f"items must have one row for each item; got several for "
                f"{known[again[0]]!r:.60}. Drop all but one."
            )
        rows = table.places(self.ids, "The ranking")
        if rows.size and rows.max() < 0:
            raise ValueError(
                f"None of the ranked items is in the column {ID_COLUMN!r} of items: "
                f"ranked is such as {self.ids[0]!r:.60}, items has such as "
                f"{known[:1].tolist()!r:.60}. Pass ids of the same kind."
            )
        return rows

    def _rows_by_number(self) -> NDArray[np.int64]:
        """The numbers themselves, which are rows of the table."""
        n_rows = max(map(len, self._columns.values()), default=0)
        if self.ids.max(initial=-1) >= n_rows:
            raise ValueError(
                "items must have a row for each column of X, in their order; got "
                f"{n_rows} rows where item {self.ids.max()} is ranked."
            )
        return self.ids.astype(np.int64)

    def __getitem__(self, name: str) -> Any:
        if self._columns is None:
            raise ValueError(NO_TABLE.format(name=name))
        if name not in self._columns:
            raise ValueError(
                f"items has no column {name!r}; the columns are "
                f"{', '.join(map(repr, list(self._columns)[:20]))}."
            )
        return self._columns[name]

    def values(self, name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Values of the ranked items, and where there is none."""
        if name == ID_COLUMN and (self._columns is None or name not in self._columns):
            return self.ids, np.zeros(self.ids.size, dtype=bool)
        column, missing = self._of_table(name)
        unknown = self.rows < 0
        if not column.size:
            return np.empty(self.ids.size, dtype=object), np.ones_like(unknown)
        return column[self.rows], unknown | missing[self.rows]

    def flags(self, name: str) -> NDArray[np.bool_]:
        """Which ranked items a column of true and false says true of."""
        values, missing = self.values(name)
        found = self._numbers(name, values, missing, "true and false")
        odd = found[~np.isin(found, (0, 1))]
        if odd.size:
            raise ValueError(
                f"Column {name!r} of items must hold true and false, or 1 and 0; got "
                f"{odd[0]:g}. Compare it first: items[{name!r}] > 0."
            )
        return found != 0

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Numbers of the ranked items, 0 where there is none."""
        values, missing = self.values(name)
        return self._numbers(name, values, missing, "numbers")

    def largest(self, name: str) -> float:
        """The largest absolute number of a column, over the whole table."""
        numbers = self._numbers(name, *self._of_table(name), "numbers")
        return float(np.abs(numbers).max(initial=0))

    def _of_table(self, name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Values of all rows of the table, and where there is none."""
        column = _plain_dates(column_values(self[name], name))
        missing = [is_missing(v) for v in column.tolist()]
        return column, np.array(missing, dtype=bool)

    def _numbers(
        self, name: str, values: NDArray[Any], missing: NDArray[np.bool_], what: str
    ) -> NDArray[np.float64]:
        there = values[~missing]
        found = np.zeros(values.size)
        texts = [v for v in there.tolist() if isinstance(v, str | bytes)]
        try:
            found[~missing] = there if not texts else np.nan
        except (TypeError, ValueError):
            texts = there.tolist()
        if texts or not np.isfinite(found).all():
            shown = texts[0] if texts else "infinity"
            raise ValueError(
                f"Column {name!r} of items must hold {what}; got {shown!r:.60}. "
                "Compare it first: items['sold'] == 'yes'."
            )
        return found

    def categories(self, name: str) -> NDArray[np.int64]:
        """A number for each category, -1 where there is none."""
        values, missing = self.values(name)
        codes = np.full(values.size, -1)
        try:
            codes[~missing] = numbered(values[~missing])[1]
        except TypeError:
            raise ValueError(
                f"Column {name!r} of items must hold one category for each item; got "
                f"{values[~missing][0]!r:.60}. Name one of several."
            ) from None
        return codes

    def among(self, name: str, wanted: Any) -> NDArray[np.bool_]:
        """Which ranked items have one of some values in a column."""
        values, missing = self.values(name)
        listed = [_plain_date(v) for v in plain_values(list(wanted)).tolist()]
        listed = [v for v in listed if not is_missing(v)]
        found = np.zeros(values.size, dtype=bool)
        if not listed:
            return found
        there = values[~missing]
        if name == ID_COLUMN:
            listed = id_texts(object_array(listed), "The filter").tolist()
            there = id_texts(there, "The ranking")
        try:
            chosen = set(listed)
            found[~missing] = [v in chosen for v in there.tolist()]
        except TypeError:
            raise ValueError(
                f"Column {name!r} of items, and what a Filter names of it, must be one "
                "value for each item; got lists. Compare it first, to true and false."
            ) from None
        return found


def _plain_dates(values: Any) -> Any:
    """Dates in a unit that Python's own hold: whole nanoseconds would be numbers."""
    if values.dtype.kind in "mM":
        return values.astype(f"{values.dtype.kind}8[us]")
    return values


def _plain_date(value: Any) -> Any:
    return _plain_dates(value).item() if isinstance(value, np.generic) else value


def _columns(table: Any) -> Any:
    """Columns of a frame or mapping by their names."""
    native = narwhals_object(table)
    if isinstance(native, nw.LazyFrame):
        native = native.collect()
    if isinstance(native, nw.DataFrame):
        return {name: native.get_column(name).to_native() for name in native.columns}
    if not isinstance(table, Mapping):
        raise TypeError(
            "items must be a data frame of pandas, polars or pyarrow, or a mapping of "
            f"columns, with a row for each item; got {type(table).__name__}."
        )
    lengths = {name: len(column) for name, column in table.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"Columns of items must be of one length; got {lengths}.")
    return table


def numbered(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Distinct values, and the number of each among them."""
    if values.dtype.kind in "biuf":
        distinct, codes = np.unique(values, return_inverse=True)
        return distinct, codes
    listed = values.tolist()
    place: dict[Any, int] = {}
    for value in listed:
        place.setdefault(value, len(place))
    codes = np.fromiter(map(place.__getitem__, listed), np.int64, len(listed))
    distinct = np.empty(len(place), dtype=object)
    distinct[:] = list(place)
    return distinct, codes
