"""Reviews in four languages and four categories, written by this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch, check_random_state

from sktransfer._core.domains import encode_domains
from sktransfer._core.parameters import check_value, integer, number
from sktransfer.datasets._arrays import named_generator
from sktransfer.datasets._frame import as_data_frame
from sktransfer.datasets._lexicon import CATEGORIES, LANGUAGES, seed_dictionary
from sktransfer.datasets._reviews import BLOCK, chinese_words, draw_reviews
from sktransfer.text import LongestMatchTokenizer, split_words

_DESCR = """\
Generated product reviews of several languages and categories.

Every word and sentence pattern was written for sktransfer; no review is taken from a
data set. Each review has a rating of 1 or 2 stars ("negative") or of 4 or 5 stars
("positive"). As in the public review sets, three-star reviews are left out.

The texts hold what makes real reviews hard: sentences of the other polarity,
negations and concessions, neutral sentences, sentiment words that one category alone
uses, mistyped words, numbers and product names that all languages share, and 3 % of
reviews whose stars contradict their text. The dictionary is incomplete, knows several
translations of many words, and has wrong ones.
"""


def make_bilingual_reviews(
    n_samples: int | Mapping[str, int] = 500,
    *,
    source: str | Sequence[str] = "en/books",
    target: str | Sequence[str] = "de/music",
    positive_share: float | Mapping[str, float] = 0.5,
    dictionary_coverage: float = 0.6,
    as_frame: bool = False,
    random_state: int | np.random.RandomState | None = 0,
) -> Bunch:
    """Generate labelled reviews of a source and of a target language.

    Real English, German, Spanish and Chinese words in four product categories whose
    vocabulary and sentiment words differ, with ratings and a seed dictionary. The
    rows of a domain depend on its name and on ``random_state`` alone, so that the
    first rows stay the same where more are asked for or other domains are added.

    Parameters
    ----------
    n_samples : int or mapping of str to int, default=500
        Number of reviews of each domain, or a number for each domain.
    source : str or sequence of str, default="en/books"
        Labelled domains ``language/category``, all of one language: "en", "de", "es"
        or "zh"; categories are "books", "music", "kitchen" and "electronics".
    target : str or sequence of str, default="de/music"
        Domains to be served, all of one language, which may be the source language.
    positive_share : float or mapping of str to float, default=0.5
        Share of positive reviews of each domain, strictly between 0 and 1. It is
        met to within two reviews by the first n rows of a domain, for every n.
    dictionary_coverage : float, default=0.6
        Share of the content words that the dictionary translates, in [0, 1].
        Everyday words are always known.
    as_frame : bool, default=False
        Also return the rows as a pandas DataFrame.
    random_state : int, RandomState instance or None, default=0
        Determines the reviews and the dictionary.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ndarray of object of shape (n_rows,)
            Texts, source domains first, in the order given.
        target : ndarray of object of shape (n_rows,)
            "negative" (1 or 2 stars) or "positive" (4 or 5 stars).
        rating : ndarray of int64 of shape (n_rows,)
            Stars. Three-star reviews do not occur.
        domain : ndarray of object of shape (n_rows,)
            Names of the domains, such as "en/books".
        sample_domain : ndarray of int64 of shape (n_rows,)
            The domains as signed integers, see :func:`sktransfer.encode_domains`.
        dictionary : list of (str, str)
            Pairs (source word, target word) in lower case; identical words where
            both sides are of one language.
        tokenizer : None, callable or dict
            None where words stand between spaces, one callable where both sides are
            Chinese, else ``{"source": callable, "target": callable}``.
        target_names : list of str
            ["negative", "positive"].
        frame : DataFrame
            Columns text, label, rating, domain, sample_domain; with ``as_frame``.
        DESCR : str
            Description of the data.

    Raises
    ------
    ValueError
        For unknown domains, several languages on one side, a domain on both sides,
        or sizes and shares out of range.

    See Also
    --------
    make_market_interactions : Interactions of several markets.
    load_cls10 : Public reviews in English, German and Japanese.

    Examples
    --------
    >>> from sktransfer.datasets import make_bilingual_reviews
    >>> reviews = make_bilingual_reviews(100, source="en/books", target="de/music")
    >>> len(reviews.data), sorted(set(reviews.target))
    (200, ['negative', 'positive'])
    >>> reviews.sample_domain[:3], reviews.sample_domain[-3:]
    (array([2, 2, 2]), array([-1, -1, -1]))
    """
    sources, source_language = _check_side("source", source)
    targets, target_language = _check_side("target", target)
    both = sorted(set(sources) & set(targets))
    if both:
        raise ValueError(
            f"A domain is either source or target; got {both} on both sides. Choose "
            "another category or language for one of them."
        )
    domains = sources + targets
    sizes = _per_domain("n_samples", n_samples, domains)
    shares = _per_domain("positive_share", positive_share, domains)
    for name, size in sizes.items():
        check_value(f"n_samples of {name!r}", size, integer(1))
    for name, share in shares.items():
        check_value(f"positive_share of {name!r}", share, number(above=0, below=1))
    check_value("dictionary_coverage", dictionary_coverage, number(0, 1))
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    parts = [_make_domain(d, int(sizes[d]), float(shares[d]), seed) for d in domains]
    texts, labels, ratings = (np.concatenate(p) for p in zip(*parts))
    names = np.repeat(np.array(domains, dtype=object), [int(sizes[d]) for d in domains])
    target_names = ["negative", "positive"]
    bunch = Bunch(
        data=texts,
        target=np.array(target_names, dtype=object)[labels],
        rating=ratings,
        domain=names,
        sample_domain=encode_domains(names, target=targets),
        dictionary=seed_dictionary(
            source_language,
            target_language,
            float(dictionary_coverage),
            named_generator(seed, f"{source_language}-{target_language}", 0),
        ),
        tokenizer=_tokenizers(source_language, target_language),
        target_names=target_names,
        DESCR=_DESCR,
    )
    if as_frame:
        bunch.frame = as_data_frame(
            {
                "text": bunch.data,
                "label": bunch.target,
                "rating": bunch.rating,
                "domain": bunch.domain,
                "sample_domain": bunch.sample_domain,
            }
        )
    return bunch


def _make_domain(
    domain: str, n: int, share: float, seed: int
) -> tuple[NDArray[np.object_], NDArray[np.int64], NDArray[np.int64]]:
    language, category = domain.split("/")
    texts, labels, ratings = [], [], []
    for block in range(-(-n // BLOCK)):
        rng = named_generator(seed, domain, block)
        # Evenly spread positives, shuffled among four neighbours.
        position = block * BLOCK + np.arange(BLOCK + 1)
        label = np.diff(np.floor(position * share + 0.5).astype(np.int64))
        label = rng.permuted(label.reshape(-1, 4), axis=1).ravel()
        text, rating = draw_reviews(language, category, label, rng)
        texts.append(text)
        labels.append(label)
        ratings.append(rating)
    return (
        np.concatenate(texts)[:n],
        np.concatenate(labels)[:n],
        np.concatenate(ratings)[:n],
    )


def _check_side(side: str, domains: Any) -> tuple[list[str], str]:
    listed = [domains] if isinstance(domains, str) else list(domains)
    if not listed:
        raise ValueError(f"{side} must name at least one domain; got none.")
    for domain in listed:
        language, _, category = str(domain).partition("/")
        if language not in LANGUAGES or category not in CATEGORIES:
            raise ValueError(
                f"{side} must be 'language/category' with a language of {LANGUAGES} "
                f"and a category of {CATEGORIES}; got {domain!r}."
            )
    if len(set(listed)) < len(listed):
        raise ValueError(f"{side} names a domain twice: {listed}.")
    languages = sorted({d.partition("/")[0] for d in listed})
    if len(languages) > 1:
        raise ValueError(
            f"All domains of {side} must be of one language; got {languages}. Make "
            "one set of reviews for each pair of languages."
        )
    return listed, languages[0]


def _per_domain(name: str, value: Any, domains: list[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return dict.fromkeys(domains, value)
    if set(value) != set(domains):
        raise ValueError(
            f"{name} as a mapping must have one entry for each of {domains}; got "
            f"entries for {sorted(map(str, value))}."
        )
    return dict(value)


def _tokenizers(source: str, target: str) -> Any:
    if "zh" not in (source, target):
        return None
    chinese = LongestMatchTokenizer(chinese_words())
    if source == target:
        return chinese
    return {
        "source": chinese if source == "zh" else split_words,
        "target": chinese if target == "zh" else split_words,
    }
