"""What a prediction loses without each feature of a row, for any classifier."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.inputs import narwhals_object, nw
from sktransfer._core.parts.decisions import Contributions
from sktransfer._core.sparse import is_sparse
from sktransfer.text.checks import is_text
from sktransfer.text.forms import normal_form, word_tokens
from sktransfer.text.segmentation import is_spaceless


def losses_without_each(
    scores: Callable[[Any, int], NDArray[np.float64]], row: Any, tokenizer: Any
) -> Contributions:
    """What the scores lose without each word of a text, or where a column is 0."""
    names: list[str]
    rows: Any
    if is_text(row):
        names, amounts, rows = _without_words(str(row[0]), tokenizer)
    elif is_sparse(row):
        names, amounts, rows = _without_entries(row)
    elif isinstance(native := narwhals_object(row), nw.DataFrame):
        names, amounts, rows = _without_cells(native)
    else:
        values = np.asarray(row)
        n = values.shape[1]
        rows = np.repeat(values, n, axis=0)
        rows[np.arange(n), np.arange(n)] = 0
        names, amounts = [f"x{j}" for j in range(n)], values[0].tolist()
    full = np.ravel(scores(row, 1))
    lost = np.zeros((len(names), full.size))
    if names:
        lost = full - np.reshape(scores(rows, len(names)), (len(names), -1))
    base = full - lost.sum(axis=0)
    return Contributions(names, [""] * len(names), amounts, lost, base, False)


def _without_words(text: str, tokenizer: Any) -> tuple[list[str], list[Any], list[str]]:
    text = normal_form(text)
    names, amounts, rows = [], [], []
    for word in dict.fromkeys((tokenizer or word_tokens)(text)):
        pattern = re.escape(word)
        if not is_spaceless(word):
            pattern = rf"(?<!\w){pattern}(?!\w)"
        without, n = re.subn(pattern, " ", text, flags=re.IGNORECASE)
        if n:
            names.append(word)
            amounts.append(n)
            rows.append(without)
    return names, amounts, rows


def _without_entries(row: Any) -> tuple[list[str], list[Any], Any]:
    row = sparse.csr_array(row)
    row.sum_duplicates()
    n = row.indices.size
    rows = sparse.csr_array(np.ones((n, 1))) @ row
    keep = np.ones((n, n), dtype=bool)
    np.fill_diagonal(keep, False)
    rows.data = rows.data * keep.ravel()
    rows.eliminate_zeros()
    return [f"x{j}" for j in row.indices], row.data.tolist(), rows


def _without_cells(row: Any) -> tuple[list[str], list[Any], Any]:
    names = row.columns
    rows = row[[0] * len(names)]
    amounts = [row[name][0] for name in names]
    columns = []
    for j, name in enumerate(names):
        kept = rows[name]
        nothing: Any = 0 if kept.dtype.is_numeric() else None
        if isinstance(amounts[j], str):
            nothing = ""
        values = [nothing if k == j else v for k, v in enumerate(kept.to_list())]
        columns.append(
            nw.new_series(name, values, kept.dtype, backend=row.implementation)
        )
    return names, amounts, rows.with_columns(*columns).to_native()
