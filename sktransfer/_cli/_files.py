"""Reading of columns for the command line, with checks of labels and texts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._cli._console import CommandError
from sktransfer._core.labels import missing_labels
from sktransfer.datasets import read_table
from sktransfer.text.checks import check_texts

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz")


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how the files of a command are read and written."""
    group = parser.add_argument_group("files")
    group.add_argument(
        "--escape-formulas",
        action="store_true",
        help="write an apostrophe before texts of --output that a spreadsheet would "
        "run (=, +, -, @), negative numbers excepted",
    )


def read_columns(
    path: str, columns: Sequence[str], *, optional: Sequence[str] | None = ()
) -> dict[str, NDArray[Any]]:
    """Read columns of a table that has at least one row; optional=None: all others."""
    table = read_table(path)
    missing = [c for c in columns if c not in table]
    if missing:
        raise CommandError(
            f"{path}: no column {missing[0]!r}; the columns are {', '.join(table)}"
        )
    others = table if optional is None else [c for c in optional if c in table]
    return {c: table[c] for c in dict.fromkeys([*columns, *others])}


def texts_of(values: NDArray[Any], path: str, column: str) -> NDArray[Any]:
    """Texts of a column, of which some may be empty."""
    texts = np.array(check_texts(values, f"{path}: column {column!r}"), dtype=object)
    if not any(t.strip() for t in texts):
        raise CommandError(f"{path}: column {column!r} holds no text in any row")
    return texts


def known_labels(values: NDArray[Any]) -> NDArray[np.object_]:
    """Labels of a column as str, None where a row has none."""
    missing = missing_labels(values)
    labels = [
        None if lacking or v == "" else str(v)
        for v, lacking in zip(values.tolist(), missing)
    ]
    return np.array(labels, dtype=object)


def labels_of(values: NDArray[Any], path: str, column: str) -> NDArray[np.object_]:
    """Labels of a column, None where a row has none, of at least two classes."""
    labels = known_labels(values)
    classes = sorted({v for v in labels if v is not None})
    if len(classes) < 2:
        what = f"one class only, {classes[0]!r}" if classes else "no label in any row"
        raise CommandError(
            f"{path}: column {column!r} holds {what}; two are needed to learn from"
        )
    return labels


def check_outputs(arguments: argparse.Namespace, inputs: Sequence[str | None]) -> None:
    """Raise early if a file cannot be written, or is one of those to read."""
    for option, path, suffixes in (
        ("--output", arguments.output, SUFFIXES),
        ("--report", arguments.report, (".html",)),
    ):
        if path:
            _check_output(option, Path(path), suffixes)
            for read in map(Path, filter(None, inputs)):
                if read.exists() and Path(path).exists() and read.samefile(path):
                    raise CommandError(
                        f"{option} {path}: would replace a file to read; name another"
                    )


def _check_output(option: str, path: Path, suffixes: tuple[str, ...]) -> None:
    if not path.name.endswith(suffixes):
        raise CommandError(f"{option} {path}: must end in {', '.join(suffixes)}")
    if path.is_dir():
        raise CommandError(f"{option} {path}: is a folder")
    if not path.absolute().parent.is_dir():
        raise CommandError(f"{option} {path}: there is no folder {path.parent}")
