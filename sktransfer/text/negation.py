"""Negated words: words in the scope of a negation are marked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

NEGATED = "not_"
NOT_ENDING = "n't"  # a word that ends so always negates
ENGLISH_NEGATORS = frozenset(
    "ain aint arent barely cannot cant couldnt didnt doesnt dont hadnt hardly hasnt "
    "havent isnt neither never no nobody none nor not nothing scarcely shouldnt wasnt "
    "werent without wont wouldnt".split()
)
# forms of nai, nu and zu; polite verbs end in mase before n
JAPANESE_NEGATORS = frozenset(
    "ない なかっ なく なけれ なし 無い 無かっ 無く ず ぬ ざる ませ ません".split()
)
# Japanese negates the words before; so do most Korean, Turkish and Hindi negations
_NEGATES_BACKWARDS = re.compile(
    "(?!안$|못$).*[\u3040-\u30ff\uac00-\ud7af]|değil|yok|नहीं|नाही|نہیں|نیست"
)


def mark_negations(
    tokens: Iterable[str], negators: Collection[str], span: int
) -> list[str]:
    """Mark the words in the scope of a negation, `span` words at most."""
    marked: list[str] = []
    left = 0  # words that are still in the scope of the last negation
    for token in tokens:
        if token in negators:
            if _NEGATES_BACKWARDS.match(token):
                _mark_before(marked, negators, span)
            else:
                left = span
            marked.append(token)
        elif token.endswith(NOT_ENDING):
            left = span
            marked.append(token)
        elif left and _is_word(token):
            left -= 1
            marked.append(_negated(token))
        else:
            if left and token:
                left = 0
            marked.append(token)
    return marked


def _mark_before(marked: list[str], negators: Collection[str], span: int) -> None:
    for k in range(len(marked) - 1, max(len(marked) - 1 - span, -1), -1):
        if marked[k] in negators or not _is_word(marked[k]):
            break
        marked[k] = _negated(marked[k])


def _negated(token: str) -> str:
    return token if token.startswith(NEGATED) else NEGATED + token


def _is_word(token: str) -> bool:
    return token.isalnum() or any(c.isalnum() for c in token)


def target_negators(
    pairs: Iterable[tuple[str, str]],
    negators: Collection[str],
    counts: Mapping[str, float],
) -> set[str]:
    """Words of the target language that negate, by a dictionary."""
    mass: dict[str, list[float]] = {}
    for e, t in pairs:
        mass.setdefault(t, [0, 0])[e in negators] += counts.get(e, 0)
    return {t for t, (other, negating) in mass.items() if 0 < negating >= other}
