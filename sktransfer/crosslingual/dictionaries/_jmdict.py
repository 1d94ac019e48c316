"""JMdict: Japanese words with glosses in several languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from sktransfer.crosslingual.dictionaries._entries import Entries, Entry
from sktransfer.crosslingual.dictionaries._glosses import gloss_words
from sktransfer.crosslingual.dictionaries._languages import language_code
from sktransfer.crosslingual.dictionaries._xml import LANGUAGE, text_of, xml_elements

# as entities of the file say, and by the names of these entities
_IN_KANA = {"uk", "word usually written using kana alone"}
_SEARCH_ONLY = {"sK", "sk", "search-only kanji form", "search-only kana form"}


def jmdict_entries(path: Path, encoding: str | None, skipped: Counter[str]) -> Entries:
    """Ways to write a word that are usual, with each gloss of a sense."""
    for entry in xml_elements(path, encoding, ["JMdict"], ["entry"]):
        written = _Written(entry)
        for sense in entry.iterfind("sense"):
            words = list(written.words(sense))
            for gloss in sense.iterfind("gloss"):
                language = language_code(gloss.get(LANGUAGE, "eng"))
                if gloss.get("g_type") == "expl":
                    skipped["explanation"] += 1
                    continue
                for translation in gloss_words(text_of(gloss), language, skipped):
                    for word in words:
                        yield Entry(word, translation, "ja", language)


class _Written:
    """Ways to write the word of an entry."""

    def __init__(self, entry: Element) -> None:
        self.kanji = list(_texts(entry, "k_ele", "keb", "ke_inf"))
        kana = _texts(entry, "r_ele", "reb", "re_inf")
        self.kana = {k: self._kanji_read_as(element) for k, element in kana.items()}

    def _kanji_read_as(self, kana: Element) -> list[str]:
        if kana.find("re_nokanji") is not None:
            return []
        restricted = {text_of(e) for e in kana.iterfind("re_restr")}
        return [k for k in self.kanji if not restricted or k in restricted]

    def words(self, sense: Element) -> Iterator[str]:
        """Those that have the sense: in kanji, in kana where that is usual."""
        in_kana = any(text_of(e) in _IN_KANA for e in sense.iterfind("misc"))
        only = {text_of(e) for name in ("stagk", "stagr") for e in sense.iterfind(name)}
        read = {k for kana in only for k in self.kana.get(kana, ())}
        yield from (k for k in self.kanji if not only or k in only or k in read)
        for kana, kanji in self.kana.items():
            if in_kana or not kanji:
                if not only or kana in only or not only.isdisjoint(kanji):
                    yield kana


def _texts(
    entry: Element, outer: str, inner: str, information: str
) -> dict[str, Element]:
    """Elements by the text of an inner one, but for those that only searches use."""
    texts = {}
    for element in entry.iterfind(outer):
        notes = {text_of(e) for e in element.iterfind(information)}
        for text in element.iterfind(inner):
            if notes.isdisjoint(_SEARCH_ONLY):
                texts[text_of(text)] = element
    return texts
