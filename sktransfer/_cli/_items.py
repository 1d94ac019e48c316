"""Content of items from a table: texts, categories, lists and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import SplineTransformer

from sktransfer._cli._console import CommandError
from sktransfer._cli._files import read_columns
from sktransfer._cli._item_languages import SIGN, Translation, translate_columns
from sktransfer.datasets import read_table

LANGUAGE_COLUMN = "language"
MOSTLY = 0.9  # share of the values that say what a column holds
_CLOSE = 8  # numbers are compared on a grid of so many quantiles
# words, or single signs and pairs of them where there are no spaces
_SIGNS = re.compile(rf"{SIGN}+")
_WORDS = re.compile(r"\b\w\w+\b")


class Items(NamedTuple):
    """A table of items, one row each."""

    ids: NDArray[Any]
    columns: dict[str, list[Any]]  # None where missing
    kinds: dict[str, str]
    translation: Translation | None = None  # of texts, where there is a dictionary


def read_items(
    path: str,
    item_column: str,
    dictionary: str | None = None,
    language_column: str = LANGUAGE_COLUMN,
) -> Items:
    """Read the table of items."""
    read_columns(path, [item_column])
    table = read_table(path)
    languages = None
    if dictionary is not None:
        if language_column not in table:
            raise CommandError(
                f"{path}: no column {language_column!r}, which tells --dictionary the "
                "language of each item; --language-column names another"
            )
        languages = table.pop(language_column)
    ids = ["" if v is None else str(v) for v in table.pop(item_column)]
    if "" in ids:
        raise CommandError(
            f"{path}: column {item_column!r} is empty in row {ids.index('') + 1}"
        )
    first: dict[str, int] = {}
    for row, name in enumerate(ids, start=1):
        if first.setdefault(name, row) != row:
            raise CommandError(
                f"{path}: item {name!r} is in row {first[name]} and in row {row}; give "
                "each item one row, and several values of a column as a|b|c"
            )
    columns = {name: [_value(v) for v in values] for name, values in table.items()}
    kinds = {name: kind_of(values, path, name) for name, values in columns.items()}
    if all(kind == "empty" for kind in kinds.values()):
        raise CommandError(
            f"{path}: no column beside {item_column!r} holds anything; add titles, "
            "categories or numbers that describe the items"
        )
    translation = None
    if languages is not None:
        texts = {n: columns[n] for n, kind in kinds.items() if kind == "text"}
        if not texts:
            raise CommandError(
                f"{path}: no column holds texts that --dictionary could translate; the "
                f"columns are {', '.join(columns)}"
            )
        translation = translate_columns(
            texts, languages, dictionary, path=path, language_column=language_column
        )
    return Items(np.array(ids), columns, kinds, translation)


def _value(value: Any) -> Any:
    """A field with None for missing, and lists of strings."""
    if isinstance(value, list):
        return [str(v) for v in value if v is not None] or None
    if isinstance(value, str):
        value = value.strip()
        return (
            [v.strip() for v in value.split("|") if v.strip()]
            if "|" in value
            else (value or None)
        )
    return value if value is None or isinstance(value, int | float) else str(value)


def _number(value: Any) -> float:
    """The number of a field, NaN where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return np.nan
    return number if np.isfinite(number) else np.nan


def kind_of(values: Sequence[Any], path: str, column: str) -> str:
    """What a column holds."""
    there = [(row, v) for row, v in enumerate(values, start=1) if v is not None]
    if not there:
        return "empty"
    if any(isinstance(v, list) for _, v in there):
        return "list"
    bad = [(row, v) for row, v in there if np.isnan(_number(v))]
    if len(bad) < (1 - MOSTLY) * len(there):
        if bad:
            row, value = bad[0]
            raise CommandError(
                f"{path}, row {row}, column {column!r}: expected a finite number as in "
                f"{len(there) - len(bad)} other rows, got {value!r}; leave unknown "
                "numbers empty"
            )
        return "number"
    texts = [str(v) for _, v in there]
    long = np.mean([len(tokens(t)) for t in texts]) > 3
    return "text" if long or 2 * len(set(texts)) > len(texts) else "category"


def tokens(text: str) -> list[str]:
    """Words; single signs and pairs of them in Chinese, Japanese and Korean."""
    text = text.lower()
    signs = _SIGNS.findall(text)
    pairs = [run[i : i + 2] for run in signs for i in range(len(run) - 1)]
    return _WORDS.findall(_SIGNS.sub(" ", text)) + list("".join(signs)) + pairs


def content_of(items: Items, ids: NDArray[Any]) -> Any:
    """Features of items from all columns, each column counting the same."""
    blocks = {} if items.translation is None else items.translation.blocks
    parts = [
        block
        for name, kind in items.kinds.items()
        if (block := _features(items.columns[name], kind, blocks.get(name))) is not None
    ]
    row = {name: i for i, name in enumerate(items.ids.tolist())}
    place = np.array([row.get(name, -1) for name in ids.tolist()])
    if not parts:
        return sparse.csr_array((place.size, 1))
    content = sparse.hstack(parts, format="csr")
    there = sparse.diags_array((place >= 0).astype(float))
    return sparse.csr_array(there @ content[np.maximum(place, 0)])


def _features(values: Sequence[Any], kind: str, translated: Any = None) -> Any:
    """Features of one column, None where no two items share anything."""
    if kind == "empty":
        return None
    if translated is not None:
        block = translated
    elif kind == "number":
        block = number_features(values)
    elif kind == "text":
        block = _weighted(["" if v is None else str(v) for v in values], tokens)
    else:
        lists = [
            v if isinstance(v, list) else [str(v)] * (v is not None) for v in values
        ]
        block = _weighted(lists, set)
    if block is None:
        return None
    square = block.multiply(block).sum() / max(
        np.count_nonzero(np.diff(block.indptr)), 1
    )
    return block / np.sqrt(square) if square > 0 else None


def _weighted(values: Sequence[Any], analyzer: Callable[[Any], Any]) -> Any:
    """Tf-idf of what occurs in two items or more."""
    try:
        model = TfidfVectorizer(analyzer=analyzer, min_df=2, sublinear_tf=True)
        return sparse.csr_array(model.fit_transform(values))
    except ValueError:  # no two items share a word
        return None


def number_features(values: Sequence[Any]) -> Any:
    """Nearness of numbers to each other, on a grid of quantiles."""
    x = np.array([np.nan if v is None else _number(v) for v in values])
    there = ~np.isnan(x)
    knots = np.unique(np.quantile(x[there], np.linspace(0, 1, _CLOSE + 1)))
    features = np.zeros((x.size, knots.size))
    if knots.size < 2:
        features[there] = 1
    else:
        hats = SplineTransformer(degree=1, knots=knots[:, None])
        features[there] = hats.fit_transform(x[there, None])
    return sparse.csr_array(features)
