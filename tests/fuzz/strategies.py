"""Hypothesis strategies of what users pass, each with the same as plain data.

Values are drawn by a seed, forms by name: shrinking then finds the form at fault.
"""

import csv
import json
import tempfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st

from sktransfer.datasets import make_bilingual_reviews

try:
    import pandas as pd
except ImportError:
    pd = None
try:
    import polars as pl
except ImportError:
    pl = None
try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    pa = None
try:
    import openpyxl
except ImportError:
    openpyxl = None

FOLDER = tempfile.TemporaryDirectory()
REVIEWS = make_bilingual_reviews(40)
STRINGS = getattr(np.dtypes, "StringDType", None)


class Given(NamedTuple):
    """An argument in some form, made anew for each use, and the same as plain data."""

    kind: str
    make: Callable[[], Any]
    plain: Any


class OnlyArray:
    """Has ``__array__`` and nothing else."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


# ------------------------------------------------------------------- rows of numbers

VALUES = {
    "counts": lambda rng, n, p: rng.poisson(2.0, (n, p)),
    "signed": lambda rng, n, p: rng.integers(-100, 100, (n, p)),
    "halves": lambda rng, n, p: rng.integers(-8, 8, (n, p)) / 2,
    "normal": lambda rng, n, p: rng.normal(size=(n, p)),
    "flags": lambda rng, n, p: rng.integers(0, 2, (n, p)),
    "few rows": lambda rng, n, p: rng.integers(0, 4, (3, p))[rng.integers(0, 3, n)],
    "constant column": lambda rng, n, p: (
        np.r_[[0], np.ones(p - 1)] * rng.poisson(3.0, (n, p))
    ),
}
ODD_VALUES = {
    "all equal": lambda rng, n, p: np.full((n, p), 3.0),
    "all zero": lambda rng, n, p: np.zeros((n, p)),
    "tiny": lambda rng, n, p: rng.normal(size=(n, p)) * 1e-300,
    "huge": lambda rng, n, p: rng.normal(size=(n, p)) * 1e300,
    "one huge": lambda rng, n, p: _with_one(rng, rng.poisson(2.0, (n, p)), 1e200),
    "far from 0": lambda rng, n, p: rng.normal(size=(n, p)) + 1e9,
    "NaN": lambda rng, n, p: _with_one(rng, rng.poisson(2.0, (n, p)), np.nan),
    "infinite": lambda rng, n, p: _with_one(rng, rng.poisson(2.0, (n, p)), np.inf),
}
DTYPES = ("?", "i1", "u1", "i2", "i4", "i8", "u8", "f2", "f4", "f8")
SWAPPED = (">f8", ">i4", ">f4", ">i8")


def _with_one(rng, table, value):
    table = table.astype(np.float64)
    table[rng.integers(len(table)), rng.integers(table.shape[1])] = value
    return table


def _columns(table):
    return {f"c{i}": table[:, i] for i in range(table.shape[1])}


def memory_map(table):
    path = Path(FOLDER.name) / f"{zlib.crc32(table.tobytes())}-{table.size}.bin"
    if not path.exists():
        path.write_bytes(table.tobytes())
    return np.memmap(path, dtype=table.dtype, mode="r", shape=table.shape)


def read_only(table):
    table = table.copy()
    table.flags.writeable = False
    return table


DENSE = {
    "array": np.copy,
    "Fortran": np.asfortranarray,
    "strided": lambda table: np.repeat(table, 2, axis=1)[:, ::2],
    "reversed": lambda table: table[::-1].copy()[::-1],
    "read-only": read_only,
    "memory map": memory_map,
    "masked, nothing hidden": np.ma.array,
    "objects": lambda table: table.astype(object),
    "list": lambda table: table.tolist(),
    "tuple": lambda table: tuple(map(tuple, table.tolist())),
    "list of arrays": list,
    "generator": lambda table: (row for row in table.tolist()),
    "only __array__": OnlyArray,
}
if pd:
    DENSE |= {
        "pandas": lambda table: pd.DataFrame(
            _columns(table), index=np.arange(len(table)) // 2
        ),
        "pandas nullable": lambda table: pd.DataFrame(_columns(table)).convert_dtypes(),
        "pandas sparse": lambda table: pd.DataFrame.sparse.from_spmatrix(
            sp.csr_array(table)
        ),
        "pandas categorical": lambda table: pd.DataFrame(_columns(table)).astype(
            "category"
        ),
    }
if pl:
    DENSE["polars"] = lambda table: pl.DataFrame(_columns(table))
if pa:
    DENSE |= {
        "pyarrow": lambda table: pa.table(_columns(table)),
        "pyarrow batch": lambda table: pa.record_batch(_columns(table)),
    }
LOSE_NUMBERS = ("list", "tuple", "generator", "objects", "pandas categorical")
KEEP_NUMBERS = ("array", "Fortran", "strided", "reversed", "read-only", "memory map")
MEANT_OTHERWISE = {
    "masked": lambda table: np.ma.array(table, mask=np.eye(*table.shape, dtype=bool)),
    "one row": lambda table: table[0],
    "set": lambda table: set(map(tuple, table.tolist())),
    "mapping": lambda table: dict(enumerate(table.tolist())),
    "mappings": lambda table: [dict(enumerate(row)) for row in table.tolist()],
    "sets": lambda table: [set(row) for row in table.tolist()],
    "texts of numbers": lambda table: table.astype(str),
    "ragged": lambda table: [[1.0] * (table.shape[1] + 1), *table.tolist()],
    "no rows": lambda table: table[:0],
}
# what holds rows one by one may hold sequences
MATRICES = tuple(
    f
    for f in DENSE
    if f not in ("list", "tuple", "list of arrays", "generator", "objects")
)
FORMATS = ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")
STORED = ("canonical", "repeated", "unsorted", "explicit zeros", "64-bit")


def sparse_rows(table, form, kind, stored):
    """A sparse matrix that stores the table in some way."""
    make = getattr(sp, f"{form}_{kind}")
    if form not in ("csr", "csc", "coo") or stored == "canonical":
        return make(table)
    if table.dtype == bool and stored == "repeated":  # True twice is True, or 2
        stored = "unsorted"
    line, place = np.nonzero(
        np.ones_like(table) if stored == "explicit zeros" else table
    )
    value = table[line, place]
    if stored == "repeated":
        first = value // 2 if value.dtype.kind in "iu" else value / 2
        line, place = np.tile(line, 2), np.tile(place, 2)
        value = np.concatenate([first, value - first]).astype(table.dtype)
    index = np.int64 if stored == "64-bit" else np.int32
    if form == "coo":
        return make((value, (line.astype(index), place.astype(index))), table.shape)
    outer, inner = (line, place) if form == "csr" else (place, line)
    order = np.lexsort((inner if stored == "explicit zeros" else -inner, outer))
    size = table.shape[0 if form == "csr" else 1]
    ends = np.r_[0, np.cumsum(np.bincount(outer, minlength=size))].astype(index)
    return make((value[order], inner[order].astype(index), ends), shape=table.shape)


def _newest_of_halves(table):
    """Of times that are stored in two parts, the larger one, which is the newest."""
    kind = table.dtype.kind
    return table if kind == "b" else table - table // 2 if kind in "iu" else table / 2


@st.composite
def rows(draw, n, p, *, odd=False, values=None, forms=tuple(DENSE), dense=False):
    """A table of numbers in any form."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    way = draw(st.sampled_from(("value", "form"))) if odd else ""
    choices = ODD_VALUES if way == "value" else VALUES
    value = draw(
        st.sampled_from([v for v in choices if odd or not values or v in values])
    )
    table = np.asarray(choices[value](rng, n, p), dtype=np.float64)
    if way == "form":
        form = draw(st.sampled_from(list(MEANT_OTHERWISE)))
        make = partial(MEANT_OTHERWISE[form], table)
        return Given(f"{value}, {form}", make, _plain_of_other(form, table))
    table = _as_type(table, draw(st.sampled_from((*DTYPES, "f8", "f8"))))
    if not dense and draw(st.integers(0, 2)) == 0:
        form = draw(st.sampled_from(FORMATS))
        kind = draw(st.sampled_from(("matrix", "array")))
        stored = draw(st.sampled_from(STORED))
        if table.dtype == np.float16:
            table = table.astype(np.float32)
        of_entries = table
        if forms is MATRICES and stored == "repeated" and form in ("csr", "csc", "coo"):
            of_entries = _newest_of_halves(table)
        plain = sp.csr_array(_plain(of_entries, values is not None))
        make = partial(sparse_rows, table, form, kind, stored)
        return Given(f"{value}, {table.dtype} {form}_{kind}, {stored}", make, plain)
    form = draw(st.sampled_from(forms))
    if form in KEEP_NUMBERS:
        table = _as_type(table, draw(st.sampled_from(("=", "=", *SWAPPED))))
    if form.startswith(("polars", "pyarrow", "pandas")) and table.dtype == np.float16:
        table = table.astype(np.float32)
    plain = _plain(table, values is not None)
    whole = values is not None and table.dtype.kind in "iub"
    if form in LOSE_NUMBERS and not whole:
        plain = table.astype(np.float64)
    if form == "pandas sparse":
        plain = sp.csr_array(plain)
    return Given(f"{value}, {table.dtype} {form}", partial(DENSE[form], table), plain)


def _as_type(table, dtype):
    """The table in another type, if that holds its numbers."""
    if dtype == "=":
        return table
    with np.errstate(all="ignore"):
        other = table.astype(dtype)
        same = np.array_equal(other.astype(np.float64), table, equal_nan=True)
    return other if same and not (table == 0).all() else table


def _plain(table, whole=False):
    """Numbers of double precision; single precision stays, whole ones if asked for."""
    if whole and table.dtype.kind in "iub":
        return table.astype(np.int64)
    single = table.dtype.kind == "f" and table.dtype.itemsize == 4
    return table.astype(np.float32 if single else np.float64)


def _plain_of_other(form, table):
    """Plain data that must be refused as well, or None where nothing is meant."""
    if form == "masked":
        return np.where(np.eye(*table.shape, dtype=bool), np.nan, table)
    return {"one row": table[0], "no rows": table[:0], "texts of numbers": table}.get(
        form
    )


# ---------------------------------------------------------------- one value for a row


def _chunked(values):
    half = len(values) // 2
    kind = pa.array(values).type
    return pa.chunked_array([values[:half], values[half:]], type=kind)


def _strings(values):
    if STRINGS is None or not all(isinstance(v, str) for v in values):
        return np.array(values, dtype=object)
    try:
        return np.array(values, dtype=STRINGS())
    except UnicodeEncodeError:  # half of a surrogate pair
        return np.array(values, dtype=object)


def _array(values):
    """The array that NumPy makes of values, where they stay what they are."""
    found = np.array(values)
    same = found.dtype.kind == "f" or found.tolist() == list(values)
    return found if same else _objects(values)


def _objects(values):
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


COLUMN = {
    "list": list,
    "tuple": tuple,
    "generator": lambda v: (x for x in v),
    "array": _array,
    "objects": _objects,
    "one column": lambda v: _objects(v)[:, None],
    "masked, nothing hidden": lambda v: np.ma.array(_array(v)),
    "only __array__": lambda v: OnlyArray(_objects(v)),
    "read-only": lambda v: read_only(_array(v)),
    "strided": lambda v: np.repeat(_array(v), 2)[::2],
    "NumPy strings": _strings,
}
if pd:
    COLUMN |= {
        "pandas": lambda v: pd.Series(v, index=np.arange(len(v))[::-1] // 2),
        "pandas objects": lambda v: pd.Series(v, dtype=object),
        "pandas nullable": lambda v: pd.Series(v).convert_dtypes(),
        "pandas categorical": lambda v: pd.Series(v, dtype="category"),
        "pandas index": lambda v: pd.Index(v),
        "pandas frame": lambda v: pd.DataFrame({"a": v}),
    }
if pl:
    COLUMN |= {
        "polars": lambda v: pl.Series(v),
        "polars frame": lambda v: pl.DataFrame({"a": v}),
    }
if pa:
    COLUMN |= {"pyarrow": pa.array, "pyarrow chunks": _chunked}
NOT_A_COLUMN = {
    "set": set,
    "mapping": lambda v: dict(enumerate(v)),
    "one value": lambda v: v[0],
    "too short": lambda v: list(v)[:-1],
    "too long": lambda v: [*v, v[0]],
    "two columns": lambda v: np.column_stack([_objects(v), _objects(v)]),
}


def column_form(form, values):
    """Values in a container; a list where that container cannot hold them."""
    try:
        return COLUMN[form](values)
    except (ValueError, TypeError, UnicodeEncodeError, OverflowError):
        return list(values)
    except Exception as error:  # of Arrow and Polars
        if type(error).__module__.split(".")[0] in ("pyarrow", "polars"):
            return list(values)
        raise


def in_column(draw, what, values, plain, *, odd=False):
    """Values in a drawn container."""
    if odd:
        forms = [f for f in NOT_A_COLUMN if what != "weights" or f != "one value"]
        form = draw(st.sampled_from(forms))
        make = partial(NOT_A_COLUMN[form], values)
        plain = make() if form.startswith("too ") else None
        return Given(f"{what}, {form}", make, plain)
    form = draw(st.sampled_from(list(COLUMN)))
    return Given(f"{what}, {form}", partial(column_form, form, values), plain)


CLASSES = {
    "str": ["bad", "good", "so so"],
    "int": [0, 1, 2],
    "int of any size": [-5, 7, 2**40],
    "bool": [False, True],
    "float": [0.0, 1.0, 2.0],
    "other script": ["差", "好", "किताब"],
}
MISSING = {"None": None, "NaN": np.nan}
if pd:
    MISSING["NA"] = pd.NA


@st.composite
def classes(draw, n, *, odd=False):
    """Labels of classes; some may be missing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    kind = draw(st.sampled_from(list(CLASSES)))
    names = CLASSES[kind][: draw(st.integers(2, 3))]
    values = [names[i] for i in rng.integers(len(names), size=n)]
    way = (
        draw(st.sampled_from(("missing", "missing", "form", "one class")))
        if odd
        else ""
    )
    if way == "form":
        return in_column(draw, kind, values, None, odd=True)
    if way == "one class":
        values = [names[0]] * n
    if way != "missing":
        return in_column(draw, f"{kind} {way}", values, np.array(values))
    hidden = rng.random(n) < 0.3
    plain = _objects([None if h else v for h, v in zip(hidden, values)])
    marks = [*MISSING, "mask"]
    mark = draw(st.sampled_from(marks))
    if mark == "mask":
        make = partial(np.ma.array, np.array(values), mask=hidden)
        return Given(f"{kind} hidden by a mask", make, plain)
    values = [MISSING[mark] if h else v for h, v in zip(hidden, values)]
    return in_column(draw, f"{kind} with {mark}", values, plain)


@st.composite
def ratings(draw, n, *, odd=False):
    """Numbers to predict; some may be missing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    values = (rng.integers(2, 11, n) / 2).tolist()
    if draw(st.booleans()):
        values = rng.integers(1, 6, n).tolist()
    way = draw(st.sampled_from(("missing", "form", "infinite"))) if odd else ""
    if way == "form":
        return in_column(draw, "ratings", values, None, odd=True)
    if way == "infinite":
        values = [*values[:-1], np.inf]
    if way != "missing":
        return in_column(draw, f"ratings {way}", values, np.array(values, float))
    hidden = rng.random(n) < 0.3
    plain = np.where(hidden, np.nan, values)
    mark = draw(st.sampled_from(list(MISSING)))
    values = [MISSING[mark] if h else v for h, v in zip(hidden, values)]
    return in_column(draw, f"ratings with {mark}", values, plain)


@st.composite
def domains(draw, n, *, odd=False):
    """Signed domains of rows, or what is none."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    sides = draw(st.sampled_from(([1, -1], [1, 2, -3], [1, -2, -3], [4, 2, -1, -7])))
    values = [sides[i % len(sides)] for i in rng.permutation(n)]
    if not odd:
        if draw(st.integers(0, 9)) == 0:
            return Given("no domains", partial(type(None)), None)
        if draw(st.integers(0, 5)) == 0:
            values = [float(v) for v in values]
        return in_column(draw, f"domains {sides}", values, np.array(values, int))
    way = draw(st.sampled_from(("one side", "zero", "None", "half", "text", "form")))
    if way == "form":
        return in_column(draw, "domains", values, None, odd=True)
    if way == "one side":
        values = [draw(st.sampled_from((1, -1)))] * n
        return in_column(draw, way, values, np.array(values))
    values[rng.integers(n)] = {"zero": 0, "None": None, "half": 0.5, "text": "en"}[way]
    return in_column(draw, f"domains with {way}", values, values)


WEIGHTS = (
    "negative", "NaN", "infinite", "all 0", "whole", "text", "form", "one number",
)  # fmt: skip


@st.composite
def weights(draw, n, *, odd=False):
    """Weights of rows, or what is none."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    values = (rng.integers(1, 9, n) / 4).tolist()
    if not odd:
        if draw(st.booleans()):
            return Given("no weights", partial(type(None)), None)
        if draw(st.booleans()):
            values = [v if rng.random() < 0.8 else 0.0 for v in values]
        return in_column(draw, "weights", values, np.array(values))
    way = draw(st.sampled_from(WEIGHTS))
    if way == "one number":
        return Given(f"weights, {way}", partial(float, 2), np.full(n, 2.0))
    if way == "form":
        return in_column(draw, "weights", values, None, odd=True)
    if way in ("all 0", "whole"):
        values = [0 if way == "all 0" else int(4 * v) for v in values]
        return in_column(draw, f"weights {way}", values, np.array(values, float))
    other = {"negative": -1.0, "NaN": np.nan, "infinite": np.inf, "text": "much"}
    values[rng.integers(n)] = other[way]
    plain = values if way == "text" else np.array(values)
    return in_column(draw, f"weights with {way}", values, plain)


# ------------------------------------------------------------------------------ texts

ODD_TEXTS = (
    "",
    " \t\n\u2028",
    "e\u0301te\u0301 n\u0303",  # combining marks
    "ＦＵＬＬ　ｗｉｄｔｈ　１２",
    "अच्छा किताब ดีมาก كتاب جيد ספר",
    "本很好。不好！",
    "👍🏽👨‍👩‍👧 😀",
    "İyi ıI ß ẞ ﬁ",
    "half \ud800 pair",
    "zero\x00byte \x1b[0m \ufeff \u200b\u200d",
    "ab" * 300,
    "good " * 60,
    "!!! ... ?! 5 12 3.50",
)


@st.composite
def texts(draw, n, *, odd=False):
    """Texts of any script in any container; some may be missing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    source = draw(st.sampled_from((REVIEWS.data, REVIEWS.data, ODD_TEXTS)))
    values = [str(source[i])[:200] for i in rng.integers(len(source), size=n)]
    some = draw(st.lists(st.text(st.characters(codec=None), max_size=12), max_size=2))
    for text in (*some, ODD_TEXTS[rng.integers(len(ODD_TEXTS))]):
        values[rng.integers(n)] = text
    if not odd:
        return in_column(draw, "texts", values, list(values))
    way = draw(st.sampled_from((*MISSING, "number", "bytes", "form", "all empty")))
    if way == "form":
        return in_column(draw, "texts", values, None, odd=True)
    if way == "all empty":
        values = [""] * n
        return in_column(draw, way, values, values)
    values[rng.integers(n)] = {"number": 5, "bytes": b"good", **MISSING}[way]
    plain = [None if not isinstance(v, str) else v for v in values]
    return in_column(draw, f"texts with {way}", values, plain)


@st.composite
def text_list(draw, n, *, odd=False):
    """Texts in a list, not missing."""
    found = draw(texts(n))
    return Given("list of texts", partial(list, found.plain), found.plain)


@st.composite
def sequences(draw, n, *, odd=False, numbered=False):
    """Sequences of items, ids of one type, in any container."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    size = draw(st.sampled_from((None, 3)))  # all of one length may look like a matrix
    names = (list("abcdef"), list(range(6)), ["007", "7", "é", ""])
    ids = list(range(6)) if numbered else draw(st.sampled_from(names))
    values = [
        [ids[j] for j in rng.integers(len(ids), size=size or rng.integers(0, 6))]
        for _ in range(n)
    ]
    plain = [list(v) for v in values]
    if odd:
        ways = ("None", "NaN", "set", "unhashable", *(("one text",) if n > 1 else ()))
        way = draw(st.sampled_from(ways))
        values[rng.integers(n)] = {
            "None": [None],
            "NaN": [np.nan],
            "one text": "abc",
            "set": {"a", "b"},
            "unhashable": [["a"]],
        }[way]
        return Given(f"sequences with {way}", partial(list, values), None)
    forms = {
        "list": list,
        "tuple": lambda v: tuple(map(tuple, v)),
        "objects": _objects,
        "list of arrays": lambda v: [np.array(x, dtype=object) for x in v],
        "generator": lambda v: (x for x in v),
    }
    if pd:
        forms["pandas"] = lambda v: pd.Series(v, dtype=object)
    if pl:
        forms["polars"] = pl.Series
    if pa:
        forms["pyarrow"] = pa.array
    form = draw(st.sampled_from(list(forms)))
    return Given(f"sequences, {form}", partial(forms[form], values), plain)


# ------------------------------------------------------------------------------ files

IDS = (
    "7", "007", "1e5", "True", "NA", "null", "nan", "None", "-0", "9007199254740993",
    "a,b", "a;b", "tab\there", 'say "hi"', "'", "#1", "=1+1", " padded ", "line\nbreak",
    "é", "日本", "😀", "\u2028", "x" * 300,
)  # fmt: skip
FOLDER_OF_PARTS = "_parts.parquet"
ENDINGS = (
    *(".csv", ".tsv", ".txt", ".ndjson"),
    *((".parquet", FOLDER_OF_PARTS) if pa else ()),
    *((".xlsx",) if openpyxl else ()),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")


def log_file(ending, separator, encoding, line, columns):
    """Write a log of interactions, and say how it is to be read."""
    content = repr((ending, separator, encoding, line, columns))
    path = Path(FOLDER.name) / f"{zlib.crc32(content.encode())}{ending}"
    if path.exists():
        return path, separator, encoding
    if ending == ".parquet":
        pq.write_table(pa.table(columns), path)
    elif ending == FOLDER_OF_PARTS:
        path.mkdir()
        table = pa.table(columns)
        for k in range(0, max(len(table), 1), 8):
            pq.write_table(table.slice(k, 8), path / f"part-{k:05}.parquet")
        (path / "_SUCCESS").touch()
    elif ending == ".xlsx":
        write_sheet(path, columns)
    elif ending == ".ndjson":
        rows = (dict(zip(columns, row)) for row in zip(*columns.values()))
        path.write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    else:
        with open(path, "w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, delimiter=separator, lineterminator=line)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values()))
    return path, separator, encoding


def write_sheet(path, columns):
    """Write an Excel file; texts stay texts, whatever they begin with."""
    book = openpyxl.Workbook()
    for j, (name, values) in enumerate(columns.items(), 1):
        for i, value in enumerate((name, *values), 1):
            cell = book.active.cell(i, j, value)
            cell.data_type = "s" if isinstance(value, str) else "n"
    book.save(path)


@st.composite
def files(draw, n, *, odd=False):
    """Files with the lines of a log, sorted by user, and its columns."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    encoding = draw(st.sampled_from(ENCODINGS))
    ending = draw(st.sampled_from(ENDINGS))
    separator = "\t" if ending == ".tsv" else draw(st.sampled_from(",;\t|"))
    line = draw(st.sampled_from(("\n", "\r\n")))
    if ending not in (".csv", ".tsv", ".txt"):
        encoding, separator = "utf-8", ","
    ids = [i for i in IDS if encoding != "cp1252" or i.isascii() or i == "é"]
    ids = ids if odd else [i for i in ids if i.isprintable()]
    users = sorted(ids[i] for i in rng.integers(len(ids), size=n))
    columns = {
        "user": users,
        "item": [ids[i] for i in rng.integers(len(ids), size=n)],
        "value": (rng.integers(1, 11, n) / 2).tolist(),
    }
    if odd and draw(st.booleans()):
        columns["item"][rng.integers(n)] = ""
    make = partial(log_file, ending, separator, encoding, line, columns)
    return Given(f"{ending} by {separator!r} in {encoding}, {line!r}", make, columns)
