"""Files with a word and its translation in each line."""

from __future__ import annotations

from pathlib import Path

from sktransfer._core.tables import TableError, TextOptions, shown, table_frames
from sktransfer._core.tables.lines import text_lines
from sktransfer.crosslingual.dictionaries._entries import Entries, Entry
from sktransfer.crosslingual.dictionaries._languages import (
    HEADERS,
    Languages,
    languages_of_header,
)


def table_entries(path: Path, options: TextOptions, languages: Languages) -> Entries:
    """Rows of a table of two columns, without a header."""
    first = True
    for frame in table_frames(path, options=options):
        if len(frame) != 2:
            columns = ", ".join(map(shown, frame))
            raise TableError(f"{path}: the columns are {columns}.")
        for a, b in zip(*frame.values(), strict=True):
            if first and all(str(cell).strip().lower() in HEADERS for cell in (a, b)):
                languages = languages_of_header(str(a), str(b), languages)
            else:
                yield Entry(a, b, *languages)
            first = False


def muse_entries(path: Path, encoding: str | None, languages: Languages) -> Entries:
    """Lines of two words, with a blank or a tabulator between them."""
    with text_lines(path, encoding, float("inf")) as lines:
        for number, line in enumerate(lines, 1):
            words = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
            if not words:
                continue
            if len(words) != 2:
                raise TableError(
                    f"{path}, line {number}: expected a word and its translation; got "
                    f"{len(words)} in {shown(line.strip())}. If they are phrases, "
                    "write a tabulator between the two."
                )
            yield Entry(words[0], words[1], *languages)


def hunalign_entries(path: Path, encoding: str | None, languages: Languages) -> Entries:
    """Lines "translation @ word", as hunalign reads them."""
    with text_lines(path, encoding, float("inf")) as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\r\n")
            if not line.strip():
                continue
            translation, between, word = line.partition(" @ ")
            if not between or " @ " in word:
                raise TableError(
                    f'{path}, line {number}: expected "translation @ word"; got '
                    f"{shown(line)}."
                )
            yield Entry(word, translation, *languages)
