"""The door for rows and columns: whatever container they come in, read in one way.

Frames and series of other libraries are read through narwhals.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Set, ValuesView
from numbers import Number
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples, check_array, validate_data

from sktransfer._core.sparse import is_sparse, summed_csr, unshared_order

FLOATS = (np.float64, np.float32)
# pandas, without importing it, and NumPy's entry under a mask
_MISSING_TYPES = ("NAType", "NaTType", "MaskedConstant")


def row_container(X: Any, name: str = "X") -> Any:
    """Rows in a container that scikit-learn reads: array, CSR, frame, list or tuple."""
    if is_sparse(X):
        return summed_csr(X)
    if isinstance(X, np.ma.MaskedArray):
        return _unmasked(X, name)
    if isinstance(X, list | tuple):
        return hidden_as_none(X)
    if isinstance(X, np.ndarray) or X is None:
        return X
    _refuse_container(X, name, "rows")
    if isinstance(X, Iterator | ValuesView):
        return hidden_as_none(list(X))
    native = narwhals_object(X)
    if isinstance(native, nw.LazyFrame):
        raise TypeError(
            f"{name} is a lazy frame, whose rows are not there yet. Pass "
            f"{name}.collect()."
        )
    if isinstance(native, nw.DataFrame):
        return _zeros_left_out(native.to_native())
    if isinstance(native, nw.Series):
        return X if native.implementation.is_pandas() else column_values(X, name)
    return np.asarray(X) if hasattr(X, "__array__") else X


def table_container(X: Any, name: str = "X") -> Any:
    """The same, where rows are of numbers: lists of one length become an array."""
    X = row_container(X, name)
    if isinstance(X, list | tuple):
        lengths = {len(row) for row in X if isinstance(row, list | tuple | np.ndarray)}
        if len(lengths) > 1:
            raise ValueError(
                f"{name} must be a table; got rows of {min(lengths)} to {max(lengths)} "
                "columns. Fill what is missing, or pass a sparse matrix."
            )
        odd = next((row for row in X if isinstance(row, Mapping | Set)), None)
        if odd is not None:
            kind = type(odd).__name__
            raise TypeError(
                f"{name} must be a table, rows of numbers in order; got a {kind} as a "
                "row. Pass pandas.DataFrame(...) of dicts, or lists of numbers."
            )
        return np.asarray(X)
    return X


def column_values(values: Any, name: str) -> NDArray[Any]:
    """One value a row as an array; a missing value of a masked or typed column: None.

    The array has the shape of what was given: (n,), or (n, 1) for a column or frame.
    """
    if isinstance(values, np.ma.MaskedArray):
        if not np.ma.is_masked(values):
            return np.asarray(values.data)
        found = values.data.astype(object)
        found[np.ma.getmaskarray(values)] = None
        return found
    if isinstance(values, np.ndarray):
        if values.dtype.kind != "T":  # NumPy's variable-width strings
            return values
        return _string_objects(values)
    if isinstance(values, list | tuple):
        return unchanged_values(hidden_as_none(values), name)
    if is_sparse(values):
        raise TypeError(
            f"{name} must hold one value for each row; got a sparse matrix. Pass "
            f"{name}.toarray().ravel()."
        )
    _refuse_container(values, name, "values")
    if not hasattr(values, "__array__") and hasattr(values, "__iter__"):
        return unchanged_values(hidden_as_none(list(values)), name)
    native = narwhals_object(values)
    if isinstance(native, nw.Series):
        pandas = native.implementation.is_pandas()
        # pandas makes floats of whole numbers beside a missing one
        if native.null_count() and (not pandas or native.dtype.is_integer()):
            return np.array(native.to_list(), dtype=object)
        if not pandas:
            return native.to_numpy()
    return column_values(np.asanyarray(values), name)


def one_column(values: Any, name: str) -> NDArray[Any]:
    """The same, where a frame or array of one column is read as its values."""
    found = column_values(values, name)
    return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT, pandas' NA or masked."""
    if isinstance(value, str | int):
        return False
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, Number | np.generic) and bool(value != value)


def hidden_as_none(rows: Any) -> Any:
    """A list or tuple in which None stands for what masked arrays in it hide."""
    if not any(isinstance(row, np.ma.MaskedArray) for row in rows):
        return rows
    return [None if r is np.ma.masked else _unhidden(r) for r in rows]


def _unhidden(row: Any) -> Any:
    return column_values(row, "row") if isinstance(row, np.ma.MaskedArray) else row


def _zeros_left_out(frame: Any) -> Any:
    """A frame whose sparse columns leave out zeros, as SciPy's, and hold no flags."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(frame, pandas.DataFrame):
        return frame
    numbers = pandas.SparseDtype(np.float64, 0.0)  # no solver takes sparse flags
    others = {
        place: dtype.subtype if dtype.fill_value != 0 else numbers
        for place, dtype in enumerate(frame.dtypes)
        if isinstance(dtype, pandas.SparseDtype)
        and (dtype.fill_value != 0 or dtype.subtype == np.bool_)
    }
    if not others:
        return frame
    dense = [
        column.astype(others[place]) if place in others else column
        for place, (_, column) in enumerate(frame.items())
    ]
    return pandas.concat(dense, axis=1)


def csr_of_frame(X: Any) -> Any:
    """CSR of a pandas frame of sparse columns, as scikit-learn reads it; else X."""
    columns = getattr(X, "sparse", None) if hasattr(X, "columns") else None
    return X if columns is None else columns.to_coo().tocsr()


def narwhals_object(values: Any) -> Any:
    """What narwhals makes of a frame or series; anything else as it is."""
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is not None:
        if isinstance(values, pyarrow.Array):
            values = pyarrow.chunked_array([values])
        elif isinstance(values, pyarrow.RecordBatch):
            values = pyarrow.Table.from_batches([values])
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(values, pandas.api.extensions.ExtensionArray):
        values = pandas.Series(values)
    return nw.from_native(values, allow_series=True, pass_through=True)


def _unmasked(X: np.ma.MaskedArray[Any, Any], name: str) -> NDArray[Any]:
    """The array under a mask that hides nothing."""
    if np.ma.is_masked(X):
        raise ValueError(
            f"{name} has {np.ma.count_masked(X)} masked entries, which cannot be left "
            "out one by one. Fill them (SimpleImputer after X.filled(np.nan)), or "
            "leave out their rows."
        )
    return np.asarray(X.data)


def unchanged_values(values: Any, name: str) -> NDArray[Any]:
    """An array; of objects where NumPy would make texts of numbers, or of None."""
    try:
        found = np.asarray(values)
    except ValueError:
        raise ValueError(
            f"{name} must hold one value for each row, or as many for each; got "
            "sequences of several lengths. Fill or leave out what is missing."
        ) from None
    if found.dtype.kind not in "US":
        return found
    objects = np.asarray(values, dtype=object)
    kind = str if found.dtype.kind == "U" else bytes
    return found if all(isinstance(v, kind) for v in objects.flat) else objects


def _string_objects(values: NDArray[Any]) -> NDArray[Any]:
    """Strings of variable width as objects, missing ones as None."""
    found = values.astype(object)
    if hasattr(values.dtype, "na_object"):
        na = values.dtype.na_object
        found[[v is na or v != v for v in found]] = None
    return found


def _refuse_container(values: Any, name: str, what: str) -> None:
    """Raise for containers whose order or meaning is open."""
    kind = type(values).__name__
    if isinstance(values, Mapping):
        raise TypeError(
            f"{name} must be {what} in order; got a {kind}, whose keys may be columns "
            f"or rows. Pass pandas.DataFrame(...) or list(...) of what is meant."
        )
    if isinstance(values, Set) and not hasattr(values, "__array__"):
        raise TypeError(
            f"{name} must be {what} in order; got a {kind}, which has no order. Pass a "
            "list."
        )
    if isinstance(values, str | bytes):
        raise TypeError(
            f"{name} must be a sequence of {what}; got one {kind}. Wrap it in a list."
        )


def take_rows(X: Any, rows: ArrayLike) -> Any:
    """Rows of any container by their numbers or a mask, in the same kind of it."""
    index = np.asarray(rows)
    if index.dtype == bool:
        index = np.flatnonzero(index)
    if index.size == _num_samples(X) and np.array_equal(index, np.arange(index.size)):
        return X
    native = narwhals_object(X)
    if isinstance(native, nw.DataFrame | nw.Series):
        if not native.implementation.is_pandas():
            return native[index.tolist()].to_native()
    if hasattr(X, "to_frame") and not hasattr(X, "iloc"):
        return X.take(index)  # an Index of pandas, whose strings take no X[index, ...]
    return _safe_indexing(X, index)


def validate_rows(
    estimator: Any,
    X: Any,
    y: Any = "no_validation",
    *,
    any_size: bool = False,
    **checks: Any,
) -> Any:
    """`validate_data` for rows in any container: floats, sparse ones as summed CSR.

    Values whose squares overflow are refused unless `any_size` is set. `checks` are
    those of scikit-learn's `validate_data`, such as `reset`.
    """
    checks = {"accept_sparse": "csr", "dtype": FLOATS} | checks
    if y is not None and not (isinstance(y, str) and y == "no_validation"):
        y = column_values(y, "y")
        y = unchanged_values(y.tolist(), "y") if y.dtype.kind == "O" else y
    found = validate_data(estimator, _readable_rows(X, "X", checks), y, **checks)
    if not any_size:
        check_squares(found[0] if isinstance(found, tuple) else found, "X")
    return found


def _readable_rows(X: Any, name: str, checks: Mapping[str, Any]) -> Any:
    """Rows as scikit-learn's checks read them, whose advice is for SciPy's matrices."""
    X = unshared_order(table_container(X, name))
    if not checks["accept_sparse"] and csr_of_frame(X) is not X:
        raise TypeError(
            f"{name} is a frame of sparse columns, where dense ones are needed. Pass "
            f"{name}.sparse.to_dense()."
        )
    return X


def check_rows_of(X: Any, name: str, **checks: Any) -> Any:
    """`check_array` for rows in any container: floats, sparse ones as summed CSR."""
    checks = {"accept_sparse": "csr", "dtype": FLOATS, "input_name": name} | checks
    found = check_array(_readable_rows(X, name, checks), **checks)
    check_squares(found, name)
    return found


def check_squares(X: Any, name: str) -> None:
    """Raise if sums of squares of the rows may overflow."""
    values = X.data if is_sparse(X) else X
    if values.dtype.kind != "f" or not values.size:
        return
    largest = max(float(values.max()), -float(values.min()))
    if largest > float(np.finfo(values.dtype).max) ** 0.5 / 1024:
        raise ValueError(
            f"{name} has values up to {largest:g}, and sums of their squares may not "
            f"fit into {values.dtype}. Divide the features by a number first."
        )
