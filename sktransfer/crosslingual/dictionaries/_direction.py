"""Entries of the two languages that are asked for, in that direction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from sktransfer.crosslingual.dictionaries._entries import Entries, Entry

_AHEAD = 1000  # entries that are looked at for the languages that an error names


def directed(
    entries: Entries,
    source: str | None,
    target: str | None,
    skipped: Counter[str],
) -> Iterator[tuple[str, str]]:
    """Pairs from one language to one other, turned round where they have to be."""
    languages: tuple[str | None, str | None] = None, None
    others: Counter[str] = Counter()
    found = False
    for entry in entries:
        turned = _turned(entry, source, target)
        if turned is None:
            skipped["another language"] += 1
            if len(others) < _AHEAD:
                others[_direction(entry)] += 1
            continue
        found, here = True, turned[2:]
        if any(a != b for a, b in zip(languages, here) if a and b):
            others = Counter([_direction(Entry("", "", *languages))])
            others.update(map(_direction, [turned, *islice(entries, _AHEAD)]))
            raise ValueError(
                f"dictionary: the file holds several languages ({_listed(others)}). "
                "Say which to read: read_dictionary(path, source_language=..., "
                "target_language=...)."
            )
        languages = languages[0] or here[0], languages[1] or here[1]
        yield turned.source, turned.target
    if others and not found:
        raise ValueError(
            f"dictionary: no entry is of the languages asked for, source_language="
            f"{source!r} and target_language={target!r}; the file has "
            f"{_listed(others)}."
        )


def _turned(entry: Entry, source: str | None, target: str | None) -> Entry | None:
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


def _direction(entry: Entry) -> str:
    return f"{entry.source_language or '?'}-{entry.target_language or '?'}"


def _listed(directions: Counter[str]) -> str:
    names = [name for name, _ in directions.most_common(12)]
    return ", ".join(names) + (", ..." if len(directions) > len(names) else "")
