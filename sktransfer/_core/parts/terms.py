"""A row as a sum of terms, one for each feature, and what fitted parts make of them.

A linear part maps a sum to the sum of what it makes of the terms, so its output is a
sum of as many terms; what it adds to every row, such as a centring, goes to the rest. A
part that divides a row by a number of that row, or that reads words, says so itself in
``_map_terms``; all others are asked, and what they give for the terms must add up.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn import config_context
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import Normalizer
from sklearn.utils import get_tags

from sktransfer._core.inputs import csr_of_frame, narwhals_object, nw
from sktransfer._core.parts.pipelines import map_rows, reads_texts
from sktransfer._core.sparse import is_sparse

_BLOCK = 2000  # terms that are mapped at once
_PROBES = 8  # sums of terms that are tested
# what may be missing from a sum, as a share of its terms: parts may compute in float32
_ROUNDING = 1e-5


class NotAdditiveError(ValueError):
    """A part is not a sum over the features of its rows."""


@dataclass(frozen=True, eq=False)
class Terms:
    """A row, and the terms that it is the sum of.

    Attributes
    ----------
    row : one row in the container that the next part takes, or None
        None: there is no row, and each feature stands for a row that holds it alone.
    values : {ndarray, csr_array} of shape (n_terms, n_features), or None
        The terms. None: the row is as it was passed, not yet split.
    rest : ndarray of shape (1, n_features)
        What is in the row besides.
    names, views : list of str of length n_terms
        The feature of each term, and which part of a union made it, "" if no union.
    amounts : list of float of length n_terms
        The feature's value in the row; 1 where there is none.
    columns : list of str
        Names of the columns of a row that is not yet split, where they are known.
    domain : int or None
        Domain of the row; None: the target.
    whole : bool
        Whether all terms of the row are there.
    """

    row: Any
    values: Any = None
    rest: Any = None
    names: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    amounts: list[Any] = field(default_factory=list)
    columns: list[str] | None = None
    domain: int | None = None
    whole: bool = True

    def domains(self, n: int = 1) -> NDArray[np.int64] | None:
        """The domain, for so many rows."""
        return None if self.domain is None else np.full(n, self.domain)

    def split(self, values: Any, names: Any, views: Any, amounts: Any) -> Terms:
        """The same row, as a sum of terms without a rest."""
        return replace(
            self,
            values=values,
            rest=np.zeros((1, values.shape[1])),
            names=[str(name) for name in names],
            views=list(views),
            amounts=list(amounts),
        )

    def take(self, some: slice, *, dense: bool) -> Terms:
        """The same row with some of its terms, in dense rows if parts need them."""
        values = self.values[some]
        return replace(
            self,
            values=_dense(values) if dense else values,
            names=self.names[some],
            views=self.views[some],
            amounts=self.amounts[some],
            whole=len(self.names[some]) == len(self.names),
        )


def map_terms(part: Any, given: Terms) -> Terms:
    """Terms of the row as a fitted transformer, or a Pipeline of them, maps it."""
    if part is None or (isinstance(part, str) and part == "passthrough"):
        return given
    if isinstance(part, Pipeline):
        for _, step in part.steps:
            given = map_terms(step, given)
        return given
    part = getattr(part, "best_estimator_", part)
    if hasattr(part, "_map_terms"):
        return part._map_terms(given)
    if isinstance(part, ColumnTransformer):
        return _map_columns(part, given)
    if given.values is None and _makes_features(part, given.row):
        return _split_by_outputs(part, given)
    if isinstance(part, FeatureUnion):
        return _map_union(part, given)
    given = split_columns(part, given)
    if isinstance(part, Normalizer | TfidfTransformer):
        return _scale_terms(part, given)
    function = _with_domain(part, given)
    row = None if given.row is None else map_rows(part, given.row, given.domains())
    values, rest = additive_outputs(function, given, part)
    return replace(given, row=row, values=values, rest=rest)


def _with_domain(part: Any, given: Terms) -> Callable[[Any], Any]:
    """Transform any number of rows, each as a row of the domain."""
    return lambda Z: map_rows(part, Z, given.domains(Z.shape[0]))


def additive_outputs(
    function: Callable[[Any], Any], given: Terms, part: Any
) -> tuple[Any, NDArray[np.float64]]:
    """What a function gives for each term, and for the rest; an error if no sum."""
    terms, rest = given.values, given.rest
    n, width = terms.shape
    nothing = _like(np.zeros((1, width)), terms)

    def call(Z: Any) -> Any:
        with warnings.catch_warnings(), config_context(transform_output="default"):
            # terms are arrays, also where the part was fitted to frames
            warnings.filterwarnings("ignore", "X does not have valid feature names")
            return numbers(function(Z))

    try:
        at_zero = call(nothing)
        blocks = [
            _minus_row(call(terms[start : start + _BLOCK]), at_zero)
            for start in range(0, n, _BLOCK)
        ]
        found = _stacked(blocks) if blocks else _minus_row(at_zero[:0], at_zero)
        at_rest = _dense(at_zero if not np.any(rest) else call(_like(rest, terms)))
        sums = _sums_to_test(n, given.row is not None)
        made_up = _like(_dense(sums @ terms) + rest, terms)
        actual = _dense(call(made_up))
        if given.row is not None and given.whole:
            actual = np.vstack([actual, _dense(call(given.row))])
            whole = sparse.csr_array(np.ones((1, n)))
            sums = sparse.csr_array(sparse.vstack([sums, whole]))
    except (TypeError, IndexError, ValueError) as error:
        if isinstance(error, NotAdditiveError):
            raise
        raise _not_additive(part, f"it takes no part of a row: {error}") from error
    total = _dense(sums @ found) + at_rest
    size = _dense(sums @ abs(found)) + abs(at_rest)
    if not np.all(abs(actual - total) <= _ROUNDING * size.max(axis=1, keepdims=True)):
        raise _not_additive(part, "what it gives is no sum over the features of a row")
    return found, at_rest


def _sums_to_test(n: int, has_row: bool) -> Any:
    """A few sums of terms: subsets of those of a row, else multiples of some."""
    rng = np.random.default_rng(0)
    if has_row:
        return sparse.csr_array(rng.integers(2, size=(_PROBES, n)).astype(float))
    some = np.unique(np.linspace(0, max(n - 1, 0), min(n, _PROBES)).astype(int))
    amounts = rng.exponential(3.0, size=_PROBES * some.size)
    places = np.repeat(np.arange(_PROBES), some.size), np.tile(some, _PROBES)
    return sparse.csr_array((amounts, places), shape=(_PROBES, n))


def _not_additive(part: Any, why: str) -> NotAdditiveError:
    return NotAdditiveError(f"{type(part).__name__} is not linear: {why:.300}")


def is_split_by_columns(part: Any, row: Any) -> bool:
    """Whether a part takes the columns of a row as they are."""
    whole = isinstance(part, ColumnTransformer) or reads_texts(part)
    return not (whole or _makes_features(part, row))


def split_columns(part: Any, given: Terms) -> Terms:
    """A row of numbers as a sum over its columns; as it is where it is split."""
    if given.values is not None:
        return given
    names = given.columns
    if names is None and hasattr(given.row, "columns"):
        names = [str(name) for name in given.row.columns]
    if names is None:
        names = list(getattr(part, "feature_names_in_", []))
    if given.row is None:
        n = getattr(part, "n_features_in_", len(names))
        names = names or [f"x{j}" for j in range(n)]
        return given.split(_identity(n), names, [""] * n, [1.0] * n)
    try:
        row = numbers(given.row)
    except (ValueError, TypeError) as error:
        raise _not_additive(part, "it takes rows that are no numbers") from error
    names = names or [f"x{j}" for j in range(row.shape[1])]
    kept = given.row if hasattr(given.row, "shape") else row
    return _diagonal(replace(given, row=kept), row, names)


def _diagonal(given: Terms, row: Any, names: Any, view: str = "") -> Terms:
    """One term for each entry of a row: of sparse ones for each that is there."""
    if is_sparse(row):
        row = sparse.csr_array(row)
        row.sum_duplicates()
        at, data = row.indices, row.data
        values: Any = sparse.csr_array(
            (data, at, np.arange(at.size + 1)), shape=(at.size, row.shape[1])
        )
        names = np.asarray(names, dtype=object)[at]
    else:
        data = row[0]
        wide = data.size > _BLOCK
        values = sparse.diags_array(data, format="csr") if wide else np.diag(data)
    return given.split(values, names, [view] * data.size, data.tolist())


def _makes_features(part: Any, row: Any) -> bool:
    """Whether a part makes named numbers of texts or categories."""
    if reads_texts(part):
        return not isinstance(part, FeatureUnion)
    if not hasattr(part, "__sklearn_tags__"):
        return False
    tags = get_tags(part).input_tags
    return tags.categorical or tags.dict


def _split_by_outputs(part: Any, given: Terms) -> Terms:
    """A row as the sum of what a vectorizer or encoder finds in it."""
    of_texts = reads_texts(part)
    row = given.row
    if row is None and of_texts:
        row = [""]
    Z = None if row is None else map_rows(part, row, given.domains())
    if of_texts and not is_sparse(Z):
        raise _not_additive(part, "it makes dense rows of whole texts")
    if hasattr(part, "get_feature_names_out"):
        names = part.get_feature_names_out(given.columns)
    else:
        names = np.arange(Z.shape[1] if Z is not None else 0)
    if given.row is None:
        n = len(names)
        return given.split(_identity(n), names, [""] * n, [1.0] * n)
    return _diagonal(replace(given, row=Z), numbers(Z), names)


def _scale_terms(part: Any, given: Terms) -> Terms:
    """Terms through a part that scales columns by numbers of the row."""
    if given.row is None:
        # a row of one feature alone
        return replace(given, values=numbers(part.transform(given.values)))
    row, before = map_rows(part, given.row, None), _dense(numbers(given.row))[0]
    after = _dense(numbers(row))[0]
    factor = np.divide(after, before, out=np.zeros_like(after), where=before != 0)
    values = given.values * factor if not is_sparse(given.values) else None
    if values is None:
        values = sparse.csr_array(given.values @ sparse.diags_array(factor))
    return replace(given, row=row, values=values, rest=given.rest * factor)


def _map_union(part: FeatureUnion, given: Terms) -> Terms:
    """Terms through each branch of a union."""
    if given.values is None and not reads_texts(part):
        given = split_columns(part, given)
    weights = part.transformer_weights or {}
    branches = [
        (name, branch, weights.get(name, 1.0), given)
        for name, branch in part.transformer_list
        if not (isinstance(branch, str) and branch == "drop")
    ]
    return side_by_side(branches, given)


def _map_columns(part: ColumnTransformer, given: Terms) -> Terms:
    """Terms through each branch of a ColumnTransformer."""
    weights = part.transformer_weights or {}
    branches = []
    for name, branch, columns in part.transformers_:
        if isinstance(branch, str) and branch == "drop":
            continue
        at = np.asarray(part._transformer_to_input_indices[name], dtype=int)
        if at.size:
            part_given = _some_columns(part, given, at, isinstance(columns, str))
            branches.append((name, branch, weights.get(name, 1.0), part_given))
    return side_by_side(branches, given)


def _some_columns(part: Any, given: Terms, at: NDArray[Any], one: bool) -> Terms:
    """The terms in some columns only; a column by its name alone holds texts."""
    row = None if given.row is None else _take_columns(given.row, at, one)
    if given.values is not None:
        values, rest = given.values[:, at], given.rest[:, at]
        return replace(given, row=row, values=values, rest=rest)
    known = getattr(part, "feature_names_in_", None)
    names = [f"x{j}" if known is None else str(known[j]) for j in at]
    return replace(given, row=row, columns=None if one else names)


def _take_columns(row: Any, at: NDArray[Any], one: bool) -> Any:
    native = narwhals_object(row)
    if isinstance(native, nw.DataFrame):
        names = [native.columns[j] for j in at]
        return native[names[0]].to_native() if one else native[names].to_native()
    row = row if is_sparse(row) else np.asarray(row)
    return row[:, at[0]] if one else row[:, at]


def side_by_side(branches: list[tuple[str, Any, float, Terms]], given: Terms) -> Terms:
    """Terms of the outputs of several parts, side by side, each times a weight."""
    found = [
        (name, weight, split_columns(branch, map_terms(branch, own)))
        for name, branch, weight, own in branches
    ]
    if not found:
        raise NotAdditiveError("a union without a part gives no features")
    rows = [scaled_row(terms.row, weight) for _, weight, terms in found]
    row = None if given.row is None else join_columns(rows)
    values = [terms.values * weight for _, weight, terms in found]
    rest = np.hstack([terms.rest * weight for _, weight, terms in found])
    if given.values is not None:  # all branches have the same terms
        return replace(given, row=row, values=join_columns(values), rest=rest)
    if any(map(is_sparse, values)):
        joined: Any = sparse.csr_array(sparse.block_diag(values, format="csr"))
    else:
        joined = _dense(sparse.block_diag(values, format="csr"))
    several = len(found) > 1
    views = [
        "__".join(filter(None, [name, view])) if several and of_outputs else view
        for name, _, terms in found
        for view, of_outputs in zip(terms.views, _made(terms))
    ]
    names = [name for _, _, terms in found for name in terms.names]
    amounts = [amount for _, _, terms in found for amount in terms.amounts]
    split = replace(given, row=row).split(joined, names, views, amounts)
    return replace(split, rest=rest)


def _made(terms: Terms) -> list[bool]:
    """Whether each term is of a feature that a part made, no column of the table."""
    own = set(terms.columns or ())
    return [name not in own for name in terms.names]


def scaled_row(row: Any, weight: float) -> Any:
    """A row times a number."""
    return None if row is None else numbers(row) * weight


def join_columns(rows: list[Any]) -> Any:
    """Columns side by side, sparse if some are."""
    if any(map(is_sparse, rows)):
        return sparse.csr_array(sparse.hstack(rows, format="csr"))
    return np.hstack(rows)


def numbers(Z: Any) -> Any:
    """Rows of any container as float64, an array or CSR."""
    Z = csr_of_frame(Z)
    if is_sparse(Z):
        return sparse.csr_array(Z, dtype=np.float64)
    native = narwhals_object(Z)
    Z = native.to_numpy() if isinstance(native, nw.DataFrame | nw.Series) else Z
    Z = np.asarray(Z, dtype=np.float64)
    return Z if Z.ndim == 2 else Z.reshape(len(Z), -1)


def _dense(Z: Any) -> NDArray[np.float64]:
    return Z.toarray() if is_sparse(Z) else np.asarray(Z)


def _like(Z: NDArray[Any], terms: Any) -> Any:
    return sparse.csr_array(Z) if is_sparse(terms) else Z


def _stacked(blocks: list[Any]) -> Any:
    if len(blocks) == 1:
        return blocks[0]
    if any(map(is_sparse, blocks)):
        return sparse.csr_array(sparse.vstack(blocks, format="csr"))
    return np.concatenate(blocks)


def _minus_row(Z: Any, row: Any) -> Any:
    """Rows less another row; sparse where that is 0."""
    if is_sparse(row):
        row = row.toarray()
    if not np.any(row):
        return Z
    return _dense(Z) - row


def _identity(n: int) -> Any:
    """A row for each feature, which holds it alone."""
    return sparse.eye_array(n, format="csr") if n > _BLOCK else np.eye(n)
