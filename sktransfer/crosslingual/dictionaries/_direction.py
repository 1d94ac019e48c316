"""Entries of the two languages that are asked for, in that direction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from sktransfer.crosslingual.dictionaries._entries import Entries, Entry
from sktransfer.crosslingual.dictionaries._languages import Languages

_AHEAD = 1000  # entries that are looked at for the languages that an error names


def directed(
    entries: Entries,
    source: str | None,
    target: str | None,
    skipped: Counter[str],
) -> Iterator[tuple[str, str]]:
    """Pairs from one language to one other, turned round where they have to be."""
    languages: Languages | None = None
    others: Counter[str] = Counter()
    for entry in entries:
        turned = _turned(entry, source, target)
        if turned is None:
            skipped["another language"] += 1
            if len(others) < _AHEAD:
                others[_direction(entry[2:])] += 1
            continue
        here = turned[2:]
        if here != languages:
            known = here if languages is None else languages
            if any(a != b for a, b in zip(known, here) if a and b):
                found = [known, here, *(e[2:] for e in islice(entries, _AHEAD))]
                raise ValueError(
                    "dictionary: the file holds several languages "
                    f"({_listed(Counter(map(_direction, found)))}). Say which to read: "
                    "read_dictionary(path, source_language=..., target_language=...)."
                )
            languages = known[0] or here[0], known[1] or here[1]
        yield turned[:2]
    if others and languages is None:
        raise ValueError(
            "dictionary: no entry is of the languages asked for, source_language="
            f"{source!r} and target_language={target!r}; the file has "
            f"{_listed(others)}."
        )


def _turned(entry: Entry, source: str | None, target: str | None) -> Entry | None:
    """The entry in the direction that is asked for; None if it is not in it."""
    first, second = entry.source_language, entry.target_language
    if source in (None, first) and target in (None, second):
        return entry
    if source in (None, second) and target in (None, first):
        return Entry(entry.target, entry.source, second, first)
    if first is None or second is None:
        raise ValueError(
            "dictionary: it does not say which languages it is of. Leave "
            "source_language and target_language out; invert(...) turns the pairs "
            "round."
        )
    return None


def _direction(languages: Languages) -> str:
    name = "-".join(language or "?" for language in languages)
    return name if name.isprintable() else repr(name)


def _listed(directions: Counter[str]) -> str:
    names = [name for name, _ in directions.most_common(12)]
    return ", ".join(names) + (", ..." if len(directions) > len(names) else "")
