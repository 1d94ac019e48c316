"""Codes and English names of languages, as files of dictionaries write them."""

from __future__ import annotations

import re

# code: English names, then other codes (ISO 639-2 and 639-3, and usual ones)
_LANGUAGES = {
    "ar": "arabic ara",
    "bg": "bulgarian bul",
    "ca": "catalan cat",
    "cs": "czech ces cze",
    "da": "danish dan",
    "de": "german deu ger",
    "el": "greek ell gre",
    "en": "english eng",
    "es": "spanish spa",
    "et": "estonian est",
    "fa": "persian fas per",
    "fi": "finnish fin",
    "fr": "french fra fre",
    "he": "hebrew heb",
    "hi": "hindi hin",
    "hr": "croatian hrv scr",
    "hu": "hungarian hun",
    "id": "indonesian ind",
    "it": "italian ita",
    "ja": "japanese jpn jp",
    "ko": "korean kor",
    "lt": "lithuanian lit",
    "lv": "latvian lav",
    "mk": "macedonian mkd mac",
    "ms": "malay msa may",
    "nl": "dutch nld dut",
    "no": "norwegian nor nb nob",
    "pl": "polish pol",
    "pt": "portuguese por",
    "ro": "romanian ron rum",
    "ru": "russian rus",
    "sk": "slovak slk slo",
    "sl": "slovenian slovene slv",
    "sq": "albanian sqi alb",
    "sv": "swedish swe",
    "ta": "tamil tam",
    "th": "thai tha",
    "tl": "tagalog tgl",
    "tr": "turkish tur",
    "uk": "ukrainian ukr",
    "vi": "vietnamese vie",
    "zh": "chinese mandarin zho chi cmn",
}
_CODES = {
    other: code for code, others in _LANGUAGES.items() for other in others.split()
}
_NAMES = frozenset(name for name in _CODES if len(name) > 3)
# Names of columns, not words: a first line of a file is a header if it holds two
# codes or names of languages, or says what the columns are.
HEADERS = frozenset(
    ["source", "target", "src", "tgt", "word", "words", "translation", "translations"]
    + ["jp", *_LANGUAGES, *_NAMES]
)
_PAIR = re.compile(r"([a-z]{2,3})[-_]([a-z]{2,3})")


Languages = tuple[str | None, str | None]


def language_code(language: str | None) -> str | None:
    """The one code of a language, whichever of its codes or English names is given."""
    if language is None or not language.strip():
        return None
    code = re.split("[-_]", language.strip().lower())[0]
    return _CODES.get(code, code)


def is_english_name(language: str) -> bool:
    """Whether a text is the name of a language in English."""
    return language.lower().split(" ")[0] in _NAMES


def languages_of_name(stem: str) -> Languages:
    """Both languages of a file called as en-de.txt or eng-deu.tei."""
    pair = _PAIR.fullmatch(stem.lower())
    if pair is None:
        return None, None
    return language_code(pair[1]), language_code(pair[2])


def languages_of_header(first: str, second: str, otherwise: Languages) -> Languages:
    """Both languages that the names of two columns say."""
    codes = language_code(first), language_code(second)
    return codes if _LANGUAGES.keys() >= set(codes) else otherwise
