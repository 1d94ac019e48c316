"""Rows and values in the containers and number types that users have them in."""

import numpy as np
import scipy.sparse as sp

WHOLE_TYPES = ("?", "i1", "u1", "i2", "i4", "i8", "u8", "f2", "f4", ">f8", ">i4", "O")


class OnlyArray:
    """Has ``__array__`` and nothing else."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


def frames(table):
    """A table as frames of the libraries that are installed."""
    columns = {f"c{i}": table[:, i] for i in range(table.shape[1])}
    found = {}
    try:
        import pandas as pd
    except ImportError:
        pass
    else:
        n = len(table)
        found["pandas"] = pd.DataFrame(columns, index=np.arange(n)[::-1])
        found["pandas nullable"] = pd.DataFrame(columns).convert_dtypes()
    try:
        import polars as pl
    except ImportError:
        pass
    else:
        found["polars"] = pl.DataFrame(columns)
    try:
        import pyarrow as pa
    except ImportError:
        pass
    else:
        found["pyarrow table"] = pa.table(columns)
        found["pyarrow batch"] = pa.record_batch(columns)
    return found


def tables(table):
    """A table of numbers in every container that can hold one."""
    return {
        "list": table.tolist(),
        "tuple": tuple(map(tuple, table.tolist())),
        "list of arrays": list(table),
        "generator": (row for row in table.tolist()),
        "objects": table.astype(object),
        "fortran": np.asfortranarray(table),
        "strided": np.repeat(table, 2, axis=1)[:, ::2],
        "masked, nothing hidden": np.ma.array(table),
        "only __array__": OnlyArray(table),
        **frames(table),
    }


def columns(values):
    """One value a row in every container that can hold it."""
    plain = np.asarray(values).tolist()
    found = {
        "list": plain,
        "tuple": tuple(plain),
        "generator": (v for v in plain),
        "dict values": dict(enumerate(plain)).values(),
        "objects": np.array(plain, dtype=object),
        "one column": np.asarray(values)[:, None],
        "masked, nothing hidden": np.ma.array(values),
        "only __array__": OnlyArray(values),
    }
    if isinstance(plain[0], str) and hasattr(np.dtypes, "StringDType"):
        found["NumPy strings"] = np.array(plain, dtype=np.dtypes.StringDType())
    if isinstance(plain[0], int):
        found["big-endian"] = np.array(plain, dtype=">i4")
    try:
        import pandas as pd
    except ImportError:
        pass
    else:
        found["pandas"] = pd.Series(plain, index=np.arange(len(plain))[::-1])
        found["pandas nullable"] = pd.Series(plain).convert_dtypes()
        found["pandas categorical"] = pd.Series(plain, dtype="category")
        found["pandas index"] = pd.Index(plain)
        found["pandas frame"] = pd.DataFrame({"a": plain})
    try:
        import polars as pl
    except ImportError:
        pass
    else:
        found["polars"] = pl.Series(plain)
        found["polars frame"] = pl.DataFrame({"a": plain})
    try:
        import pyarrow as pa
    except ImportError:
        pass
    else:
        half = len(plain) // 2
        found["pyarrow"] = pa.array(plain)
        found["pyarrow chunks"] = pa.chunked_array([plain[:half], plain[half:]])
    return found


def unordered(values):
    """Containers that cannot be meant, with a word of the message that says so."""
    plain = np.asarray(values).tolist()
    keys = [tuple(v) for v in plain] if isinstance(plain[0], list) else plain
    return {"set": set(keys), "dict": dict(enumerate(plain)), "text": "good"}


def repeated(table, dtype="i1"):
    """Sparse matrices that store entries of a table again and again, 256 and more."""
    rows, places = np.nonzero(table)
    entry = np.repeat(np.arange(rows.size), table[rows, places].astype(int))
    order = np.lexsort((-places[entry], rows[entry]))
    entry = entry[order]
    ones = np.ones(entry.size, dtype)
    ends = np.r_[0, np.cumsum(table.sum(axis=1))].astype(int)
    found = {}
    for form in ("matrix", "array"):
        found[f"coo_{form}"] = getattr(sp, f"coo_{form}")(
            (ones, (rows[entry], places[entry])), shape=table.shape
        )
        found[f"csr_{form}"] = getattr(sp, f"csr_{form}")(
            (ones, places[entry], ends), shape=table.shape
        )
    return found
