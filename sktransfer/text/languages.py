"""Languages: told by script or by their commonest words, and how they negate."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import NamedTuple

from sktransfer.text.forms import word_forms, word_tokens
from sktransfer.text.negation import ENGLISH_NEGATORS, JAPANESE_NEGATORS

# what tells a language at least: different words of its list, their share of all
# words, and their lead over the next language
_LEAST_WORDS = 5
_LEAST_SHARE = 0.02
_LEAD = 1.2


class Language(NamedTuple):
    """What tells a language, and its words that negate."""

    common: frozenset[str]
    negators: frozenset[str]


def _language(common: str, negators: Collection[str] | str) -> Language:
    words = negators.split() if isinstance(negators, str) else negators
    return Language(frozenset(word_forms(common.split())), frozenset(words))


# languages of one script: told by their commonest words
_LATIN = {
    "en": _language(
        "the and of to is it this that was with for you not have", ENGLISH_NEGATORS
    ),
    "de": _language(
        "und die der das ist ich nicht ein eine zu mit auf auch",
        "garnichts kaum kein keine keinem keinen keiner keines nicht nichts nie "
        "niemals niemand niemandem niemanden nirgends nix ohne weder",
    ),
    "fr": _language(
        "le la les et est des un une que pour dans je pas ce",
        "aucun aucune guère jamais ne ni non nul nulle pas personne rien sans",
    ),
    "es": _language(
        "el la los que en es un una por con para muy no lo",
        "jamás nada nadie ni ninguna ninguno ningún no nunca sin tampoco",
    ),
    "it": _language(
        "il di che è la un per non con una della sono molto questo",
        "mai neanche nemmeno neppure nessun nessuna nessuno niente non nulla né senza",
    ),
    "pt": _language(
        "que de do da em um uma para com não os as muito é",
        "jamais nada nem nenhum nenhuma ninguém nunca não sem tampouco",
    ),
    "nl": _language(
        "de het een en van is dat ik niet met op voor zijn",
        "geen niemand niet niets noch nooit zonder",
    ),
    "sv": _language(
        "och att det är som en på jag för med inte av har",
        "aldrig ej icke ingen inget ingenting inga inte knappt utan varken",
    ),
    # Danish and Norwegian
    "da": _language(
        "og at det er en på jeg til med af ikke av som har",
        "aldri aldrig hverken ikke ikkje ingen ingenting intet uden uten verken",
    ),
    "fi": _language(
        "ja on se oli että mutta hän kun niin ei kuin ovat",
        "ei eivät emme en et ette eikä ilman",
    ),
    "pl": _language(
        "na się jest to że do nie jak ale tym od za",
        "ani bez nic nie nigdy nikt żadna żadne żadnego żadnej żaden",
    ),
    # Czech and Slovak
    "cs": _language(
        "je se na že to si jsem ale tak by ako som sa",
        "ani bez nejsou nemá nic nie nikdo nikdy není nikto žiadna žiadne žiadny "
        "žádná žádné žádný",
    ),
    "ro": _language(
        "și de la în este cu un pe să nu mai foarte care",
        "fără nici niciodată niciun nicio nimeni nimic nu",
    ),
    "hu": _language(
        "az és hogy nem van egy volt is meg ez csak",
        "ne nem nincs nincsenek se sem semmi senki soha",
    ),
    "tr": _language(
        "ve bir bu çok da de için ile ama gibi daha",
        "asla değil değildi değilim hiç hiçbir yok yoktu",
    ),
    # Indonesian and Malay
    "id": _language(
        "yang dan di ini itu untuk dengan ada saya dari",
        "belum bukan jangan tak tanpa tidak",
    ),
    "vi": _language(
        "và là của có một tôi không cho được này",
        "chưa chẳng chả không đừng",
    ),
}
# languages of one script that are not told apart, the script first that decides
_SCRIPTS = {
    "ja": ("[\u3041-\u30ff]", " ".join(JAPANESE_NEGATORS)),
    "ko": ("[\uac00-\ud7af]", "안 못 않 없 아니 않다 없다 아니다 않은 없는 않고 없고"),
    "zh": ("[\u3400-\u9fff]", "不 没 没有 不是 不会 不能 无 未 沒 沒有 不會 無"),
    "cyrillic": (
        "[\u0400-\u052f]",
        "без не ни нет ни никогда никто ничего нельзя ні ніколи ніхто нічого немає "
        "никога никой нищо няма",
    ),
    "greek": ("[\u0370-\u03ff]", "δε δεν κανένα κανένας μη μην ποτέ τίποτα χωρίς όχι"),
    "hebrew": ("[\u05d0-\u05ea]", "אין אינו אינה בלי לא מעולם ללא"),
    # Arabic, Persian, Urdu
    "arabic": ("[\u0620-\u06ff]", "بدون غير لا لم لن ليس ليست نه نیست نہیں هیچ"),
    "devanagari": ("[\u0900-\u097f]", "नहीं न ना मत बिना नाही"),
    "thai": ("[\u0e01-\u0e5b]", "ไม่ ไม่มี ไม่ใช่ มิ"),
}
_PATTERNS = {name: re.compile(pattern) for name, (pattern, _) in _SCRIPTS.items()}
_BY_SCRIPT = {name: frozenset(words.split()) for name, (_, words) in _SCRIPTS.items()}


def told_language(counts: Mapping[str, float]) -> str | None:
    """Language of words with their counts, None where nothing tells it."""
    words = {w: n for w, n in counts.items() if any(c.isalpha() for c in w)}
    total = sum(words.values())
    others = [(w, n) for w, n in words.items() if not w.isascii()]
    for name, pattern in _PATTERNS.items():
        share = sum(n for w, n in others if pattern.search(w))
        # Japanese is written in Han, too
        if share and share >= (0.1 if name == "ja" else 0.5) * total:
            return name
    shares = {}
    for name, language in _LATIN.items():
        known = [words[w] for w in language.common | language.negators if w in words]
        shares[name] = sum(known) if len(known) >= _LEAST_WORDS else 0.0
    first, second = sorted(shares, key=lambda name: -shares[name])[:2]
    least = max(_LEAST_SHARE * total, _LEAD * shares[second])
    return first if shares[first] > least else None


def language_negators(language: str) -> frozenset[str]:
    """Words that negate in a language that `told_language` tells."""
    if language in _LATIN:
        return _LATIN[language].negators
    return _BY_SCRIPT[language]


def language_of(texts: Iterable[str]) -> str | None:
    """Language of texts, None where nothing tells it."""
    return told_language(Counter(chain.from_iterable(map(word_tokens, texts))))
