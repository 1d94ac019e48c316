"""CC-CEDICT, and dictionaries of Chinese that are written as it is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from sktransfer._core.tables import TableError, shown
from sktransfer._core.tables.lines import text_lines
from sktransfer.crosslingual.dictionaries._entries import Entries, Entry
from sktransfer.crosslingual.dictionaries._glosses import gloss_words

LINE = re.compile(r"(\S+) (\S+) \[([^\]]*\]?)\] /(.*)/")
# what is left without remarks of these names another word or a reading of this one
_PARENTHESES = re.compile(r"\([^()]*\)")
_REFERENCE = re.compile(r"[\[\u3400-\u9fff\U00020000-\U0003ffff]")


def cedict_entries(
    path: Path, encoding: str | None, language: str, skipped: Counter[str]
) -> Entries:
    """Both ways to write a word, with each of its glosses."""
    with text_lines(path, encoding, float("inf")) as lines:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            found = LINE.fullmatch(line)
            if found is None:
                raise TableError(
                    f"{path}, line {number}: expected "
                    '"traditional simplified [pinyin] /gloss/gloss/"; got '
                    f"{shown(line)}."
                )
            words = dict.fromkeys(found.group(1, 2))
            for gloss in found[4].split("/"):
                if _REFERENCE.search(_PARENTHESES.sub("", gloss)):
                    skipped["cross-reference"] += 1
                    continue
                for translation in gloss_words(gloss, language, skipped):
                    for word in words:
                        yield Entry(word, translation, "zh", language)
