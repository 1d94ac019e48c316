"""Laws of what comes in: number types, repeated entries, containers."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer.testing._case import Case, Rows
from sktransfer.testing._checks import Law, require_close, require_error
from sktransfer.testing._common_laws import has_labels, takes_sparse, takes_table

_VALIDATE = "Validate X with sklearn.utils.validation.validate_data"
NUMBER_TYPES = ("i1", "u1", "i2", "i8", "u8", "f2", ">f8", ">i4", ">f4", "O")


class OnlyArray:
    """A container that has ``__array__`` and nothing else."""

    def __init__(self, values: Any) -> None:
        self._values = values

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return np.array(self._values, dtype=dtype)


def whole_numbers(case: Case) -> NDArray[np.float64]:
    """The table of a case as whole numbers that fit into eight bits."""
    table = np.asarray(case.rows.dense_table(), dtype=np.float64)
    return np.rint(table / max(np.abs(table).max() / 100, 1)) + 0.0


def check_number_types(estimator: Any, case: Case) -> None:
    """Whole numbers of every type give the same answers as floats."""
    table = whole_numbers(case)
    expected = case.fitted_answer(estimator, case.rows._replace(X=table))
    for dtype in NUMBER_TYPES:
        if np.dtype(dtype).kind == "u" and table.min() < 0:
            continue
        require_close(
            case.fitted_answer(estimator, case.rows._replace(X=table.astype(dtype))),
            expected,
            1e-3 if dtype == ">f4" else case.tolerance,
            f"{case.answers} for rows of dtype {np.dtype(dtype)}",
            f"{_VALIDATE}, dtype=[np.float64, np.float32].",
        )


def check_boolean(estimator: Any, case: Case) -> None:
    """Rows of True and False give the same answers as rows of 1.0 and 0.0."""
    table = np.asarray(case.rows.dense_table())
    flags = table > np.median(table, axis=0)
    require_close(
        case.fitted_answer(estimator, case.rows._replace(X=flags)),
        case.fitted_answer(estimator, case.rows._replace(X=flags.astype(float))),
        case.tolerance,
        f"{case.answers} for rows of dtype bool",
        f"{_VALIDATE}, dtype=[np.float64, np.float32].",
    )


def repeated_entries(table: NDArray[Any], form: str) -> dict[str, Any]:
    """Sparse matrices that store each entry of a table as two halves."""
    rows, columns = np.nonzero(table)
    values = np.tile(table[rows, columns] / 2, 2)
    places = np.tile(rows, 2), np.tile(columns, 2)
    kind = getattr(sparse, f"coo_{form}")((values, places), shape=table.shape)
    order = np.lexsort((-places[1], places[0]))  # columns of a row in no order
    ends = np.r_[0, np.cumsum(2 * np.count_nonzero(table, axis=1))]
    compressed = getattr(sparse, f"csr_{form}")(
        (values[order], places[1][order], ends), shape=table.shape
    )
    return {f"coo_{form}": kind, f"csr_{form}": compressed}


def check_repeated_entries(estimator: Any, case: Case) -> None:
    """Entries that are stored more than once are summed."""
    table = np.asarray(case.rows.dense_table(), dtype=np.float64)
    rows = case.rows._replace(X=sparse.csr_array(table))
    expected = case.fitted_answer(estimator, rows)
    for form in ("matrix", "array"):
        for name, X in repeated_entries(table, form).items():
            require_close(
                case.fitted_answer(estimator, rows._replace(X=X)),
                expected,
                case.tolerance,
                f"{case.answers} for a {name} with repeated entries",
                "Call sum_duplicates() on a copy before anything reads its data.",
            )


def table_containers(table: NDArray[Any]) -> dict[str, Any]:
    """A table of numbers in containers of several libraries."""
    names = [f"c{i}" for i in range(table.shape[1])]
    found: dict[str, Any] = {
        "list": table.tolist(),
        "tuple": tuple(map(tuple, table.tolist())),
        "list of arrays": list(table),
        "array of objects": table.astype(object),
        "object with __array__": OnlyArray(table),
    }
    columns = dict(zip(names, table.T))
    if find_spec("pandas"):
        import pandas as pd

        found["pandas nullable"] = pd.DataFrame(columns).convert_dtypes()
    if find_spec("polars"):
        import polars as pl

        found["polars frame"] = pl.DataFrame(columns)
    if find_spec("pyarrow"):
        import pyarrow as pa

        found["pyarrow table"] = pa.table(columns)
    return found


def value_containers(values: Any) -> dict[str, Any]:
    """One value a row in containers of several libraries."""
    plain = np.asarray(values).tolist()
    found: dict[str, Any] = {
        "list": plain,
        "tuple": tuple(plain),
        "array of objects": np.array(plain, dtype=object),
    }
    if find_spec("pandas"):
        import pandas as pd

        found["pandas series"] = pd.Series(plain, index=range(len(plain))[::-1])
        found["pandas nullable"] = pd.Series(plain).convert_dtypes()
        found["pandas categorical"] = pd.Series(plain, dtype="category")
        found["pandas index"] = pd.Index(plain)
    if find_spec("polars"):
        import polars as pl

        found["polars series"] = pl.Series(plain)
    if find_spec("pyarrow"):
        import pyarrow as pa

        found["pyarrow array"] = pa.array(plain)
        half = len(plain) // 2
        found["pyarrow chunked array"] = pa.chunked_array([plain[:half], plain[half:]])
    return found


def check_containers(estimator: Any, case: Case) -> None:
    """Rows, labels and domains may come in the containers of every library."""
    table = np.asarray(case.rows.dense_table(), dtype=np.float64)
    rows = case.rows._replace(X=table)
    expected = case.fitted_answer(estimator, rows)
    kinds: dict[str, Callable[[Any], dict[str, Any]]] = {
        "X": table_containers,
        "y": value_containers,
        "sample_domain": value_containers,
    }
    for field, containers in kinds.items():
        value = getattr(rows, field)
        if value is None:
            continue
        for name, given in containers(value).items():
            model = case.fit(estimator, Rows(**{**rows._asdict(), field: given}))
            require_close(
                case.answer(model, rows),
                expected,
                1e-10,
                f"{case.answers} where {field} is a {name}",
                f"{_VALIDATE}, and turn y into an array and sample_domain by "
                "sktransfer.utils.validation.check_sample_domain.",
            )


def missing_label_containers(labels: list[Any], known: Any) -> dict[str, Any]:
    """Labels, of which some are missing, in containers that say so."""
    hidden = np.ma.array(np.asarray(labels), mask=~known)  # others under the mask
    hidden.data[~known] = labels[0]
    some = [v if k else None for v, k in zip(labels, known)]
    found: dict[str, Any] = {"masked array": hidden, "list": some}
    if isinstance(labels[0], str):
        if hasattr(np.dtypes, "StringDType"):
            dtype = np.dtypes.StringDType(na_object=None)
            found["StringDType"] = np.array(some, dtype)
        found["list with NaN"] = [np.nan if v is None else v for v in some]
    if find_spec("pandas"):
        import pandas as pd

        found["pandas nullable"] = pd.Series(some).convert_dtypes()
    if find_spec("polars"):
        import polars as pl

        found["polars series"] = pl.Series(some)
    return found


def check_missing_labels(estimator: Any, case: Case) -> None:
    """A missing label is the same in every container, whatever a mask hides."""
    labels = np.asarray(case.rows.y).tolist()
    known = np.arange(len(labels)) % 4 != 1
    some = np.array([v if k else None for v, k in zip(labels, known)], dtype=object)
    try:
        expected = case.fitted_answer(estimator, case.rows._replace(y=some))
    except ValueError:  # they are refused: in any container
        expected = None
    for name, y in missing_label_containers(labels, known).items():
        rows = case.rows._replace(y=y)
        what, remedy = f"missing labels in a {name}", "Ask numpy.ma.getmaskarray(y)."
        if expected is None:
            require_error(what, "", remedy, case.fitted_answer, estimator, rows)
        else:
            answer = case.fitted_answer(estimator, rows)
            require_close(answer, expected, 1e-10, f"{case.answers} for {what}", remedy)


INPUT_LAWS = (
    Law(check_number_types, takes_table),
    Law(check_boolean, takes_table),
    Law(check_repeated_entries, takes_sparse),
    Law(check_containers, takes_table),
    Law(check_missing_labels, has_labels),
)
