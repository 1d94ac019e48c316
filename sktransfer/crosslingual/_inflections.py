"""Stems that the inflected forms of a word share, without a model of the language."""

from __future__ import annotations

import re

from sktransfer._core.negation import NEGATED

# Japanese verbs and adjectives: characters that carry the meaning, then kana
_STEM_AND_KANA = re.compile("([\u3400-\u9fff]+)[\u3041-\u3096]+")
_LAST_LATIN = "\u024f"
MAX_ENDING = 2
MIN_STEM = 4


def stems(word: str) -> list[str]:
    """Stems of a word, the longest first; inflections of a word share one of them.

    Parameters
    ----------
    word : str
        A word in lower case.

    Returns
    -------
    stems : list of str
        For words of ideographs and a tail of hiragana, the ideographs. For words of
        Latin letters, the word without its last 0, 1 and 2 letters, but at least 4
        letters of it. Those of a negated word are negated. None for other words: how
        they inflect is not guessed at.
    """
    if word.startswith(NEGATED):
        return [NEGATED + stem for stem in stems(word.removeprefix(NEGATED))]
    found = _STEM_AND_KANA.fullmatch(word)
    if found:
        return [found.group(1)]
    if word.isalpha() and max(word) <= _LAST_LATIN:
        shortest = max(len(word) - MAX_ENDING, MIN_STEM)
        return [word[:n] for n in range(len(word), shortest - 1, -1)]
    return []
