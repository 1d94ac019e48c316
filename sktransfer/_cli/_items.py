"""Reading of the table of items, and its content."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._cli._console import CommandError
from sktransfer._cli._files import read_columns, read_pairs
from sktransfer._core.tables import id_texts
from sktransfer.crosslingual import (
    TranslatedColumns,
    translate_columns,
)
from sktransfer.recommend import column_kind, item_content

LANGUAGE_COLUMN = "language"


class Items(NamedTuple):
    """A table of items, one row each."""

    ids: NDArray[Any]
    columns: dict[str, list[Any]]  # None where missing
    kinds: dict[str, str]
    translation: TranslatedColumns | None = (
        None  # of texts, where there is a dictionary
    )


def read_items(arguments: argparse.Namespace) -> Items:
    """Read the table of items."""
    path, dictionary = arguments.items, arguments.dictionary
    item_column = arguments.id_column or arguments.item_column
    language_column = arguments.language_column or LANGUAGE_COLUMN
    table = read_columns(path, [item_column], arguments, optional=None)
    languages: Sequence[Any] | NDArray[Any] = ()
    if dictionary is not None:
        if language_column not in table:
            raise CommandError(
                f"{path}: no column {language_column!r}, which tells --dictionary the "
                "language of each item; --language-column names another"
            )
        languages = table.pop(language_column)
    ids = id_texts(table.pop(item_column), f"{path}, column {item_column!r}")
    first: dict[str, int] = {}
    for row, name in enumerate(ids, start=1):
        if first.setdefault(name, row) != row:
            raise CommandError(
                f"{path}: item {name!r} is in row {first[name]} and in row {row}; give "
                "each item one row, and several values of a column as a|b|c"
            )
    columns = {
        name: [_parse_field(v) for v in values] for name, values in table.items()
    }
    kinds = {
        name: _checked_kind(values, path, name) for name, values in columns.items()
    }
    if all(kind == "empty" for kind in kinds.values()):
        raise CommandError(
            f"{path}: no column beside {item_column!r} holds anything; add titles, "
            "categories or numbers that describe the items"
        )
    translation = None
    if dictionary is not None:
        texts = {n: columns[n] for n, kind in kinds.items() if kind == "text"}
        if not texts:
            raise CommandError(
                f"{path}: no column holds texts that --dictionary could translate; the "
                f"columns are {', '.join(columns)}"
            )
        language = _checked_languages(languages, path, language_column)
        pairs = read_pairs(arguments)
        try:
            translation = translate_columns(texts, language, pairs)
        except ValueError as error:
            raise CommandError(f"{path}, {dictionary}: {error}") from error
    return Items(ids, columns, kinds, translation)


def _parse_field(value: Any) -> Any:
    """Value of a field: None where it is missing, a list where it holds several."""
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


def _checked_kind(values: Sequence[Any], path: str, column: str) -> str:
    try:
        return column_kind(values)
    except ValueError as error:
        row, _, problem = str(error).partition(": ")
        raise CommandError(f"{path}, {row}, column {column!r}: {problem}") from error


def _checked_languages(
    languages: Sequence[Any] | NDArray[Any], path: str, column: str
) -> NDArray[np.str_]:
    names = ["" if v is None else str(v).strip() for v in languages]
    if "" in names:
        raise CommandError(
            f"{path}: column {column!r} is empty in row {names.index('') + 1}; "
            "--dictionary needs the language of each item"
        )
    found = sorted(set(names))
    if len(found) != 2:
        shown = ", ".join(map(repr, found[:5])) + (", ..." if len(found) > 5 else "")
        raise CommandError(
            f"{path}: column {column!r} must name two languages for --dictionary; got "
            f"{shown}"
        )
    return np.array(names)


def translation_line(found: TranslatedColumns) -> str:
    """How much of the texts the dictionary translates."""
    shares = ", ".join(
        f"{100 * share:.0f} % in {name!r}" for name, share in found.coverage.items()
    )
    return (
        f"The dictionary translates {found.translated} texts of items into "
        f"{found.language}: of the words, {shares}."
    )


def content_of(items: Items, ids: NDArray[Any]) -> Any:
    """Content of items; zeros for items that the table does not contain."""
    features = None if items.translation is None else items.translation.features
    content = item_content(items.columns, kinds=items.kinds, features=features)
    row = {name: i for i, name in enumerate(items.ids.tolist())}
    place = np.array([row.get(name, -1) for name in ids.tolist()])
    there = sparse.diags_array((place >= 0).astype(float))
    return sparse.csr_array(there @ content[np.maximum(place, 0)])
