"""Writing: what the letters of a text leave open, and its whole corpus tells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_HAN = re.compile("[\u3400-\u9fff]+")
# letters of Japanese and Korean, whose Han characters are read as they stand
_KANA_OR_HANGUL = re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d\uac00-\ud7a3]+")
# Chinese texts hold a few of them in names, Japanese ones more kana than Han
_LEAST_SHARE = 0.1


class Writing(NamedTuple):
    """How a corpus writes its words.

    Attributes
    ----------
    chinese : bool
        Its Han characters are Chinese: a traditional character is the same as the
        simplified one.
    """

    chinese: bool = False

    def fold(self, text: str) -> str:
        """Text with one character for those that this writing takes for one."""
        if self.chinese and _traditional().search(text):
            return text.translate(_simplified())
        return text


UNKNOWN = Writing()


def find_writing(texts: Iterable[str]) -> Writing:
    """Writing of a corpus, or of a list of words, by the letters that it uses."""
    han = others = 0
    for text in texts:
        if not text.isascii():
            han += sum(map(len, _HAN.findall(text)))
            others += sum(map(len, _KANA_OR_HANGUL.findall(text)))
    return Writing(chinese=han > 0 and others < _LEAST_SHARE * (han + others))


@cache
def _simplified() -> dict[int, str]:
    """Simplified character of each traditional one."""
    path = files("sktransfer.text") / "data" / "simplified.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        ord(traditional): line[0]
        for line in lines
        if not line.startswith("#")
        for traditional in line[1:]
    }


@cache
def _traditional() -> re.Pattern[str]:
    return re.compile(f"[{''.join(map(chr, _simplified()))}]")
