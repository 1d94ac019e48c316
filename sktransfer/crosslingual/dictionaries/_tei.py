"""Dictionaries in the format of the Text Encoding Initiative, as FreeDict's are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from sktransfer.crosslingual.dictionaries._entries import Entries, Entry
from sktransfer.crosslingual.dictionaries._glosses import gloss_words, headword
from sktransfer.crosslingual.dictionaries._languages import Languages, language_code
from sktransfer.crosslingual.dictionaries._xml import LANGUAGE, text_of, xml_elements

_TRANSLATION = ("trans", "translation", "translationEquivalent")


def tei_entries(
    path: Path, encoding: str | None, languages: Languages, skipped: Counter[str]
) -> Entries:
    """Words with their translations; `languages` where the file does not say them."""
    roots, names = ["TEI", "TEI.2"], ["entry", "entryFree"]
    for entry in xml_elements(path, encoding, roots, names):
        for part in (entry, *entry.iter("re")):  # related entries within
            yield from _entry_pairs(part, languages, skipped)


def _entry_pairs(
    entry: Element, languages: Languages, skipped: Counter[str]
) -> Entries:
    source = language_code(entry.get(LANGUAGE)) or languages[0]
    words = []
    for form in entry.iterfind("form"):
        for orth in form.iterfind("orth"):
            given = orth.get(LANGUAGE) or form.get(LANGUAGE)
            language = language_code(given) or source
            word = headword(text_of(orth), language, skipped)
            if word is not None:
                words.append((word, language))
    found = False
    for quote, given in _quotes(entry):
        found = True
        target = language_code(given) or languages[1]
        for translation in gloss_words(text_of(quote), target, skipped):
            for word, language in words:
                yield Entry(word, translation, language, target)
    skipped["no translation"] += bool(words) and not found


def _quotes(element: Element) -> Iterator[tuple[Element, str | None]]:
    """Translations, and what is said of their language; not those of examples."""
    for child in element:
        if (child.tag == "cit" and child.get("type") in _TRANSLATION) or (
            child.tag == "trans"  # of P4
        ):
            for quote in (*child, *child.iterfind("form/orth")):
                if quote.tag in ("quote", "tr", "orth"):
                    yield quote, quote.get(LANGUAGE) or child.get(LANGUAGE)
        elif child.tag in ("sense", "hom", "gramGrp", "dictScrap"):
            yield from _quotes(child)
