"""Writing: what the letters of a text leave open, and its whole corpus tells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from sktransfer.text._letters import one_long_vowel

_BEYOND_EUROPE = re.compile("[\u0600-\uffff]")
_LETTERS = {
    kind: re.compile(f"[{letters}]+")
    for kind, letters in {
        "han": "\u3400-\u9fff",
        "kana or hangul": "\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d\uac00-\ud7a3",
        "arabic": "\u0623\u0625\u0629\u0643\u0649\u064a",
        "persian": "\u067e\u0686\u0698\u06a9\u06af\u06cc\u0679\u0688\u0691\u06ba\u06d2",
    }.items()
}
# Chinese texts have some kana in names; Japanese ones have more kana than Han
MOST_HAN = 9
# of 10 dotted i Turkish texts have 6 dotless ones
LEAST_DOTLESS = 0.05
# German sharp s and French oe, which not every keyboard has
_TWO_LETTERS = {"\xdf": "ss", "\u1e9e": "SS", "\u0153": "oe", "\u0152": "OE"}
_ARABIC = str.maketrans(
    "\u0623\u0625\u0622\u0671\u0649\u06cc\u06a9",
    "\u0627\u0627\u0627\u0627\u064a\u064a\u0643",
)
_PERSIAN = str.maketrans("\u064a\u0649\u0643", "\u06cc\u06cc\u06a9")


class Writing(NamedTuple):
    """How a corpus writes its words.

    Attributes
    ----------
    chinese : bool
        Its Han characters are Chinese: a traditional character is the same as the
        simplified one.
    turkic : bool
        It has an i with and one without a dot, as Turkish and Azeri: the lower case
        of I is the one without.
    arabic, persian : bool
        It is written in Arabic letters. In Arabic an alef is the same with and
        without hamza, and a final yeh with and without dots; in Persian and Urdu the
        Arabic yeh and kaf are those of Persian.
    """

    chinese: bool = False
    turkic: bool = False
    arabic: bool = False
    persian: bool = False

    def lower(self, text: str) -> str:
        """Text in lower case."""
        return (text.replace("I", "\u0131") if self.turkic else text).lower()

    def one_spelling(self, text: str) -> str:
        """Text in the spelling that stands for all that this writing has.

        Of an unknown writing a dotless i is an i, so that I and its lower case in any
        language are one.
        """
        for letter, letters in _TWO_LETTERS.items():
            text = text.replace(letter, letters)
        if not self.turkic:
            text = text.replace("\u0131", "i")
        text = one_long_vowel(text)
        if self.chinese and _traditional().search(text):
            text = text.translate(_simplified())
        if self.arabic:
            return text.translate(_ARABIC)
        return text.translate(_PERSIAN) if self.persian else text


UNKNOWN = Writing()


def find_writing(texts: Iterable[str]) -> Writing:
    """Writing of a corpus, or of a list of words, by the letters that it uses."""
    n: Counter[str] = Counter()
    dotless = dotted = 0
    for text in texts:
        dotted += text.count("i")
        if text.isascii():
            continue
        dotless += text.count("\u0131") + text.count("\u0130")
        if _BEYOND_EUROPE.search(text):
            for kind, letters in _LETTERS.items():
                n[kind] += sum(map(len, letters.findall(text)))
    return Writing(
        chinese=n["han"] > n["kana or hangul"] * MOST_HAN,
        turkic=dotless > 0 and dotless >= LEAST_DOTLESS * dotted,
        arabic=n["arabic"] > n["persian"],
        persian=n["persian"] > 0 and n["persian"] >= n["arabic"],
    )


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
