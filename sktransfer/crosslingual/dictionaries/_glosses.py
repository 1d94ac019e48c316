"""From glosses, which are written for readers, to words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from sktransfer.text.splitting import MOST_PARTS

_REMARKS = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|（[^（）]*）|【[^【】]*】"
)
_BRACKETS = re.compile(r"[()\[\]{}<>（）【】]")
_NESTED = 3  # remarks in remarks
_BETWEEN = re.compile(r"[;；؛，،、]|(?<!\d),|,(?!\d)")
_AROUND = " \t.!?:。！？"
_QUOTES = re.compile('["“”„«»「」『』]')
_GAP = re.compile(r"\.\.\.|[…~〜]")
# somebody, something: not words, but places for words
_PLACES = re.compile(r"(?<!\S)(?:sb's|sb|sth|jd[nms]?|etw|qn|qch)(?!\w)\.?")
_INFINITIVE = re.compile(r"to (?=\S)", re.IGNORECASE)
_STRESS = re.compile("(?<=[\u0400-\u04ff])[\u0300\u0301]")
_HYPHENS = "-\u2010\u2011"


def gloss_words(gloss: str, language: str | None, skipped: Counter[str]) -> list[str]:
    """Words and short phrases of a gloss; the rest is counted."""
    gloss = _without_remarks(gloss)
    if _BRACKETS.search(gloss):
        skipped["unbalanced brackets"] += 1
        return []
    words = []
    for part in _BETWEEN.split(gloss):
        word = headword(part, language, skipped)
        if word is not None:
            words.append(word)
    return words


def headword(word: str, language: str | None, skipped: Counter[str]) -> str | None:
    """The word of an entry as it stands in texts; None, and counted, if it is none."""
    word = unicodedata.normalize("NFC", _without_remarks(word))
    word = _QUOTES.sub("", _STRESS.sub("", word))
    word = " ".join(_PLACES.sub(" ", word).split())
    if _GAP.search(word.rstrip(".…")):
        skipped["explanation"] += 1
        return None
    word = word.strip(_AROUND + "…")
    if language == "en":
        word = word[3:] if _INFINITIVE.match(word) else word
    if not word:
        skipped["empty"] += 1
    elif word[0] in _HYPHENS or word[-1] in _HYPHENS:
        skipped["part of a word"] += 1
    elif len(word.split()) > MOST_PARTS:
        skipped["explanation"] += 1
    else:
        return word
    return None


def _without_remarks(text: str) -> str:
    for _ in range(_NESTED):
        shorter = _REMARKS.sub("", text)
        if shorter == text:
            break
        text = shorter
    return text
