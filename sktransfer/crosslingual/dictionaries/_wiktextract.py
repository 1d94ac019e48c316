"""Extracts of Wiktionary by wiktextract, as kaikki.org gives them away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sktransfer._core.tables import TableError
from sktransfer._core.tables.json_rows import decoded_json
from sktransfer._core.tables.lines import text_lines
from sktransfer.crosslingual.dictionaries._entries import Entries, Entry
from sktransfer.crosslingual.dictionaries._glosses import gloss_words, headword
from sktransfer.crosslingual.dictionaries._languages import (
    is_english_name,
    language_code,
)

_VARIANTS = re.compile(r"\s*/\s*")  # traditional and simplified
Row = dict[str, Any]


def wiktextract_entries(
    path: Path, encoding: str | None, skipped: Counter[str]
) -> Entries:
    """Translations of words, and glosses of an English edition as translations."""
    with text_lines(path, encoding, float("inf")) as lines:
        for number, line in enumerate(lines, 1):
            if not line.isspace():
                row = decoded_json(path, line, f"{path}, line {number}: not JSON")
                yield from _row_entries(row, f"{path}, line {number}", skipped)


def _row_entries(row: Any, place: str, skipped: Counter[str]) -> Entries:
    if isinstance(row, dict) and (
        "redirect" in row or row.get("pos") == "romanization"
    ):
        skipped["cross-reference"] += 1
        return
    code = row.get("lang_code") if isinstance(row, dict) else None
    if not isinstance(code, str) or not isinstance(row.get("word"), str):
        raise TableError(
            f"{place}: expected an object with the texts word and lang_code, as "
            "wiktextract writes them."
        )
    language = language_code(code)
    word = headword(row["word"], None, skipped)
    if word is None:
        return
    found = False
    senses = [sense for sense in _rows(row, "senses")]
    translations = [t for part in (row, *senses) for t in _rows(part, "translations")]
    for text, target in _translations(translations):
        found = True
        for variant in _VARIANTS.split(text) if target == "zh" else [text]:
            for translation in gloss_words(variant, target, skipped):
                yield Entry(word, translation, language, target)
    if language != "en" and is_english_name(str(row.get("lang", ""))):
        for gloss in _glosses(senses, skipped):
            found = True
            for translation in gloss_words(gloss, "en", skipped):
                yield Entry(word, translation, language, "en")
    skipped["no translation"] += not found


def _rows(row: Row, key: str) -> Iterator[Row]:
    rows = row.get(key)
    yield from (
        r for r in (rows if isinstance(rows, list) else ()) if isinstance(r, dict)
    )


def _translations(rows: list[Row]) -> Iterator[tuple[str, str | None]]:
    for row in rows:
        code, word = row.get("lang_code", row.get("code")), row.get("word")
        if isinstance(code, str) and isinstance(word, str):
            yield word, language_code(code)


def _glosses(senses: list[Row], skipped: Counter[str]) -> Iterator[str]:
    """Most special gloss of each sense that is not a form of another word's."""
    for sense in senses:
        glosses = sense.get("glosses")
        tags = sense.get("tags")
        tags = tags if isinstance(tags, list) else []
        if sense.get("form_of") or sense.get("alt_of") or "form-of" in tags:
            skipped["cross-reference"] += 1
        elif isinstance(glosses, list) and glosses and isinstance(glosses[-1], str):
            yield glosses[-1]
