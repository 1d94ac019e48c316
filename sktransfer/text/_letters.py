"""Letters that are encoded or written in several ways, and the one that stands for all.

Every function changes nothing in a text that it gave back.
"""

from __future__ import annotations

import re
import unicodedata

# nothing to read: soft hyphens, marks of direction, selectors of variants, the frame
# of an emoji digit, byte order marks
_IGNORED = (
    "\xad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u20e3\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef"
)
# what may be left out: the stress marks of Armenian questions and calls; points, vowels
# and accents of Hebrew and Arabic, and the line that stretches Arabic words
_OPTIONAL = (
    "\u055b\u055c\u055e"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u0652"
    "\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08ca-\u08e1\u08e3-\u08ff"
)
_LEFT_OUT = re.compile(f"[{_IGNORED}{_OPTIONAL}]")
# of composed text, hamza and madda on a letter that has none
_STRAY = re.compile("[\u0653-\u0655]")
_CHILLUS = zip(
    "\u0d23\u0d28\u0d30\u0d32\u0d33\u0d15", "\u0d7a\u0d7b\u0d7c\u0d7d\u0d7e\u0d7f"
)
# encodings that NFKC keeps apart, and letters that it takes apart although they are
# written as one
_WRITTEN = {
    # Thai and Lao am, Korean letters on their own
    **{
        unicodedata.normalize("NFKC", c): c
        for c in ("\u0e33", "\u0eb3", *map(chr, range(0x3131, 0x318F)))
    },
    # Thai and Lao ae, typed as e twice
    "\u0e40\u0e40": "\u0e41",
    "\u0ec0\u0ec0": "\u0ec1",
    # Bengali and Malayalam letters without a vowel, once encoded with a joiner
    "\u09a4\u09cd\u200d": "\u09ce",
    **{f"{letter}\u0d4d\u200d": chillu for letter, chillu in _CHILLUS},
    # Hebrew signs of abbreviation, typed as quotation marks
    "\u05f3": "'",
    "\u05f4": '"',
}
_MAY_BE_WRITTEN = re.compile("[\u05f3-\u11ff]")
_ENCODED = re.compile("|".join(sorted(_WRITTEN, key=len, reverse=True)))
_DOTTED_I = re.compile("i\u0307+")
_CEDILLAS = {
    "\u0218": "\u015e",
    "\u0219": "\u015f",
    "\u021a": "\u0162",
    "\u021b": "\u0163",
}
_THAI_TONES = "\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0ec8\u0ec9\u0eca\u0ecb\u0ecc"
_THAI_CIRCLES = "\u0e4d\u0ecd"
_THAI_MARKS = re.compile(
    f"[\u0e31\u0e34-\u0e3a\u0eb1\u0eb4-\u0ebc{_THAI_TONES}{_THAI_CIRCLES}]{{2,}}"
)
_APOSTROPHES = "`\xb4\u02bc\u2018\u201b\u2032"
_IN_CYRILLIC = re.compile(f"[{_APOSTROPHES}](?<=[\u0400-\u052f].)(?=[\u0400-\u052f])")
# marks of a long vowel: repeated, or a dash that looks like it; a wave before a vowel
_LONG_VOWEL = re.compile(
    "(?<=[\u3041-\u3096\u30a1-\u30fa])"
    "(?:\u30fc{2,}+(?![\u2014\u2015\u2500\u2501\u301c])"
    "|[\u30fc\u2014\u2015\u2500\u2501]+(?=[\u3041-\u3096\u30a1-\u30fa])"
    "|[\u30fc\u301c]+(?=[\u3041-\u304a\u30a1-\u30aa]))"
)
_LONG_VOWEL_SIGNS = ("\u30fc\u30fc", "\u2014", "\u2015", "\u2500", "\u2501", "\u301c")


def composed(text: str) -> str:
    """NFC; Romanian letters with the cedilla that they were once encoded with.

    An i has no second dot, which the lower case of the Turkish capital has.
    """
    text = unicodedata.normalize("NFC", _DOTTED_I.sub("i", text))
    for comma, cedilla in _CEDILLAS.items():
        text = text.replace(comma, cedilla)
    return text


def without_optional_marks(text: str) -> str:
    """Text without what cannot be seen, and without points and vowels."""
    return _LEFT_OUT.sub("", text)


def one_encoding(text: str) -> str:
    """Composed text with one encoding for each letter."""
    if not _MAY_BE_WRITTEN.search(text):
        return text
    text = _THAI_MARKS.sub(_in_order, _STRAY.sub("", text))
    return _ENCODED.sub(lambda found: _WRITTEN[found[0]], text)


def _in_order(marks: re.Match[str]) -> str:
    """Vowels, then tones, then the circle of am, as they are to be typed."""
    order = {**dict.fromkeys(_THAI_TONES, 1), **dict.fromkeys(_THAI_CIRCLES, 2)}
    return "".join(sorted(marks[0], key=lambda mark: order.get(mark, 0)))


def one_apostrophe(text: str) -> str:
    """Text with the typewriter's apostrophe; between Cyrillic letters for all kinds."""
    text = text.replace("\u2019", "'")
    if any(sign in text for sign in _APOSTROPHES):
        return _IN_CYRILLIC.sub("'", text)
    return text


def one_long_vowel(text: str) -> str:
    """Text with one mark for a long vowel of Japanese."""
    if any(sign in text for sign in _LONG_VOWEL_SIGNS):
        return _LONG_VOWEL.sub("\u30fc", text)
    return text
