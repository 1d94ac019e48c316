"""Bilingual dictionaries of any form, read into pairs of words."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from sktransfer._core.parameters import check_value, one_of
from sktransfer._core.tables import TableError, TextOptions, is_pipe
from sktransfer.crosslingual.dictionaries._direction import directed
from sktransfer.crosslingual.dictionaries._formats import (
    FORMATS,
    file_entries,
    find_format,
)
from sktransfer.crosslingual.dictionaries._languages import language_code
from sktransfer.text.forms import normal_form

_FORMS = (
    "Give a sequence of (source word, target word) pairs, a mapping from source word "
    "to target word or words, or the path of a file of a dictionary."
)


class Dictionary(list[tuple[str, str]]):
    """Pairs of a source word and a target word: a list, and what is known of it.

    Returned by :func:`read_dictionary`, :func:`compose_dictionaries` and
    :func:`invert`. It is equal to a list of the same pairs, and what is made of it by
    slices and sums is a list.

    Parameters
    ----------
    pairs : iterable of (str, str), default=()
        The pairs.
    weights : array-like of shape (n_pairs,), default=None
        How likely each translation is. None: it is not known.
    skipped : mapping of str to int, default=None
        How many entries, glosses or pairs were left out, by the reason.

    Attributes
    ----------
    weights : ndarray of float of shape (n_pairs,) or None
        Weights of the pairs.
    skipped : dict of str to int
        What was left out.

    See Also
    --------
    read_dictionary : Reads it from a file.

    Examples
    --------
    >>> from sktransfer.crosslingual import read_dictionary
    >>> dictionary = read_dictionary([("good", "gut"), ("good", " gut"), ("", "leer")])
    >>> dictionary
    [('good', 'gut')]
    >>> dictionary.skipped
    {'repeated': 1, 'empty': 1}
    """

    def __init__(
        self,
        pairs: Iterable[tuple[str, str]] = (),
        *,
        weights: Any = None,
        skipped: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(pairs)
        self.weights: NDArray[np.float64] | None = None
        if weights is not None:
            self.weights = np.asarray(weights, dtype=float)
            if self.weights.shape != (len(self),):
                raise ValueError(
                    f"weights must be one number a pair, {len(self)} in all; got the "
                    f"shape {self.weights.shape}."
                )
            if not np.all((self.weights > 0) & np.isfinite(self.weights)):
                raise ValueError("weights must be finite numbers above 0.")
        self.skipped = {k: n for k, n in (skipped or {}).items() if n}


def read_dictionary(
    dictionary: Any,
    *,
    format: str | None = None,
    source_language: str | None = None,
    target_language: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    quoting: bool | None = None,
) -> Dictionary:
    """Read a bilingual dictionary of any accepted form into pairs of words.

    Parameters
    ----------
    dictionary : path, mapping, DataFrame or sequence of (str, str)
        The path of a file in one of the formats below, compressed or not; a mapping
        from a source word to a target word or to several; or pairs of a source word
        and a target word.
    format : str, default=None
        Format of the file. None: found by its name and its first lines; a pipe, which
        can be read once, is a table.

        - "table": two columns, in any kind of file that
          :func:`~sktransfer.datasets.read_table` reads. Of a file of text a header
          such as "en,de" is left out.
        - "muse": a word, a blank or a tabulator, and its translation in each line.
        - "hunalign": "translation @ word" in each line, the translation first.
        - "tei": XML of the Text Encoding Initiative, as FreeDict publishes it.
        - "cedict": CC-CEDICT, lines of
          "traditional simplified [pinyin] /gloss/gloss/". Both ways to write a word
          are entries.
        - "jmdict": XML of JMdict. A word is read as it is written in kanji, and in
          kana where it has no kanji or is usually written so.
        - "wiktextract": JSON lines of Wiktionary, as kaikki.org publishes them: the
          translations of words and, of the English edition, the glosses of words of
          other languages.
    source_language, target_language : str, default=None
        Languages to read, by code or English name ("de", "deu", "German"); entries of
        the other direction are turned round. For files that say which languages they
        hold, also by a header or name such as ``en-de.txt``. None: the direction of the
        file, which must be one. The glosses of "cedict" are English unless one of the
        languages is another.
    delimiter : str, default=None
        Character between the two words in a table of text. None: comma, semicolon,
        tabulator or "|", whichever makes two columns.
    encoding : str, default=None
        Encoding of a file of text. None: UTF-8, or what a byte order mark or an XML
        declaration says.
    quoting : bool, default=None
        Whether quotation marks enclose words in a table of text. None: they do, with a
        warning if a word spans lines.

    Returns
    -------
    pairs : Dictionary
        A list of (source word, target word) in order, each once and without blanks
        around the words. ``pairs.skipped`` counts what was left out, by the reason.
        Composed and decomposed letters, full and half width are one and the same, as in
        texts: entries of a word in several forms are entries of one word.

    Raises
    ------
    TypeError
        If `dictionary` or a language is of another type.
    ValueError
        If an entry is no pair of str, pairs are given with options of files, the file
        is not of the format (the message names the line), or its languages are several
        and none is chosen.
    FileNotFoundError
        If there is no such file.

    See Also
    --------
    compose_dictionaries : Go from one language to another by a third.
    invert : Turn the pairs round.

    Notes
    -----
    Glosses ("tei", "cedict", "jmdict", "wiktextract") are written for readers. These
    rules make words of them; the rest is counted in ``skipped``:

    - Remarks in brackets are left out: "(archaic) merry" is "merry" ("unbalanced
      brackets" where they do not close).
    - Commas and semicolons separate words: "merry, glad; gay" are three.
    - English infinitives lose their "to", with which JMdict [1]_ and CC-CEDICT [2]_
      write verbs; "sb" and "sth", "jdn" and "etw" and the like are left out.
    - Phrases of more than four words, with a gap ("as ... as") or marked as such in
      JMdict are no translation: "explanation".
    - Affixes ("-ness") are a "part of a word".
    - Glosses that name another word are a "cross-reference": those of CC-CEDICT with
      Chinese characters or pinyin, those of Wiktionary that say of which word this is
      a form.

    Entities that a file of XML declares are read as their text; those that hold others
    are refused, and no other file is opened. Files are read entry by entry.

    References
    ----------
    .. [1] J. Breen, "JMdict: a Japanese-multilingual dictionary", COLING Workshop on
       Multilingual Linguistic Resources, 2004.
    .. [2] CC-CEDICT, "Format: syntax", https://cc-cedict.org/wiki/format:syntax

    Examples
    --------
    >>> from sktransfer.crosslingual import read_dictionary
    >>> read_dictionary({"good": ["gut", "lieb"], "bad": "schlecht"})
    [('good', 'gut'), ('good', 'lieb'), ('bad', 'schlecht')]
    """
    for language in (source_language, target_language):
        if not isinstance(language, str | None):
            raise TypeError(
                "source_language and target_language must be a code or an English name "
                f"of a language, such as 'de' or 'German', or None; got {language!r}."
            )
    skipped: Counter[str] = Counter()
    entries: Iterable[Any]
    languages = language_code(source_language), language_code(target_language)
    of_files = {
        "format": format,
        "source_language": source_language,
        "target_language": target_language,
        "delimiter": delimiter,
        "encoding": encoding,
        "quoting": quoting,
    }
    if isinstance(dictionary, str | os.PathLike):
        options = TextOptions(delimiter, encoding, quoting, ("source", "target"))
        entries = _file_pairs(Path(dictionary), format, options, languages, skipped)
    elif given := [name for name, value in of_files.items() if value is not None]:
        raise ValueError(
            f"{' and '.join(given)} tell how a file is read; got a dictionary of type "
            f"{type(dictionary).__name__}. Leave them out; invert(...) turns pairs "
            "round."
        )
    else:
        entries = _given_pairs(dictionary)
    places = _distinct_pairs(entries, skipped)
    weights = None
    if isinstance(dictionary, Dictionary):
        skipped.update(dictionary.skipped)
        weights = dictionary.weights
    if weights is not None:
        if len(weights) != len(dictionary):
            raise ValueError(
                f"dictionary has {len(dictionary)} pairs and {len(weights)} weights, "
                "as it was changed. Change list(dictionary), which has no weights."
            )
        weights = weights[list(places.values())]
    return Dictionary(places, weights=weights, skipped=skipped)


def _distinct_pairs(
    entries: Iterable[Any], skipped: Counter[str]
) -> dict[tuple[str, str], int]:
    """Pairs of words in normal form, with the number of the entry of each."""
    pairs: dict[tuple[str, str], int] = {}
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
                "Leave out missing entries and write numbers as str. Words such as "
                "'nan' and 'null' are missing values for pandas: give the path of the "
                "file, or read it with keep_default_na=False."
            )
        pair = _clean(a), _clean(b)
        if not all(pair):
            skipped["empty"] += 1
        elif pair in pairs:
            skipped["repeated"] += 1
        else:
            pairs[pair] = n
    return pairs


def _given_pairs(dictionary: Any) -> Iterable[Any]:
    """Entries of what is no file."""
    if isinstance(dictionary, Mapping):
        return _mapping_entries(dictionary)
    if hasattr(dictionary, "to_numpy"):
        return dictionary.to_numpy()
    if isinstance(dictionary, Iterable):
        return dictionary
    frame = nw.from_native(dictionary, pass_through=True)  # pyarrow's tables
    if isinstance(frame, nw.DataFrame):
        return frame.rows()
    raise TypeError(f"dictionary has the type {type(dictionary).__name__}. {_FORMS}")


def _clean(word: str) -> str:
    return " ".join(normal_form(word).split())


def _mapping_entries(dictionary: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
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


def _file_pairs(
    path: Path,
    format: str | None,
    options: TextOptions,
    languages: tuple[str | None, str | None],
    skipped: Counter[str],
) -> Iterator[tuple[Any, Any]]:
    if not path.exists():
        raise FileNotFoundError(
            f"dictionary: there is no file {str(path)!r}. {_FORMS} A word list itself "
            "is no path."
        )
    if format is not None:
        check_value("format", format, one_of(*FORMATS))
    try:
        if is_pipe(path):  # which can be read once
            format = format or "table"
        elif format in (None, "table"):  # how a table is written is found as well
            found, options = find_format(path, options)
            format = format or found
        entries = file_entries(path, format, options, languages, skipped)
        yield from directed(entries, *languages, skipped)
    except TableError as error:
        if format not in (None, "table"):
            raise ValueError(f"dictionary: {error}") from error
        raise ValueError(
            f"dictionary: {str(path)!r} is no CSV file of two columns, a word and its "
            f"translation in each row: {error}"
        ) from error
