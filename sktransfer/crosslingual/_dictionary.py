"""Bilingual dictionaries matched with the vocabularies of both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer.text.forms import word_form, word_forms
from sktransfer.text.negation import NEGATED
from sktransfer.text.stems import stems
from sktransfer.text.writing import Writing, find_writing


class Links(NamedTuple):
    """Pairs of vocabulary indices, sorted, none twice; each of shape (n_pairs,)."""

    source: NDArray[np.intp]
    target: NDArray[np.intp]


def link_vocabularies(
    pairs: Iterable[tuple[str, str]],
    source: Mapping[str, int],
    target: Mapping[str, int],
    *,
    inflections: bool = True,
    loans: bool = True,
) -> Links:
    """Match dictionary entries with the words of both vocabularies, by their forms.

    Without `loans`, words with letters are linked by the entries alone.
    """
    writings = find_writing(source), find_writing(target)
    sources, targets = _by_form(source, writings[0]), _by_form(target, writings[1])
    pairs = [(word_form(e, writings[0]), word_form(t, writings[1])) for e, t in pairs]
    # negated words are translated as the words are
    pairs += [(NEGATED + e, NEGATED + t) for e, t in pairs if NEGATED + e in sources]
    found: set[tuple[int, int]] = set()
    translated: set[str] = set()
    entries: dict[str, set[str]] = {}  # source forms by the stem of the target word
    for form, translation in pairs:
        if form in sources:
            translated.add(form)
            found.update(
                (i, j) for i in sources[form] for j in targets.get(translation, ())
            )
            for stem in stems(translation) if inflections else ():
                entries.setdefault(stem, set()).add(form)
    # target words without an entry take the entries of words that share their stem
    known = {j for _, j in found}
    for form, indices in targets.items():
        if known.isdisjoint(indices) and form not in sources:
            shared = next((entries[s] for s in stems(form) if s in entries), set())
            found.update((i, j) for e in shared for i in sources[e] for j in indices)
    # names, numbers and loans are their own translation
    for form in sources.keys() & targets.keys() - translated:
        if not loans and any(map(str.isalpha, form)):
            continue
        found.update((i, j) for i in sources[form] for j in targets[form])
    table = np.array(sorted(found), dtype=np.intp).reshape(-1, 2)
    return Links(table[:, 0].copy(), table[:, 1].copy())


def _by_form(vocabulary: Mapping[str, int], writing: Writing) -> dict[str, list[int]]:
    forms: dict[str, list[int]] = {}
    for form, index in zip(word_forms(vocabulary, writing), vocabulary.values()):
        forms.setdefault(form, []).append(index)
    return forms
