"""How the texts of each language are split, by what the dictionary knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from sktransfer.text.forms import Tokenizer, token_forms, word_form, word_forms
from sktransfer.text.languages import language_negators, told_language
from sktransfer.text.negation import ENGLISH_NEGATORS, NOT_ENDING, target_negators
from sktransfer.text.segmentation import SPACELESS, WordSegmenter, has_unsplit_words
from sktransfer.text.splitting import TextSplitter, joinable_words
from sktransfer.text.tokenizers import find_tokenizer
from sktransfer.text.writing import Writing, find_writing


def check_tokenizers(tokenizer: Any) -> dict[str, Tokenizer | None]:
    """Tokenizer of each side, None where the default is to be taken."""
    both = by_side(tokenizer, "tokenizer", "a callable")
    return {
        side: find_tokenizer(function, f"tokenizer of the {side} side")
        for side, function in both.items()
    }


def by_side(value: Any, name: str, kind: str) -> dict[str, Any]:
    """A parameter of each side, given once for both or in a dict."""
    if not isinstance(value, Mapping):
        return {"source": value, "target": value}
    unknown = [k for k in value if k not in ("source", "target")]
    if unknown:
        raise ValueError(
            f"{name} must be {kind} or a dict with the keys 'source' and "
            f"'target'; got the key {unknown[0]!r}."
        )
    return {side: value.get(side) for side in ("source", "target")}


def check_negators(negators: Any) -> dict[str, frozenset[str] | None]:
    """Words that negate on each side, None where the defaults are to be taken."""
    both = by_side(negators, "negators", "an iterable of words")
    for side, words in both.items():
        if words is None:
            continue
        if isinstance(words, str) or not isinstance(words, Iterable):
            raise TypeError(
                f"negators of the {side} side must be an iterable of words or None; "
                f"got {words!r}."
            )
        both[side] = frozenset(words)
        strange = [word for word in both[side] if not isinstance(word, str)]
        if strange:
            raise TypeError(
                f"negators of the {side} side must be words of type str; got "
                f"{strange[0]!r}."
            )
    return both


def fit_splitters(
    texts: Mapping[str, list[str]],
    pairs: list[tuple[str, str]],
    *,
    tokenizers: Mapping[str, Tokenizer | None],
    negators: Mapping[str, frozenset[str] | None],
    negation: int,
    marks: bool,
) -> tuple[dict[str, TextSplitter], dict[str, list[list[str]]]]:
    """Splitters of each side, and the tokens of its texts, negations not yet marked."""
    sides = dict(zip(("source", "target"), zip(*pairs) if pairs else ((), ())))
    splitters, tokens, writings = {}, {}, {}
    # every row may be both, and is then to be split alike
    alike = texts["source"] == texts["target"]
    for side, words in sides.items():
        # tokens of the default tokenizer are in lower case
        forms = word_forms if tokenizers[side] is None else token_forms
        listed = [*chain(*sides.values())] if alike else words
        writings[side] = writing = find_writing(chain(texts[side], listed))
        given = negators[side]
        if given is not None:
            negators = {**negators, side: frozenset(forms(given, writing))}
        entries = forms(words, writing)
        segmenter = None
        if tokenizers[side] is None and has_unsplit_words(texts[side]):
            segmenter = WordSegmenter().fit(texts[side], chain(listed, given or ()))
            # it found these; others may still be cut
            entries = [w for w in entries if not SPACELESS.fullmatch(w)]
        splitters[side] = split = TextSplitter(
            tokenizers[side],
            joinable_words(entries),
            marks=marks,
            writing=writing,
            segmenter=segmenter,
        )
        tokens[side] = [split.tokens(text) for text in texts[side]]
    known = _known_negators(pairs, negators, tokens, writings)
    if alike:
        both = known["source"] | known["target"]
        known = {"source": both, "target": both}
    negates = True
    for side, split in splitters.items():
        seen = set().union(*tokens[side])
        joins = {t: word for t, word in (split.joins or {}).items() if word in seen}
        splitters[side] = replace(split, joins=joins, negators=known[side])
        negates &= any(t in known[side] or t.endswith(NOT_ENDING) for t in seen)
    return {
        side: replace(split, negation=negation if negates else 0)
        for side, split in splitters.items()
    }, tokens


def _known_negators(
    pairs: list[tuple[str, str]],
    given: Mapping[str, frozenset[str] | None],
    tokens: Mapping[str, list[list[str]]],
    writings: Mapping[str, Writing],
) -> dict[str, frozenset[str]]:
    """Words that negate on each side: given, of its language, or by the dictionary."""
    counts = {side: Counter(chain.from_iterable(own)) for side, own in tokens.items()}
    known = dict(given)
    for side, words in given.items():
        language = told_language(counts[side]) if words is None else None
        if language is not None:
            known[side] = language_negators(language)
    forms = [
        (word_form(e, writings["source"]), word_form(t, writings["target"]))
        for e, t in pairs
    ]
    source, target = known["source"], known["target"]
    if source is None:
        turned = ((t, e) for e, t in forms)
        source = frozenset(target_negators(turned, target or (), counts["target"]))
        source = source or ENGLISH_NEGATORS  # too few words to tell
    if target is None:
        target = frozenset(target_negators(forms, source, counts["source"]))
    return {"source": source, "target": target}
