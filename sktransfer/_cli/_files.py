"""Reading of columns for the command line, with checks of labels and texts."""

from __future__ import annotations

import argparse
import codecs
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sktransfer._cli._console import CommandError
from sktransfer._core.tables import KINDS, is_empty, is_pipe, object_array
from sktransfer.crosslingual import read_dictionary
from sktransfer.datasets import read_table
from sktransfer.text.checks import check_texts

T = TypeVar("T")
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz")
_ENDINGS = (*KINDS, ".gz", ".bz2", ".xz", ".zst")
# Encodings whose bytes are those of ASCII, so that they cannot be told from UTF-8.
_SEVEN_BITS = ("iso2022", "hz", "utf-7")


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how the files of a command are read and written."""
    group = parser.add_argument_group("files")
    group.add_argument(
        "--sep",
        type=_one_character,
        metavar="CHARACTER",
        help="between the fields of text files, or the word tab; default: comma, "
        "semicolon, tab or |, whichever the first line holds most often",
    )
    group.add_argument(
        "--encoding",
        type=_known_encoding,
        help="of text files that are not UTF-8, such as cp1252; where a byte order "
        "mark says it, as in UTF-16, none is needed",
    )
    group.add_argument(
        "--quoting",
        choices=("yes", "no"),
        help="whether quotation marks enclose fields; default: yes, with a note where "
        "a field spans lines",
    )
    group.add_argument(
        "--dictionary-languages",
        type=_two_languages,
        metavar="LANGUAGE,LANGUAGE",
        help="of a --dictionary of several languages or of the other direction, such "
        "as en,ja",
    )
    group.add_argument(
        "--escape-formulas",
        action="store_true",
        help="write an apostrophe before texts of --output that a spreadsheet would "
        "run (=, +, -, @), negative numbers excepted",
    )


def _one_character(text: str) -> str:
    character = "\t" if text in ("tab", r"\t") else text
    if len(character) != 1:
        raise argparse.ArgumentTypeError(
            f"must be one character, or the word tab; got {text!r}"
        )
    return character


def _two_languages(text: str) -> tuple[str, str]:
    first, _, second = (part.strip() for part in text.partition(","))
    if not first or not second or "," in second:
        raise argparse.ArgumentTypeError(
            f"must be two languages, such as en,ja; got {text!r}"
        )
    return first, second


def _known_encoding(text: str) -> str:
    try:
        return codecs.lookup(text).name
    except LookupError:
        raise argparse.ArgumentTypeError(
            f"there is no encoding {text!r}; common ones are utf-8, cp1252, utf-16 and "
            "gb18030"
        ) from None


def read_as_told(read: Callable[..., T], path: str, arguments: argparse.Namespace) -> T:
    """Call what reads a file with the options of the command line."""
    quoting = {None: None, "yes": True, "no": False}[arguments.quoting]
    read = partial(read, path, delimiter=arguments.sep, quoting=quoting)
    encoding = arguments.encoding
    once = encoding is None or encoding.startswith(_SEVEN_BITS)
    if once or is_pipe(Path(path)):
        return read(encoding=encoding)
    try:  # a source may be UTF-8 and a target not, and what is not UTF-8 says so
        return read()
    except ValueError:
        return read(encoding=encoding)


def read_pairs(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    """Read the dictionary, which holds something."""
    path = arguments.dictionary
    first, second = arguments.dictionary_languages or (None, None)
    read = partial(read_dictionary, source_language=first, target_language=second)
    pairs = read_as_told(read, path, arguments)
    if not pairs:
        raise CommandError(
            f"--dictionary {path}: holds no pair of words; write a word and its "
            "translation in each row"
        )
    return pairs


def read_columns(
    path: str,
    columns: Sequence[str],
    arguments: argparse.Namespace,
    *,
    optional: Sequence[str] | None = (),
) -> dict[str, NDArray[Any]]:
    """Read columns of a table that has at least one row; optional=None: all others."""
    table = read_as_told(read_table, path, arguments)
    missing = [c for c in columns if c not in table]
    if missing:
        raise CommandError(
            f"{path}: no column {missing[0]!r}; the columns are {', '.join(table)}. "
            "Name another by its option, see --help"
        )
    others = table if optional is None else [c for c in optional if c in table]
    return {c: table[c] for c in dict.fromkeys([*columns, *others])}


def name_of(path: str) -> str:
    """Name of a file without the endings that say its kind."""
    name = Path(path).name
    while (stem := Path(name).stem) != name and Path(name).suffix.lower() in _ENDINGS:
        name = stem
    return name


def texts_of(values: NDArray[Any], path: str, column: str) -> NDArray[Any]:
    """Texts of a column, of which some may be empty."""
    texts = object_array(check_texts(values, f"{path}: column {column!r}"))
    if not any(t.strip() for t in texts):
        raise CommandError(f"{path}: column {column!r} holds no text in any row")
    return texts


def known_labels(values: NDArray[Any]) -> NDArray[np.object_]:
    """Labels of a column as str, None where a row has none."""
    labels = [None if is_empty(v) else _label_text(v) for v in values.tolist()]
    return object_array(labels)


def _label_text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)  # a column with gaps may hold floats


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
                if _replaces(Path(path), read):
                    raise CommandError(
                        f"{option} {path}: would replace a file to read; name another"
                    )


def _replaces(path: Path, read: Path) -> bool:
    """Whether a file is one that is read, or would be a part of a folder of them."""
    if read.is_dir():
        return read.resolve() in path.resolve().parents
    return path.exists() and read.exists() and read.samefile(path)


def _check_output(option: str, path: Path, suffixes: tuple[str, ...]) -> None:
    if not path.name.endswith(suffixes):
        raise CommandError(f"{option} {path}: must end in {', '.join(suffixes)}")
    if path.is_dir():
        raise CommandError(f"{option} {path}: is a folder")
    if not path.absolute().parent.is_dir():
        raise CommandError(f"{option} {path}: there is no folder {path.parent}")
