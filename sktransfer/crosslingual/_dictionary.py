"""Bilingual dictionaries: read, validated, and matched with two vocabularies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.tables import TableError, TextOptions, table_frames
from sktransfer.text.forms import normal_form, word_form, word_forms
from sktransfer.text.negation import NEGATED
from sktransfer.text.stems import stems
from sktransfer.text.writing import Writing, find_writing

_FORMS = (
    "Give a sequence of (source word, target word) pairs, a mapping from source word "
    "to target word or words, or the path of a CSV file with two columns."
)
# Names of columns, not words: a first line of a file is a header if it holds two
# codes or names of languages, or says what the columns are.
_HEADERS = frozenset(
    "source target src tgt word words translation translations ar bg bn ca cs da de el "
    "en es et fa fi fr he hi hr hu id it ja jp ko lt lv mk ms nl no pl pt ro ru sk sl "
    "sq sv ta th tl tr uk vi zh arabic chinese czech danish dutch english finnish "
    "french german greek hindi hungarian italian japanese korean polish portuguese "
    "russian spanish swedish turkish ukrainian".split()
)


class Links(NamedTuple):
    """Pairs of vocabulary indices, sorted, none twice; each of shape (n_pairs,)."""

    source: NDArray[np.intp]
    target: NDArray[np.intp]


def read_dictionary(
    dictionary: Any,
    *,
    delimiter: str | None = ",",
    encoding: str | None = None,
    quoting: bool | None = None,
) -> list[tuple[str, str]]:
    """Read a bilingual dictionary of any accepted form into pairs of words.

    Parameters
    ----------
    dictionary : path, mapping, DataFrame or sequence of (str, str)
        The path of a file with two columns, of any kind that
        :func:`~sktransfer.datasets.read_table` reads (of a file of text a header such
        as "en,de" is left out); a mapping from a source word to a target word or to
        several; or pairs of a source word and a target word.
    delimiter : str, default=","
        Character between the two words in a file of text. None: comma, semicolon,
        tabulator or "|", the one that makes two columns of the first line.
    encoding : str, default=None
        Encoding of a file of text. None: UTF-8, or what a byte order mark says.
    quoting : bool, default=None
        Whether quotation marks enclose words in a file of text. None: they do, with a
        warning if a word spans lines.

    Returns
    -------
    pairs : list of (str, str)
        The pairs in order, each once and without blanks around the words; pairs with
        an empty word are left out. Composed and decomposed letters, full and half width
        are one and the same, as in texts: entries of a word in several forms are
        entries of one word.

    Raises
    ------
    TypeError
        If `dictionary` is of another type.
    ValueError
        If an entry is no pair of str, or the file is no complete file of two columns.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> from sktransfer.crosslingual import read_dictionary
    >>> read_dictionary({"good": ["gut", "lieb"], "bad": "schlecht"})
    [('good', 'gut'), ('good', 'lieb'), ('bad', 'schlecht')]
    """
    if isinstance(dictionary, str | os.PathLike):
        options = TextOptions(delimiter, encoding, quoting, ("source", "target"))
        entries: Iterable[Any] = _read_file(Path(dictionary), options)
    elif isinstance(dictionary, Mapping):
        entries = _mapping_entries(dictionary)
    elif hasattr(dictionary, "to_numpy") or isinstance(dictionary, Iterable):
        table = dictionary.to_numpy() if hasattr(dictionary, "to_numpy") else dictionary
        entries = table
    else:
        raise TypeError(
            f"dictionary has the type {type(dictionary).__name__}. {_FORMS}"
        )
    pairs: dict[tuple[str, str], None] = {}
    for n, entry in enumerate(entries):
        if isinstance(entry, str) or not hasattr(entry, "__len__") or len(entry) != 2:
            raise ValueError(
                f"dictionary must hold pairs of words; got {entry!r:.200} at entry "
                f"{n}. {_FORMS}"
            )
        a, b = entry
        if not isinstance(a, str) or not isinstance(b, str):
            raise ValueError(
                f"dictionary must hold pairs of str; got {entry!r:.200} at entry {n}. "
                "Leave out missing entries and write numbers as str."
            )
        pair = _clean(a), _clean(b)
        if all(pair):
            pairs[pair] = None
    return list(pairs)


def _clean(word: str) -> str:
    return " ".join(normal_form(word).split())


def _mapping_entries(dictionary: Mapping[Any, Any]) -> Iterable[tuple[Any, Any]]:
    for word, translations in dictionary.items():
        if isinstance(translations, str):
            translations = [translations]
        elif not isinstance(translations, Iterable):
            raise ValueError(
                "dictionary as a mapping must map a word to a word or a list of words; "
                f"got {translations!r} for {word!r}."
            )
        for translation in translations:
            yield word, translation


def _read_file(path: Path, options: TextOptions) -> list[tuple[Any, Any]]:
    if not path.exists():
        raise FileNotFoundError(
            f"dictionary: there is no file {str(path)!r}. {_FORMS} A word list itself "
            "is no path."
        )
    rows: list[tuple[Any, Any]] = []
    try:
        for frame in table_frames(path, options=options):
            if len(frame) != 2:
                raise TableError(f"{path}: the columns are {', '.join(frame)}.")
            rows.extend(zip(*frame.values(), strict=True))
    except TableError as error:
        other = ""
        if options.delimiter == ",":
            other = " If another character separates the words, pass delimiter=None."
        raise ValueError(
            f"dictionary: {str(path)!r} is no CSV file of two columns, a word and its "
            f"translation in each row: {error}{other}"
        ) from error
    if rows and all(str(cell).strip().lower() in _HEADERS for cell in rows[0]):
        del rows[0]
    return rows


def link_vocabularies(
    pairs: Iterable[tuple[str, str]],
    source: Mapping[str, int],
    target: Mapping[str, int],
    *,
    inflections: bool = True,
) -> Links:
    """Match dictionary entries with the words of both vocabularies, by their forms."""
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
        found.update((i, j) for i in sources[form] for j in targets[form])
    table = np.array(sorted(found), dtype=np.intp).reshape(-1, 2)
    return Links(table[:, 0].copy(), table[:, 1].copy())


def _by_form(vocabulary: Mapping[str, int], writing: Writing) -> dict[str, list[int]]:
    forms: dict[str, list[int]] = {}
    for form, index in zip(word_forms(vocabulary, writing), vocabulary.values()):
        forms.setdefault(form, []).append(index)
    return forms
