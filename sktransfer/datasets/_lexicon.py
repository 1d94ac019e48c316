"""Aligned concepts in four languages: reading, inflection, seed dictionaries."""

from __future__ import annotations

import itertools
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

LANGUAGES = ("en", "de", "es", "zh")
CATEGORIES = ("books", "music", "kitchen", "electronics")
FACETS = {
    "books": ("story", "style"),
    "music": ("song", "sound"),
    "kitchen": ("build", "use"),
    "electronics": ("hardware", "software"),
}

# Grammatical classes of nouns, the columns of the tables of adjective forms.
MASCULINE, FEMININE, NEUTER, PLURAL, PLURAL_FEMININE = range(5)

_ARTICLES = {
    "de": {"der": MASCULINE, "die": FEMININE, "das": NEUTER},
    "es": {
        "el": MASCULINE,
        "la": FEMININE,
        "los": PLURAL,
        "las": PLURAL_FEMININE,
    },
}
_INDEFINITE = {
    "de": ("ein", "eine", "ein", "", ""),
    "es": ("un", "una", "un", "unos", "unas"),
}
_THIS = {
    "de": ("dieser", "diese", "dieses", "diese", "diese"),
    "es": ("este", "esta", "este", "estos", "estas"),
}
_THIS_OBJECT = {"de": ("diesen", "diese", "dieses", "diese", "diese")}


class Word(NamedTuple):
    """One word of one language, with what its grammar needs."""

    text: str
    gender: int = MASCULINE
    article: str = ""
    fixed: bool = False
    measure: str = ""


class Concept(NamedTuple):
    """Words of one meaning: one tuple of words for each language."""

    en: tuple[Word, ...]
    de: tuple[Word, ...]
    es: tuple[Word, ...]
    zh: tuple[Word, ...]


def _parse_word(entry: str, language: str, kind: str) -> Word:
    plural = entry.endswith("+")
    fixed = entry.endswith("!")
    text = entry.rstrip("+!").strip()
    article, measure, gender = "", "", PLURAL if plural else MASCULINE
    if kind in ("noun", "product"):
        if language in _ARTICLES:
            article, text = text.split(" ", 1)
            gender = _ARTICLES[language][article]
            gender = PLURAL if plural and language == "de" else gender
        elif language == "en":
            article = "the"
        elif kind == "product":
            measure, text = text.split(":")
    return Word(text, gender, article, fixed, measure)


@cache
def load_lexicon() -> dict[str, tuple[Concept, ...]]:
    """Read the aligned concepts, section by section, in order of frequency."""
    path = files("sktransfer.datasets") / "data" / "lexicon.txt"
    lexicon: dict[str, list[Concept]] = {}
    section, kind = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            kind = line.strip("[]").rsplit(".", 1)[1]
            section = lexicon.setdefault(line.strip("[]"), [])
            continue
        section.append(
            Concept(
                *(
                    tuple(_parse_word(w.strip(), lang, kind) for w in cell.split(", "))
                    for lang, cell in zip(LANGUAGES, line.split("|"))
                )
            )
        )
    return {name: tuple(concepts) for name, concepts in lexicon.items()}


def predicate_forms(word: Word, language: str) -> tuple[str, ...]:
    """Forms of an adjective after "to be", one for each grammatical class."""
    text = word.text
    if language != "es" or word.fixed:
        return (text,) * 5
    feminine = text
    if text.endswith("o"):
        feminine = text[:-1] + "a"
    elif text.endswith("dor") or text.endswith("tor"):
        feminine = text + "a"
    elif text.endswith("ón"):
        feminine = text[:-2] + "ona"
    return (text, feminine, text, _spanish_plural(text), _spanish_plural(feminine))


def _spanish_plural(text: str) -> str:
    if text[-1] in "aeiouáéíóú":
        return text + "s"
    return text[:-1] + "ces" if text.endswith("z") else text + "es"


def attributive_forms(word: Word, language: str) -> tuple[str, ...]:
    """Forms of an adjective before (or after) its noun, after "a"."""
    if language != "de":
        return predicate_forms(word, language)
    if word.fixed:
        return (word.text,) * 5
    stem = word.text.removesuffix("e")
    if stem.endswith("el") or stem.endswith("uer"):
        stem = stem[:-2] + stem[-1]
    return tuple(stem + ending for ending in ("er", "e", "es", "e", "e"))


def indefinite(word: Word, language: str, following: str) -> str:
    """Indefinite article of a noun ("" in Chinese)."""
    if language == "en":
        vowel = following[:1] in "aeio" or following.startswith(("un", "up"))
        return "an" if vowel and not following.startswith(("uni", "one")) else "a"
    return _INDEFINITE.get(language, ("",) * 5)[word.gender]


def with_this(word: Word, language: str, *, as_object: bool = False) -> str:
    """Noun with its demonstrative: "this book"."""
    if language == "en":
        return f"this {word.text}"
    if language == "zh":
        return f"这 {word.measure} {word.text}"
    table = _THIS_OBJECT if as_object and language in _THIS_OBJECT else _THIS
    return f"{table[language][word.gender]} {word.text}"


def _dictionary_forms(word: Word, language: str, kind: str) -> list[str]:
    if kind in ("pos", "neg"):
        forms = predicate_forms(word, language) + attributive_forms(word, language)
    else:
        forms = (word.text,)
    # A dictionary holds single words, in lower case, as mappers look them up.
    return [
        f
        for f in dict.fromkeys(f.lower() for f in forms)
        if " " not in f and "-" not in f
    ]


def seed_dictionary(
    source: str, target: str, coverage: float, rng: np.random.Generator
) -> list[tuple[str, str]]:
    """Draw an incomplete dictionary with several and with wrong translations."""
    pairs: dict[tuple[str, str], None] = {}
    sections = sorted(
        load_lexicon().items(), key=lambda kv: not kv[0].startswith("dictionary")
    )
    for name, concepts in sections:
        kind = name.rsplit(".", 1)[1]
        if kind.startswith("phrase"):
            continue  # their words stand in the section of everyday words
        everyday = kind in ("word", "sense")
        if kind == "sense" and source == target:
            continue
        share = 1.0 if everyday else coverage
        known = rng.permutation(len(concepts))[: round(share * len(concepts))]
        for i in np.sort(known):
            sides = [
                [_dictionary_forms(w, lang, kind) for w in getattr(concepts[i], lang)]
                for lang in (source, target)
            ]
            if source == target:
                pairs.update(dict.fromkeys((f, f) for fs in sides[0] for f in fs))
                continue
            if not everyday and rng.random() < 0.12:
                # A wrong sense: a word of another concept of the section.
                other = concepts[rng.integers(len(concepts))]
                word = getattr(other, target)[0]
                sides[1].append(_dictionary_forms(word, target, kind))
            for (a, left), (b, right) in itertools.product(
                enumerate(sides[0]), enumerate(sides[1])
            ):
                for (c, s), (d, t) in itertools.product(
                    enumerate(left), enumerate(right)
                ):
                    usual = a + b == 0 and c + d == 0
                    p = 1.0 if usual else 0.6 if c + d == 0 else 0.3
                    if rng.random() < p:
                        pairs[s, t] = None
    return list(pairs)
