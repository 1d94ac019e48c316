"""Draw reviews of one domain, in blocks that depend on seed and position alone."""

from __future__ import annotations

import re
import zlib
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.tables import object_array
from sktransfer.datasets import _grammar as grammar
from sktransfer.datasets._lexicon import (
    FACETS,
    PLURAL,
    attributive_forms,
    indefinite,
    load_lexicon,
    predicate_forms,
    with_this,
)

BLOCK = 256

# Parameters of the generator, set so that scores on generated reviews are like those
# on public review sets (see the user guide).
RATINGS = {1: ((5, 0.62), (4, 0.38)), 0: ((1, 0.55), (2, 0.45))}
AGREEMENT = {5: 0.97, 4: 0.90, 2: 0.90, 1: 0.97}
LABEL_NOISE = 0.03
KINDS = ("aspect", "negated", "contrast", "overall", "phrase", "neutral", "topical")
KIND_SHARES = (0.43, 0.06, 0.07, 0.08, 0.07, 0.13, 0.16)
SERVICE_SHARE = 0.12
SPECIFIC_SHARE = 0.70
MEAN_EXTRA_SENTENCES = 6.5
TYPO_SHARE = 0.15


class _Pool:
    """Words to draw from with probabilities that fall like Zipf's law."""

    def __init__(self, words: list, weights: NDArray) -> None:
        self.words = np.empty(len(words), dtype=object)
        self.words[:] = words
        self.cumulated = np.cumsum(weights / weights.sum())

    def draw(self, rng: np.random.Generator, n: int) -> NDArray[np.intp]:
        drawn = np.searchsorted(self.cumulated, rng.random(n), side="right")
        return np.minimum(drawn, len(self.words) - 1)


def _zipf(n: int) -> NDArray:
    return 1.0 / (np.arange(n) + 1.5)


@cache
def _surface_forms(language: str, category: str) -> dict[str, Any]:
    """Surface forms of one language and category, by section."""
    lexicon = load_lexicon()
    # The frequency of a word in a domain deviates from the common order. The deviation
    # does not depend on the seed, as a language does not.
    rng = np.random.default_rng(zlib.crc32(f"{language}/{category}".encode()))

    def pool(*names: str) -> _Pool:
        words, weights = [], []
        for name in names:
            concepts = [getattr(c, language) for c in lexicon[name]]
            frequency = _zipf(len(concepts)) * rng.lognormal(0, 0.4, len(concepts))
            for synonyms, f in zip(concepts, frequency):
                share = 0.45 ** np.arange(len(synonyms))
                words += synonyms
                weights += list(f * share / share.sum())
        return _Pool(words, np.asarray(weights))

    facets = [f"{category}.{f}" for f in FACETS[category]] + ["general.service"]
    tables: dict[str, Any] = {"facets": []}
    for facet in facets:
        nouns = pool(f"{facet}.noun")
        tables["facets"].append(
            {
                "noun": nouns,
                "phrase": object_array(
                    f"{w.article} {w.text}".strip() for w in nouns.words
                ),
                "gender": np.array([w.gender for w in nouns.words]),
                "adjective": [
                    [
                        _adjectives(pool(f"{group}.{sign}"), language)
                        for group in ("general.all", facet)
                    ]
                    for sign in ("neg", "pos")
                ],
            }
        )
    products = pool(f"{category}.all.product")
    general = [pool("general.all.neg"), pool("general.all.pos")]
    tables["overall"] = [
        _overall_phrases(products, adjectives, language) for adjectives in general
    ]
    tables["general"] = general
    tables["product"] = products
    tables["subject"] = object_array(with_this(w, language) for w in products.words)
    tables["object"] = object_array(
        with_this(w, language, as_object=True) for w in products.words
    )
    for key, name in (
        ("adverb", "general.all.adverb"),
        ("phrase_neg", "general.all.phraseneg"),
        ("phrase_pos", "general.all.phrasepos"),
        ("general_topic", "general.all.topic"),
        ("topic", f"{category}.all.topic"),
    ):
        drawn = pool(name)
        tables[key] = (drawn, object_array(w.text for w in drawn.words))
    copulas = grammar.COPULA[language]
    tables["copula"] = np.array(copulas, dtype=object)
    return tables


def _adjectives(pool: _Pool, language: str) -> tuple[_Pool, NDArray[np.object_]]:
    return pool, np.array(
        [predicate_forms(w, language) for w in pool.words], dtype=object
    )


def _overall_phrases(products: _Pool, adjectives: _Pool, language: str) -> dict:
    """For each product and adjective: the inflected adjective and its article."""
    forms = [attributive_forms(w, language) for w in adjectives.words]
    adjective = np.array(
        [[f[q.gender] for f in forms] for q in products.words], dtype=object
    )
    article = np.array(
        [[indefinite(q, language, f[q.gender]) for f in forms] for q in products.words],
        dtype=object,
    )
    return {"C": adjective, "a": article}


@cache
def _compiled_pattern(pattern: str) -> tuple[str, tuple[str, ...]]:
    slots = tuple(re.findall(r"\{(\w+)\}", pattern))
    return re.sub(r"\{\w+\}", "{}", pattern), slots


def _render(
    rng: np.random.Generator,
    patterns: tuple[str, ...],
    columns: dict[str, NDArray],
    n: int,
) -> NDArray[np.object_]:
    """Fill each row's slots into a pattern drawn for it."""
    out = np.empty(n, dtype=object)
    # The first patterns are the usual ones.
    share = 1.0 / (np.arange(len(patterns)) + 1.5)
    which = rng.choice(len(patterns), size=n, p=share / share.sum())
    for i, pattern in enumerate(patterns):
        rows = np.flatnonzero(which == i)
        if rows.size:
            template, slots = _compiled_pattern(pattern)
            filled = map(template.format, *(columns[s][rows] for s in slots))
            out[rows] = list(filled)
    return out


def _draw_aspect(
    rng: np.random.Generator,
    tables: dict[str, Any],
    sign: NDArray[np.int64],
    second_sign: NDArray[np.int64],
) -> dict[str, NDArray]:
    """Draw two nouns, and fitting adjectives of the given polarities."""
    n = len(sign)
    columns = {k: np.empty(n, dtype=object) for k in ("N", "M", "be", "bem", "A", "B")}
    gender = np.zeros((2, n), dtype=np.intp)
    facet = np.where(rng.random(n) < SERVICE_SHARE, 2, rng.integers(0, 2, n))
    specific = (rng.random((2, n)) < SPECIFIC_SHARE).astype(np.intp)
    for f, table in enumerate(tables["facets"]):
        rows = np.flatnonzero(facet == f)
        for j, slot in enumerate("NM"):
            drawn = table["noun"].draw(rng, rows.size)
            columns[slot][rows] = table["phrase"][drawn]
            gender[j, rows] = table["gender"][drawn]
        for j, (slot, signs) in enumerate((("A", sign), ("B", second_sign))):
            for polarity in (0, 1):
                for s in (0, 1):
                    here = rows[(signs[rows] == polarity) & (specific[j, rows] == s)]
                    pool, forms = table["adjective"][polarity][s]
                    drawn = pool.draw(rng, here.size)
                    columns[slot][here] = object_array(map(tuple, forms[drawn]))
    copulas = tables["copula"]
    which = rng.integers(0, len(copulas), (2, n))
    plural = (gender >= PLURAL).astype(np.intp)
    columns["be"] = copulas[which[0], plural[0]]
    columns["bem"] = copulas[which[1], plural[1]]
    first, second = columns["A"], columns["B"]
    columns["A"] = object_array(f[g] for f, g in zip(first, gender[0]))
    columns["B_same"] = object_array(f[g] for f, g in zip(second, gender[0]))
    columns["B"] = object_array(f[g] for f, g in zip(second, gender[1]))
    pool, words = tables["adverb"]
    columns["D"] = words[pool.draw(rng, n)]
    return columns


def _draw_product(
    rng: np.random.Generator,
    tables: dict[str, Any],
    sign: NDArray[np.int64],
    brand: NDArray[np.object_],
    topical: bool,
) -> dict[str, NDArray]:
    """Fill the slots of sentences about the product as a whole, and its topics."""
    n = len(sign)
    products = tables["product"]
    q = products.draw(rng, n)
    columns = {
        "P": tables["subject"][q],
        "O": tables["object"][q],
        "Q": object_array(w.text for w in products.words)[q],
        "m": object_array(w.measure for w in products.words)[q],
        "Z": brand,
    }
    columns["k"] = object_array(
        map(str, np.floor(np.exp(rng.uniform(0.7, 6, n))).astype(int))
    )
    pool, words = tables["topic" if topical else "general_topic"]
    columns["X"] = words[pool.draw(rng, n)]
    columns["Y"] = words[pool.draw(rng, n)]
    pool, words = tables["adverb"]
    columns["D"] = words[pool.draw(rng, n)]
    for slot in "CaS":
        columns[slot] = np.empty(n, dtype=object)
    for polarity, name in enumerate(("phrase_neg", "phrase_pos")):
        rows = np.flatnonzero(sign == polarity)
        pool, words = tables[name]
        columns["S"][rows] = words[pool.draw(rng, rows.size)]
        drawn = tables["general"][polarity].draw(rng, rows.size)
        for slot in "Ca":
            columns[slot][rows] = tables["overall"][polarity][slot][q[rows], drawn]
    return columns


def draw_reviews(
    language: str,
    category: str,
    labels: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Write one review for each label."""
    n = len(labels)
    tables = _surface_forms(language, category)
    ratings = np.empty(n, dtype=np.int64)
    for label, choices in RATINGS.items():
        stars, shares = zip(*choices)
        drawn = rng.choice(stars, size=n, p=shares)
        ratings[labels == label] = drawn[labels == label]
    # Some customers mix up the ends of the scale: their text means the opposite.
    meant = labels ^ (rng.random(n) < LABEL_NOISE)
    agreement = np.array([0, *(AGREEMENT.get(r, 0.5) for r in range(1, 6))])[ratings]
    # Varied lengths: two sentences and a skewed number of further ones.
    spread = rng.gamma(1.6, MEAN_EXTRA_SENTENCES / 1.6, n)
    length = 2 + rng.poisson(spread)
    review = np.repeat(np.arange(n), length)
    total = len(review)
    agrees = rng.random(total) < agreement[review]
    sign = np.where(agrees, meant[review], 1 - meant[review])
    brand = object_array(grammar.NAMES)[rng.integers(0, len(grammar.NAMES), n)]
    kinds = rng.choice(len(KINDS), size=total, p=np.asarray(KIND_SHARES))
    sentences = np.empty(total, dtype=object)
    for i, kind in enumerate(KINDS):
        rows = np.flatnonzero(kinds == i)
        s = sign[rows]
        if kind in ("aspect", "negated", "contrast"):
            first = s if kind == "aspect" else 1 - s
            columns = _draw_aspect(rng, tables, first, s)
            if kind == "aspect":
                columns["B"] = columns["B_same"]
        else:
            columns = _draw_product(
                rng, tables, s, brand[review[rows]], kind == "topical"
            )
        patterns = getattr(grammar, kind.upper())
        patterns = (patterns[category] if kind == "topical" else patterns)[language]
        sentences[rows] = _render(rng, patterns, columns, rows.size)
    return _compose(language, sentences, length, brand, rng), ratings


def _compose(
    language: str,
    sentences: NDArray[np.object_],
    length: NDArray[np.int64],
    brand: NDArray[np.object_],
    rng: np.random.Generator,
) -> NDArray[np.object_]:
    """Join sentences to reviews, with punctuation and typing errors of customers."""
    chinese = language == "zh"
    marks = ("。", "！", "。。。", "，") if chinese else (". ", "! ", "... ", " - ")
    ends = object_array(marks)[
        rng.choice(4, size=len(sentences), p=(0.7, 0.18, 0.06, 0.06))
    ]
    n = len(length)
    titled = rng.random(n) < 0.3
    number = rng.integers(1, 900, n)
    lower = rng.random(n) < 0.12
    mistyped = rng.random(n) < TYPO_SHARE
    place = rng.random((n, 2))
    stops = np.cumsum(length)
    texts = np.empty(n, dtype=object)
    for i, (stop, size) in enumerate(zip(stops, length)):
        parts = []
        for sentence, end in zip(
            sentences[stop - size : stop], ends[stop - size : stop]
        ):
            if chinese:
                parts.append(sentence.replace(" ", "") + end)
            else:
                parts.append(sentence[:1].upper() + sentence[1:] + end)
        text = "".join(parts).rstrip(" ，-")
        if titled[i]:
            text = f"{brand[i]} {number[i]}{marks[0]}{text}"
        if lower[i]:
            text = text.lower()
        if mistyped[i]:
            text = _mistype(text, *place[i])
        texts[i] = text
    return texts


def _mistype(text: str, where: float, how: float) -> str:
    """Drop, double or swap one character."""
    i = int(where * (len(text) - 1))
    if how < 0.4:
        return text[:i] + text[i + 1 :]
    if how < 0.7:
        return text[:i] + text[i] + text[i:]
    return text[:i] + text[i + 1] + text[i] + text[i + 2 :]


def chinese_words() -> frozenset[str]:
    """List every Chinese word that the generator can write."""
    words: set[str] = set()
    for concepts in load_lexicon().values():
        for concept in concepts:
            for word in concept.zh:
                words.update(f"{word.text} {word.measure}".split())
    patterns = [
        *grammar.ASPECT["zh"],
        *grammar.NEGATED["zh"],
        *grammar.CONTRAST["zh"],
        *grammar.OVERALL["zh"],
        *grammar.PHRASE["zh"],
        *grammar.NEUTRAL["zh"],
        *(p for by_language in grammar.TOPICAL.values() for p in by_language["zh"]),
    ]
    for pattern in patterns:
        words.update(w for w in pattern.split() if "{" not in w and w.isalnum())
    return frozenset(words | {"这"})
