"""Laws of whatever is fitted to rows, labels and domains."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import joblib
import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import get_tags

from sktransfer.testing._case import Case, Rows, takes
from sktransfer.testing._checks import (
    Law,
    always,
    broken,
    dense,
    require_close,
    require_error,
)

SPARSE_FORMS: dict[str, Callable[[Any], Any]] = {
    "csr_matrix": sparse.csr_matrix,
    "csc_matrix": sparse.csc_matrix,
    "coo_matrix": sparse.coo_matrix,
    "csr_array": sparse.csr_array,
    "csc_array": sparse.csc_array,
    "coo_array": sparse.coo_array,
}


def takes_domain(estimator: Any, case: Case) -> bool:
    """Condition: `fit` takes the domain."""
    return takes(estimator, "fit", "sample_domain")


def takes_table(estimator: Any, case: Case) -> bool:
    """Condition: X is a table of numbers."""
    return case.rows.is_table


def takes_sparse(estimator: Any, case: Case) -> bool:
    """Condition: the input tag `sparse` is set and X is a table."""
    return case.rows.is_table and get_tags(estimator).input_tags.sparse


def repeatable(estimator: Any, case: Case) -> bool:
    """Condition: the tag `non_deterministic` is not set."""
    return not get_tags(estimator).non_deterministic


def takes_frames(estimator: Any, case: Case) -> bool:
    """Condition: X is a table, and pandas is installed."""
    return case.rows.is_table and find_spec("pandas") is not None


def reads_labels_of_strings(estimator: Any, case: Case) -> bool:
    """Condition: the made-up labels are strings."""
    return case.rows.y is not None and np.asarray(case.rows.y).dtype.kind in "UO"


def has_labels(estimator: Any, case: Case) -> bool:
    """Condition: there are labels."""
    return case.rows.y is not None


# ---------------------------------------------------------------- the estimator itself


def check_parameters(estimator: Any, case: Case) -> None:
    """Parameters are stored as given, cloned and set, and `fit` leaves them alone."""
    model = case.model(clone(estimator))
    parameters = model.get_params(deep=True)
    model.set_params(**parameters)
    before = fingerprints(model)
    case.fit_model(model, case.rows)
    require_unchanged(before, model)


def fingerprints(estimator: Any) -> dict[str, str]:
    """Each parameter of an estimator, as a string to compare."""
    parameters = estimator.get_params(deep=True)
    return {name: fingerprint(value) for name, value in parameters.items()}


def require_unchanged(before: dict[str, str], estimator: Any) -> None:
    """Raise unless an estimator has the parameters that it had before `fit`."""
    after = fingerprints(estimator)
    changed = sorted(n for n in before if after.get(n) != before[n])
    if changed:
        broken(
            f"changed parameters {changed} after fit",
            "Keep what fit learns in attributes that end in an underscore, and clone "
            "a parameter that is an estimator before it is fitted.",
        )


def fingerprint(value: Any) -> str:
    """A value and all that it holds, as a string to compare."""
    if sparse.issparse(value):  # flags of its own that it sets when asked are no data
        value = [type(value).__name__, stored_arrays(value)]
    try:
        return str(joblib.hash(value))
    except Exception:  # what cannot be pickled, such as a lambda
        return repr(value)


def check_pickle(estimator: Any, case: Case) -> None:
    """A fitted estimator gives the same answers after pickling."""
    model = case.fit(estimator, case.rows)
    require_close(
        case.answer(pickle.loads(pickle.dumps(model)), case.rows),
        case.answer(model, case.rows),
        0,
        case.answers,
        "Keep what is learned in attributes of the estimator.",
    )


def check_refit(estimator: Any, case: Case) -> None:
    """A second `fit` forgets the first one."""
    rows = case.rows
    expected = case.fitted_answer(estimator, rows)
    number = np.arange(rows.n_rows)
    # the next row in place of every third one: the shape stays
    others = [rows.take(np.minimum(number + (number % 3 == 0), rows.n_rows - 1))]
    if rows.is_table:
        some = rows.take(np.flatnonzero(number % 3))
        others.append(some._replace(X=some.X[:, :-1]))
    for other in others:
        model = case.fit_model(case.model(estimator), other)
        require_close(
            case.answer(case.fit_model(model, rows), rows),
            expected,
            1e-10,
            f"{case.answers} after a fit to other rows",
            "Let fit set every learned attribute anew.",
        )
    if takes_domain(estimator, case):
        require_nothing_left(estimator, case)


def require_nothing_left(estimator: Any, case: Case) -> None:
    """Raise if a fit without domains keeps attributes of an earlier one with them."""
    rows = case.rows._replace(sample_domain=None)
    try:
        fresh = case.fit(estimator, rows)
    except ValueError:  # it needs domains
        return
    again = case.fit_model(case.fit(estimator, case.rows), rows)
    left = sorted(set(vars(again)) - set(vars(fresh)))
    if left:
        broken(
            f"attributes {left} of an earlier fit with sample_domain",
            "Let fit delete what it does not set, or derive from a public base class.",
        )


def check_keys(estimator: Any, case: Case) -> None:
    """Dictionaries that `fit` learns have strings or numbers as keys."""
    model = case.fit(estimator, case.rows)
    own = {type(model).__module__.partition(".")[0], __name__.partition(".")[0]}
    seen: set[int] = set()
    left: list[tuple[str, Any]] = [(type(model).__name__, model)]
    while left:
        name, value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            other = [k for k in value if not isinstance(k, str | int | float)]
            if other:
                broken(
                    f"the key {other[0]!r} of type {type(other[0]).__name__} in {name}",
                    "Use strings or numbers, which JSON and skops can write.",
                )
            left += [(f"{name}[{k!r:.20}]", v) for k, v in value.items()]
        elif isinstance(value, list | tuple):
            left += [(f"{name}[{i}]", v) for i, v in enumerate(value)]
        elif type(value).__module__.partition(".")[0] in own:
            parts = getattr(value, "__dict__", {})
            left += [(f"{name}.{k}", v) for k, v in parts.items()]


# ------------------------------------------------------------------------------- rows


def check_row_order(estimator: Any, case: Case) -> None:
    """The order of the rows does not matter."""
    rows = case.rows
    if rows.is_table:  # some equal rows
        rows = rows.take(np.r_[np.arange(rows.n_rows), [3] * 4])
    order = np.random.default_rng(1).permutation(rows.n_rows)
    require_close(
        case.fitted_answer(estimator, rows.take(order)),
        dense(case.fitted_answer(estimator, rows))[order],
        case.tolerance,
        case.answers,
        "Compute from sets of rows, not from their positions; draw random rows only "
        "if the tag non_deterministic is set.",
    )


def check_input_is_kept(estimator: Any, case: Case) -> None:
    """Input is not written to, and may be read-only."""
    inputs = [case.rows]
    if takes_sparse(estimator, case):
        inputs.append(case.rows._replace(X=sparse.csr_array(case.rows.X)))
    if case.rows.is_table:
        inputs.append(case.rows._replace(X=case.rows.dense_table()))
    for given in inputs:
        rows = Rows(*map(copied, given))
        case.fitted_answer(estimator, rows)
        for name, now, then in zip(Rows._fields, rows, given):
            if fingerprint(now) != fingerprint(then):
                broken(f"a changed {name}", f"Copy {name} before writing to it.")
        for value in rows:
            set_read_only(value)
        case.fitted_answer(estimator, rows)


def copied(values: Any) -> Any:
    """A copy of an input."""
    return values.copy() if hasattr(values, "copy") else values


def stored_arrays(X: Any) -> list[Any]:
    """Arrays of a sparse matrix."""
    names = ("data", "indices", "indptr", "row", "col")
    return [getattr(X, name) for name in names if hasattr(X, name)]


def set_read_only(values: Any) -> None:
    """Forbid writing to an array, or to the arrays of a sparse matrix."""
    for array in stored_arrays(values) if sparse.issparse(values) else [values]:
        if isinstance(array, np.ndarray):
            array.flags.writeable = False


def check_sparse_equals_dense(estimator: Any, case: Case) -> None:
    """Sparse rows of every format give the same answers as dense ones."""
    table = case.rows.dense_table()
    expected = case.fitted_answer(estimator, case.rows._replace(X=table))
    forms = {name: form(table) for name, form in SPARSE_FORMS.items()}
    forms["csr_array with 64-bit indices"] = with_long_indices(table)
    for name, X in forms.items():
        require_close(
            case.fitted_answer(estimator, case.rows._replace(X=X)),
            expected,
            case.tolerance,
            f"{case.answers} for a {name}",
            "Validate X with accept_sparse='csr' and use @ and multiply, never *; or "
            "set the input tag sparse to False if sparse rows are refused.",
        )


def with_long_indices(table: Any) -> Any:
    """A CSR array with indices of 64 bits."""
    X = sparse.csr_array(table)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


def check_float32(estimator: Any, case: Case) -> None:
    """Rows of float32 give answers of float32, close to those of float64."""
    double = case.fitted_answer(estimator, case.rows)
    single = case.as_float32(case.rows)
    answer = case.fitted_answer(estimator, single)
    remedy = (
        "Validate X with dtype=[np.float64, np.float32] and give answers in its dtype."
    )
    for dtype, values in ((np.float64, double), (np.float32, answer)):
        if values.dtype != dtype:
            broken(f"{values.dtype} for rows of {np.dtype(dtype)}", remedy)
    require_close(answer, double, case.float32_tolerance, case.answers, remedy)


def check_frames(estimator: Any, case: Case) -> None:
    """A pandas frame gives the same answers as an array, and its names are noted."""
    import pandas as pd

    table = case.rows.dense_table()
    # columns that are attributes of a frame or of a sparse matrix are columns still
    names = ["format", "data", "shape", "dtype", "indptr", "size", "values", "ndim"]
    names = (names + [f"feature_{i}" for i in range(table.shape[1])])[: table.shape[1]]
    index = np.arange(case.rows.n_rows)[::-1]  # nothing may be matched by it
    frame = pd.DataFrame(table, columns=names, index=index)
    series = [None if v is None else pd.Series(v) for v in case.rows[1:]]
    rows = Rows(frame, *series)
    model = case.fit(estimator, rows)
    noted = getattr(model, "feature_names_in_", None)
    if noted is None or list(noted) != names:
        broken(
            f"feature_names_in_={noted} for columns {names}",
            "Validate X with sklearn.utils.validation.validate_data.",
        )
    require_close(
        case.answer(model, rows),
        case.fitted_answer(estimator, case.rows._replace(X=table)),
        1e-10,
        f"{case.answers} for a frame",
        "Validate X with sklearn.utils.validation.validate_data, and turn y and "
        "sample_domain into arrays.",
    )


# -------------------------------------------------------------------- labels, domains


def check_target_labels_unread(estimator: Any, case: Case) -> None:
    """Labels of target rows are not read."""
    rows = case.rows
    expected = case.fitted_answer(estimator, rows)
    target = np.asarray(rows.sample_domain) < 0
    numbers = np.asarray(rows.y).dtype.kind == "f"
    for filler in (np.nan, 1e6) if numbers else (None, np.nan, "another class"):
        y = np.array(rows.y, dtype=float if numbers else object)
        y[target] = filler
        for labels in (y, y.tolist()):
            require_close(
                case.fitted_answer(estimator, rows._replace(y=labels)),
                expected,
                0,
                f"{case.answers} where {filler!r} replaces the labels of target rows",
                "Read y of source rows only (sample_domain > 0): those of the target "
                "are unknown in use.",
            )


def check_label_types(estimator: Any, case: Case) -> None:
    """Labels may be strings, objects or integers."""
    rows = case.rows
    expected = case.fitted_answer(estimator, rows)
    codes = np.unique(rows.y, return_inverse=True)[1]
    for y in (np.asarray(rows.y, dtype=object), codes, list(rows.y)):
        require_close(
            case.fitted_answer(estimator, rows._replace(y=y)),
            expected,
            1e-10,
            f"{case.answers} for labels of type {np.asarray(y).dtype}",
            "Encode labels with numpy.unique(y, return_inverse=True).",
        )


def check_domain_names(estimator: Any, case: Case) -> None:
    """Several sources and targets may bear any positive and negative numbers."""
    side = np.asarray(case.rows.sample_domain)
    half = 1 + np.arange(side.size) % 2
    names = np.array([0, 9, 4])
    require_close(
        case.fitted_answer(
            estimator, case.rows._replace(sample_domain=names[half] * np.sign(side))
        ),
        case.fitted_answer(
            estimator, case.rows._replace(sample_domain=half * np.sign(side))
        ),
        case.tolerance,
        f"{case.answers} after the domains 1, 2 were renamed 9, 4",
        "Use sample_domain to tell rows apart, never as a quantity.",
    )


def check_bad_domains(estimator: Any, case: Case) -> None:
    """A sample_domain that does not fit the rows is refused with a clear message."""
    d = np.asarray(case.rows.sample_domain)
    bad = {
        "an entry too few": d[:-1],
        "a zero": np.where(np.arange(d.size) == 3, 0, d),
        "fractions": d / 2,
        "strings": np.where(d > 0, "source", "target"),
        "two columns": np.column_stack([d, d]),
    }
    for what, value in bad.items():
        rows = case.rows._replace(sample_domain=value)
        require_error(
            f"sample_domain with {what}",
            "sample_domain",
            "Raise a ValueError that names sample_domain, what was got and what to do.",
            case.fit,
            estimator,
            rows,
        )


def check_one_side_alone(estimator: Any, case: Case) -> None:
    """Rows of one side alone are refused with a clear message."""
    for side, sign in (("source", 1), ("target", -1)):
        d = sign * np.abs(np.asarray(case.rows.sample_domain))
        rows = case.rows._replace(sample_domain=d)
        require_error(
            f"rows of the {side} alone",
            "sample_domain",
            "Raise a ValueError that says which side is missing and how sample_domain "
            "marks it.",
            case.fit,
            estimator,
            rows,
        )


def check_one_row_sides(estimator: Any, case: Case) -> None:
    """A side of one row gives finite answers, or a ValueError."""
    d = np.asarray(case.rows.sample_domain)
    source, target = np.flatnonzero(d > 0), np.flatnonzero(d < 0)
    for parts in ((source[:1], target), (source, target[:1]), (source[:1], target[:1])):
        rows = case.rows.take(np.concatenate(parts))
        try:
            answer = case.fitted_answer(estimator, rows)
        except ValueError:
            continue
        if not np.isfinite(dense(answer)).all():
            broken(
                f"{case.answers} that are not finite for {parts[0].size} source and "
                f"{parts[1].size} target rows",
                "Raise a ValueError that says how many rows are needed.",
            )


PARAMETERS = Law(check_parameters, always)
PICKLE = Law(check_pickle, always)
KEYS = Law(check_keys, always)
REFIT = Law(check_refit, repeatable)
ROW_ORDER = Law(check_row_order, repeatable)
INPUT_IS_KEPT = Law(check_input_is_kept, always)
SPARSE_EQUALS_DENSE = Law(check_sparse_equals_dense, takes_sparse)
FLOAT32 = Law(check_float32, takes_table)
FRAMES = Law(check_frames, takes_frames)
TARGET_LABELS_UNREAD = Law(check_target_labels_unread, has_labels)
LABEL_TYPES = Law(check_label_types, reads_labels_of_strings)
DOMAIN_NAMES = Law(check_domain_names, always)
BAD_DOMAINS = Law(check_bad_domains, always)
ONE_SIDE_ALONE = Law(check_one_side_alone, always)
ONE_ROW_SIDES = Law(check_one_row_sides, always)
