"""Reading of columns for the command line, with checks of labels and texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._cli._console import CommandError
from sktransfer.datasets import read_table

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz")


def read_columns(
    path: str, columns: Sequence[str], *, optional: Sequence[str] = ()
) -> dict[str, NDArray[Any]]:
    """Read columns of a table that has at least one row."""
    table = read_table(path)
    missing = [c for c in columns if c not in table]
    if missing:
        raise CommandError(
            f"{path}: no column {missing[0]!r}; the columns are {', '.join(table)}"
        )
    if len(table[columns[0]]) == 0:
        raise CommandError(f"{path}: the table has a header but no rows")
    return {c: table[c] for c in [*columns, *(o for o in optional if o in table)]}


def texts_of(values: NDArray[Any], path: str, column: str) -> NDArray[Any]:
    """Texts of a column; missing ones are empty."""
    texts = np.array(["" if v is None else str(v) for v in values], dtype=object)
    if not any(t.strip() for t in texts):
        raise CommandError(f"{path}: column {column!r} holds no text in any row")
    return texts


def labels_of(values: NDArray[Any], path: str, column: str) -> NDArray[Any]:
    """Labels of a column, complete and of at least two classes."""
    missing = [i for i, v in enumerate(values) if v is None or v == ""]
    if missing:
        raise CommandError(
            f"{path}: column {column!r} has no label in {len(missing)} rows, the first "
            f"is row {missing[0] + 1}; drop these rows"
        )
    labels = np.array([str(v) for v in values])
    classes = np.unique(labels)
    if classes.size < 2:
        raise CommandError(
            f"{path}: column {column!r} holds one class only, {str(classes[0])!r}; two "
            "are needed to learn from"
        )
    return labels


def check_output(
    path: str, *, option: str = "--output", suffixes: tuple[str, ...] = SUFFIXES
) -> None:
    """Raise early if a file cannot be written there."""
    if not path.endswith(suffixes):
        raise CommandError(f"{option} {path}: must end in {', '.join(suffixes)}")
    target = Path(path)
    if target.is_dir():
        raise CommandError(f"{option} {path}: is a folder")
    if not target.absolute().parent.is_dir():
        raise CommandError(f"{option} {path}: there is no folder {target.parent}")
