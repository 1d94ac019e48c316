"""Formats of files of dictionaries: which one a file has, and its parser."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path

from sktransfer._core.tables import DELIMITERS, TableError, TextOptions, table_kind
from sktransfer._core.tables.kinds import JSON
from sktransfer._core.tables.lines import text_lines
from sktransfer.crosslingual.dictionaries import _cedict
from sktransfer.crosslingual.dictionaries._entries import Entries
from sktransfer.crosslingual.dictionaries._jmdict import jmdict_entries
from sktransfer.crosslingual.dictionaries._languages import languages_of_name
from sktransfer.crosslingual.dictionaries._tei import tei_entries
from sktransfer.crosslingual.dictionaries._wiktextract import wiktextract_entries
from sktransfer.crosslingual.dictionaries._word_lists import (
    hunalign_entries,
    muse_entries,
    table_entries,
)

FORMATS = ("table", "muse", "hunalign", "tei", "cedict", "jmdict", "wiktextract")
_TABLES = (".tsv", ".parquet", ".xlsx")
_SUFFIXES = (*_TABLES, *JSON, ".csv", ".txt", ".dic", ".dict", ".tei", ".xml", ".u8")
_HEAD = 200  # lines that are looked at
_PACKED = (".gz", ".bz2", ".xz", ".zst")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE\s+([\w.:-]+)")
_XML_START = re.compile(r"<(?:\?xml|!|(?:\w+:)?(?:TEI|JMdict)\b)")
_ROOT = re.compile(r"<([\w.:-]+)")
_XML = {"TEI": "tei", "TEI.2": "tei", "JMdict": "jmdict"}


def file_entries(
    path: Path,
    format: str,
    options: TextOptions,
    languages: Sequence[str | None],
    skipped: Counter[str],
) -> Entries:
    """Entries of a file of a known format."""
    encoding, of_name = options.encoding, languages_of_name(stem_of(path))
    if format == "table":
        return table_entries(path, options, of_name)
    if format == "muse":
        return muse_entries(path, encoding, of_name)
    if format == "hunalign":
        return hunalign_entries(path, encoding, of_name)
    if format == "tei":
        return tei_entries(path, encoding, of_name, skipped)
    if format == "jmdict":
        return jmdict_entries(path, encoding, skipped)
    if format == "wiktextract":
        return wiktextract_entries(path, encoding, skipped)
    glosses = next((code for code in languages if code not in (None, "zh")), None)
    return _cedict.cedict_entries(path, encoding, glosses or "en", skipped)


def find_format(path: Path, options: TextOptions) -> tuple[str, TextOptions]:
    """Format of a file by its name and first lines, and how a table is written."""
    kind = _suffix(path)
    if path.is_dir() or kind in _TABLES:
        return "table", options
    with text_lines(path, options.encoding, options.max_bytes) as lines:
        head = list(islice(lines, _HEAD))
        first = next((line for line in head if not line.isspace()), "").lstrip()
        if _XML_START.match(first) and kind != ".csv":
            return _xml_format(path, "".join(head)), options
        if kind in JSON or (first.startswith("{") and not kind):
            return _json_format(first), options
        text = (line for line in chain(head, lines) if not line.startswith("#"))
        rows = [line.strip() for line in islice(text, _HEAD) if not line.isspace()]
    return _word_list(rows, kind, options)


def stem_of(path: Path) -> str:
    """Name of a file without its suffixes, also that of a compressed one."""
    name = path.name
    for endings in (_PACKED, _SUFFIXES):
        if Path(name).suffix.lower() in endings:
            name = Path(name).stem
    return name


def _suffix(path: Path) -> str:
    try:
        return table_kind(path)
    except TableError:
        return ""


def _xml_format(path: Path, head: str) -> str:
    head = _COMMENT.sub("", head)
    found = _DOCTYPE.search(head) or _ROOT.search(head)
    root = found[1].rpartition(":")[2] if found else ""
    if root not in _XML:
        raise TableError(
            f"{path}: XML with the root element {root!r}; dictionaries in XML are read "
            "if they are of FreeDict (TEI) or JMdict."
        )
    return _XML[root]


def _json_format(first: str) -> str:
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return "table"
    of_wiktionary = isinstance(row, dict) and (
        {"word", "lang_code"} <= row.keys() or {"title", "redirect"} == row.keys()
    )
    return "wiktextract" if of_wiktionary else "table"


def _word_list(
    rows: list[str], kind: str, options: TextOptions
) -> tuple[str, TextOptions]:
    """The format that most lines have: the others are errors, with their number."""
    fitting: dict[tuple[str, str | None], Callable[[str], bool]] = {}
    if kind != ".csv":
        fitting["cedict", None] = lambda row: _cedict.LINE.fullmatch(row) is not None
        fitting["hunalign", None] = lambda row: " @ " in f" {row} "
    if options.delimiter is not None:
        fitting["table", options.delimiter] = bool
    else:
        usual = "," if kind == ".csv" else "\t"
        for character in sorted(DELIMITERS, key=lambda c: c != usual):
            fitting["table", character] = partial(_has_one, character)
        if kind != ".csv":
            fitting["muse", None] = lambda row: len(row.split()) == 2
    counts = {name: sum(map(fits, rows)) for name, fits in fitting.items()}
    (format, delimiter), count = max(counts.items(), key=lambda item: item[1])
    if format == "table" or not count:
        return "table", replace(options, delimiter=delimiter if count else ",")
    return format, options


def _has_one(delimiter: str, row: str) -> bool:
    return row.count(delimiter) == 1
