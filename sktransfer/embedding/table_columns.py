"""Columns of a table of any library: their kinds, and their values as NumPy's."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from sktransfer._core.inputs import column_values, is_missing, narwhals_object

NUMBER, DATE, CATEGORY, STRING = "number", "date", "category", "string"
TEXT = "text"  # what strings are, unless they are categories
MOST_LEVELS = 40
_WORDS_OF_TEXT = 3  # on average, where strings are fewer and few are alike
_DAY = 86_400.0  # seconds
_LONGEST_DATE = 40  # letters


class Column(NamedTuple):
    """Values of one column, of shape (n_rows,)."""

    kind: str  # NUMBER, DATE, CATEGORY or STRING
    # numbers, and days since 1970 of dates, as floats with NaN; else str or None
    values: NDArray[Any]

    def missing(self) -> NDArray[np.bool_]:
        """Which rows have no value."""
        if self.values.dtype == object:
            return np.array([v is None for v in self.values], dtype=bool)
        return np.isnan(self.values)


def table_columns(X: Any) -> dict[Any, Any]:
    """Columns of a frame by name, or of a two-dimensional array by number."""
    native = narwhals_object(X)
    if isinstance(native, nw.DataFrame):
        return {name: native.get_column(name) for name in native.columns}
    return {k: X[:, k] for k in range(X.shape[1])}


def is_frame(X: Any) -> bool:
    """Whether rows are a frame of any library."""
    return isinstance(narwhals_object(X), nw.DataFrame)


def needs_encoding(X: Any) -> bool:
    """Whether rows are a table of other things than numbers, all of them known."""
    if isinstance(X, np.ndarray):
        strings = X.dtype.kind in "OU" and X.ndim == 2 and X.size > 0
        return strings and any(isinstance(v, str) for v in X.flat)
    if not is_frame(X) or not len(X):
        return False
    return any(
        not (series.dtype.is_numeric() or series.dtype == nw.Boolean)
        or read_column(series, name).missing().any()
        for name, series in table_columns(X).items()
    )


def holds_texts(X: Any) -> bool:
    """Whether a column of a table holds texts."""
    columns = table_columns(X).items()
    return any(column_kind(read_column(s, name)) == TEXT for name, s in columns)


def column_kind(column: Column, most_levels: int = MOST_LEVELS) -> str:
    """Kind of a column, strings told apart."""
    if column.kind != STRING:
        return column.kind
    known = [v for v in column.values if v is not None]
    distinct = set(known)
    if len(distinct) > most_levels:
        return TEXT
    words = np.mean([len(v.split()) for v in distinct])
    different = len(distinct) > len(known) / 2
    return TEXT if different and words >= _WORDS_OF_TEXT else CATEGORY


def read_column(series: Any, name: Any, kind: str | None = None) -> Column:
    """Read one column, as the kind that it had in ``fit``, if there was one."""
    dtype = series.dtype if isinstance(series, nw.Series) else None
    if dtype is not None and dtype.is_nested():
        _refuse(name, str(dtype))
    native = series.to_native() if dtype is not None else series
    categories = dtype in (nw.Categorical, nw.Enum) if dtype is not None else False
    raw = column_values(native, f"column {name!r}")
    if raw.dtype.kind in "fiub" and not categories:
        found = Column(NUMBER, _finite(raw.astype(np.float64), name))
    elif raw.dtype.kind in "Mm":
        found = _times(raw)
    else:
        found = _read_objects(raw.astype(object), name, categories)
    if kind is None or found.kind == kind:
        return found
    return _as_kind(found, name, kind)


def _times(raw: NDArray[Any]) -> Column:
    unit = np.timedelta64(1, "us")
    if raw.dtype.kind == "m":
        seconds = raw / np.timedelta64(1, "s")
        return Column(NUMBER, np.where(np.isnat(raw), np.nan, seconds))
    since = (raw - np.datetime64(0, "us")) / unit / 1e6 / _DAY
    return Column(DATE, np.where(np.isnat(raw), np.nan, since))


def _read_objects(raw: NDArray[Any], name: Any, categories: bool) -> Column:
    """Read a column of Python objects."""
    missing = np.array([is_missing(v) for v in raw], dtype=bool)
    known = raw[~missing].tolist()
    if not categories:
        if all(isinstance(v, Real | Decimal) for v in known):
            return Column(NUMBER, _filled(map(float, known), missing, name))
        if all(isinstance(v, date) for v in known):
            return Column(DATE, _filled(map(_days, known), missing, name))
        if all(isinstance(v, timedelta | time) for v in known):
            return Column(NUMBER, _filled(map(_seconds, known), missing, name))
        days = _iso_days(known)
        if days is not None:
            return Column(DATE, _filled(days, missing, name))
    odd = next((v for v in known if not isinstance(v, str | Real | date)), None)
    if odd is not None and not categories:
        _refuse(name, type(odd).__name__)
    found = np.full(len(raw), None, dtype=object)
    found[~missing] = [str(v) for v in known]
    words = not categories and all(isinstance(v, str) for v in known)
    return Column(STRING if words else CATEGORY, found)


def _as_kind(found: Column, name: Any, kind: str) -> Column:
    """A column of another kind than in fit; an error where it cannot be read so."""
    missing = found.missing()
    if kind in (CATEGORY, STRING):
        texts = np.full(missing.size, None, dtype=object)
        texts[~missing] = [
            f"{v:.15g}" if isinstance(v, float) else v for v in found.values[~missing]
        ]
        return Column(kind, texts)
    if missing.all():
        return Column(kind, np.full(missing.size, np.nan))
    example = found.values[~missing][0]
    raise ValueError(
        f"column {name!r} was a {kind} in fit; got a {found.kind}, such as "
        f"{example!r:.60}. Convert it, or fit again."
    )


def _filled(values: Any, missing: NDArray[np.bool_], name: Any) -> NDArray[np.float64]:
    found = np.full(missing.size, np.nan)
    found[~missing] = list(values)
    return _finite(found, name)


def _finite(values: NDArray[np.float64], name: Any) -> NDArray[np.float64]:
    if np.isinf(values).any():
        raise ValueError(
            f"column {name!r} holds infinity, which has no place on a scale. Replace "
            "it by NaN (missing) or by a number."
        )
    return values


def _days(value: date) -> float:
    if not isinstance(value, datetime):
        return float(value.toordinal() - date(1970, 1, 1).toordinal())
    offset = value.utcoffset() or timedelta()  # the same moment in UTC
    since = value.replace(tzinfo=None) - offset - datetime(1970, 1, 1)
    return since.total_seconds() / _DAY


def _seconds(value: timedelta | time) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.hour * 3600.0 + value.minute * 60 + value.second


def _iso_days(values: list[Any]) -> list[float] | None:
    """Days of strings that are all dates such as 2024-05-31; None if one is not."""
    found = []
    for value in values:
        if not isinstance(value, str) or len(value) > _LONGEST_DATE:
            return None
        text = value.strip()
        if text[4:5] != "-":  # "20240531" may be a number of something
            return None
        try:
            found.append(_days(datetime.fromisoformat(text)))
        except ValueError:
            return None
    return found


def _refuse(name: Any, kind: str) -> None:
    raise TypeError(
        f"column {name!r} must hold numbers, texts, categories, flags or dates; got "
        f"{kind}. Make columns of what it holds, or leave it out."
    )
