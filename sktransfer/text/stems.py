"""Stems: what the inflections of a word have in common."""

from __future__ import annotations

import re

from sktransfer.text.negation import NEGATED

# Japanese verbs and adjectives: characters that carry the meaning, then kana
_STEM_AND_KANA = re.compile("([\u3400-\u9fff]+)[\u3041-\u3096]+")
_LAST_LATIN = "\u024f"
MAX_ENDING = 2
MIN_STEM = 4


def stems(word: str) -> list[str]:
    """Stems of a word, the longest first; inflections of a word share one of them."""
    if word.startswith(NEGATED):
        return [NEGATED + stem for stem in stems(word.removeprefix(NEGATED))]
    found = _STEM_AND_KANA.fullmatch(word)
    if found:
        return [found.group(1)]
    if word.isalpha() and max(word) <= _LAST_LATIN:
        shortest = max(len(word) - MAX_ENDING, MIN_STEM)
        return [word[:n] for n in range(len(word), shortest - 1, -1)]
    return []
