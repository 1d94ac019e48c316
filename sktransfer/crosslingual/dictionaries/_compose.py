"""Dictionaries that are made of others: by a third language, and turned round."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Any

from sktransfer._core.parameters import check_value, integer
from sktransfer.crosslingual.dictionaries._read import Dictionary, read_dictionary
from sktransfer.text.forms import word_form
from sktransfer.text.writing import Writing, find_writing

Shares = dict[str, dict[str, float]]


def compose_dictionaries(
    first: Any, second: Any, *, max_translations: int | None = 10
) -> Dictionary:
    r"""Dictionary from one language to another by a third that both know.

    A German-English and an English-French dictionary give a German-French one. The
    weight of a pair is the probability to come from the word :math:`d` to the
    translation :math:`f` by way of the words :math:`e` between them [1]_,

    .. math:: p(f \mid d) = \sum_e p(e \mid d) \, p(f \mid e),

    where the translations of a word that a dictionary lists are equally likely, or as
    likely as the weights of a composed one say. Translations that several ways lead to
    come before those of one meaning of one word between.

    Parameters
    ----------
    first, second : Dictionary, path, mapping, DataFrame or sequence of (str, str)
        Dictionaries in any form that :func:`read_dictionary` takes. The second column
        of `first` and the first of `second` are of one language. Words between are the
        same if they are written the same; those without such a word, if they are but
        for upper case, or traditional and simplified Chinese.
    max_translations : int, default=10
        Most translations of a word, those of largest weight. None: all.

    Returns
    -------
    pairs : Dictionary
        Words in the order of `first`, each with its translations by weight, the largest
        first; equal ones in the order in which the dictionaries lead to them.
        ``pairs.weights`` has the weights, of which those of a word sum to 1 where all
        is kept and each word between has a translation. ``pairs.skipped`` counts pairs
        of `first` that lead nowhere and translations beyond the most.

    Raises
    ------
    TypeError
        If a dictionary is of another type.
    ValueError
        If a dictionary is none, or `max_translations` is less than 1.
    FileNotFoundError
        If there is no such file.

    See Also
    --------
    invert : Turn a dictionary round first, where both are from the same language.

    References
    ----------
    .. [1] H. Wu, H. Wang, "Pivot language approach for phrase-based statistical machine
       translation", ACL 2007.

    Examples
    --------
    >>> from sktransfer.crosslingual import compose_dictionaries
    >>> german = {"Bank": ["bank", "bench"], "Ufer": "bank"}
    >>> french = {"bank": ["banque", "rive"], "bench": "banc"}
    >>> composed = compose_dictionaries(german, french)
    >>> composed[:3]
    [('Bank', 'banc'), ('Bank', 'banque'), ('Bank', 'rive')]
    >>> composed.weights.tolist()
    [0.5, 0.25, 0.25, 0.5, 0.5]
    """
    if max_translations is not None:
        check_value("max_translations", max_translations, integer(1))
    between, onward = _shares(first), _shares(second)
    writing = find_writing([*chain.from_iterable(between.values()), *onward])
    by_form = _by_form(onward, writing)
    skipped: Counter[str] = Counter()
    pairs, weights = [], []
    for word, pivots in between.items():
        found: dict[str, float] = {}
        for pivot, share in pivots.items():
            translations = onward.get(pivot) or by_form.get(
                word_form(pivot, writing), {}
            )
            skipped["without a translation"] += not translations
            for translation, weight in translations.items():
                found[translation] = found.get(translation, 0.0) + share * weight
        # sums of the same numbers in another order differ in their last digits
        best = sorted(found, key=lambda translation: -round(found[translation], 12))
        kept = best[:max_translations]
        skipped["beyond max_translations"] += len(best) - len(kept)
        pairs += [(word, translation) for translation in kept]
        weights += [found[translation] for translation in kept]
    return Dictionary(pairs, weights=weights, skipped=skipped)


def invert(dictionary: Any) -> Dictionary:
    """Turn a dictionary round: from the language of its translations to the other.

    Parameters
    ----------
    dictionary : Dictionary, path, mapping, DataFrame or sequence of (str, str)
        A dictionary in any form that :func:`read_dictionary` takes.

    Returns
    -------
    pairs : Dictionary
        The pairs in the same order, the words of each exchanged, with the same weights.

    Raises
    ------
    TypeError
        If `dictionary` is of another type.
    ValueError
        If it is no dictionary.
    FileNotFoundError
        If there is no such file.

    See Also
    --------
    compose_dictionaries : Go on to a third language.

    Examples
    --------
    >>> from sktransfer.crosslingual import invert
    >>> invert({"good": ["gut", "lieb"]})
    [('gut', 'good'), ('lieb', 'good')]
    """
    pairs = read_dictionary(dictionary)
    return Dictionary(
        ((b, a) for a, b in pairs), weights=pairs.weights, skipped=pairs.skipped
    )


def _shares(dictionary: Any) -> Shares:
    """How likely each translation of a word is, in the order of the dictionary."""
    pairs = read_dictionary(dictionary)
    weights = [1.0] * len(pairs) if pairs.weights is None else pairs.weights.tolist()
    shares: Shares = {}
    for (word, translation), weight in zip(pairs, weights):
        shares.setdefault(word, {})[translation] = weight
    return {word: _normalized(found) for word, found in shares.items()}


def _by_form(shares: Shares, writing: Writing) -> Shares:
    """Translations of all words that are one but for case and ways to write."""
    forms: Shares = {}
    for word, found in shares.items():
        form = forms.setdefault(word_form(word, writing), {})
        for translation, share in found.items():
            form[translation] = form.get(translation, 0.0) + share
    return {form: _normalized(found) for form, found in forms.items()}


def _normalized(weights: dict[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {word: weight / total for word, weight in weights.items()}
