"""Laws of the generated reviews."""

import hashlib
import os
import pickle
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer.datasets import make_bilingual_reviews
from sktransfer.text import split_words

LANGUAGES = ("en", "de", "es", "zh")
CATEGORIES = ("books", "music", "kitchen", "electronics")
DIGEST = """
import hashlib
from sktransfer.datasets import make_bilingual_reviews
b = make_bilingual_reviews(40, source="en/books", target="zh/music", random_state=7)
text = repr((list(b.data), list(b.target), b.rating.tolist(), b.dictionary))
print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_defaults_are_english_books_to_german_music():
    b = make_bilingual_reviews(20)
    assert_array_equal(b.domain, ["en/books"] * 20 + ["de/music"] * 20)
    assert_array_equal(b.sample_domain, [2] * 20 + [-1] * 20)
    assert b.sample_domain.dtype == np.int64
    assert b.data.dtype == object
    assert all(type(t) is str and len(t) > 10 for t in b.data)
    assert b.tokenizer is None
    assert b.target_names == ["negative", "positive"]


def test_labels_follow_the_rating():
    b = make_bilingual_reviews(
        300, source=["en/books", "en/music"], target="es/kitchen"
    )
    assert set(b.rating) == {1, 2, 4, 5}
    assert_array_equal(b.target == "positive", b.rating >= 4)
    assert_array_equal(b.target == "negative", b.rating <= 2)


@pytest.mark.parametrize("seed", ["0", "4242"])
@pytest.mark.slow
def test_same_in_every_process_whatever_the_hash_seed(seed):
    env = {**os.environ, "PYTHONHASHSEED": seed}
    out = subprocess.run(
        [sys.executable, "-c", DIGEST], env=env, capture_output=True, check=True
    ).stdout
    b = make_bilingual_reviews(40, source="en/books", target="zh/music", random_state=7)
    text = repr((list(b.data), list(b.target), b.rating.tolist(), b.dictionary))
    assert out.decode().strip() == hashlib.sha256(text.encode()).hexdigest()


def test_first_rows_do_not_depend_on_size_or_other_domains():
    small = make_bilingual_reviews(30)
    large = make_bilingual_reviews(
        {"en/books": 600, "en/music": 5, "de/music": 30},
        source=["en/books", "en/music"],
    )
    assert_array_equal(small.data[:30], large.data[:30])
    assert_array_equal(small.rating[:30], large.rating[:30])
    assert_array_equal(small.data[30:], large.data[605:])
    assert small.dictionary == large.dictionary


def test_other_seeds_give_other_reviews_and_dictionaries():
    a, b = (make_bilingual_reviews(20, random_state=s) for s in (0, 1))
    assert not set(a.data) & set(b.data)
    assert a.dictionary != b.dictionary
    again = make_bilingual_reviews(20, random_state=np.random.RandomState(0))
    assert_array_equal(again.data, a.data)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.8])
def test_share_of_positives_holds_for_every_prefix(share):
    b = make_bilingual_reviews(700, positive_share={"en/books": share, "de/music": 0.5})
    positives = np.cumsum(b.target[:700] == "positive")
    assert np.abs(positives - share * np.arange(1, 701)).max() <= 2.5


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("category", CATEGORIES)
def test_every_domain_can_be_source_and_target(language, category):
    other = "books" if category != "books" else "music"
    domain = f"{language}/{category}"
    for source, target in ((domain, f"en/{other}"), (f"en/{other}", domain)):
        b = make_bilingual_reviews(3, source=source, target=target)
        assert len(b.data) == 6
        assert b.dictionary
        assert not any("{" in t for t in b.data)


def test_categories_differ_in_vocabulary_and_sentiment_words():
    words = {}
    for c in CATEGORIES:
        target = "de/music" if c != "music" else "de/books"
        b = make_bilingual_reviews(300, source=f"en/{c}", target=target)
        words[c] = {w for t in b.data[:300] for w in split_words(t)}
    assert "gripping" in words["books"] - words["kitchen"]
    assert "sharp" in words["kitchen"] - words["books"]
    assert "distorted" in words["music"] - words["electronics"]
    for a in CATEGORIES:
        for b in CATEGORIES:
            if a < b:
                overlap = len(words[a] & words[b]) / len(words[a] | words[b])
                assert 0.2 < overlap < 0.75


def test_frequencies_fall_and_lengths_vary():
    b = make_bilingual_reviews(400)
    lengths = [len(split_words(t)) for t in b.data]
    assert np.std(lengths) > 0.4 * np.mean(lengths)
    _, counts = np.unique(
        [w for t in b.data[:400] for w in split_words(t)], return_counts=True
    )
    counts = np.sort(counts)[::-1]
    assert counts[:50].sum() > 0.5 * counts.sum()
    assert (counts == 1).sum() > 0.15 * len(counts)


def words_of_dictionary(**settings):
    return {s for s, _ in make_bilingual_reviews(2, **settings).dictionary}


@pytest.mark.parametrize("coverage", [0.0, 0.3, 0.6, 1.0])
def test_dictionary_covers_the_share_of_words_asked_for(coverage):
    everyday = words_of_dictionary(dictionary_coverage=0.0)
    words = words_of_dictionary(dictionary_coverage=1.0) - everyday
    assert len(words) > 400
    known = words_of_dictionary(dictionary_coverage=coverage)
    assert everyday <= known
    # concepts are covered, of one word or of several
    assert abs(len(known & words) / len(words) - coverage) < 0.05


def test_dictionary_is_incomplete_ambiguous_and_partly_wrong():
    pairs = make_bilingual_reviews(2).dictionary
    assert len(set(pairs)) == len(pairs)
    assert all(s == s.lower() and t == t.lower() for s, t in pairs)
    assert all(" " not in s + t for s, t in pairs)
    sources = [s for s, _ in pairs]
    assert max(sources.count(s) for s in set(sources)) >= 4
    assert ("flat", "wohnung") in pairs  # a wrong sense
    whole = make_bilingual_reviews(2, dictionary_coverage=1.0).dictionary
    assert 0.3 < len(set(pairs) & set(whole)) / len(whole) < 0.7
    forms = forms_of("dunk", "de") & {t for _, t in pairs}
    assert 0 < len(forms) < 4


def test_dictionary_of_one_language_is_identity():
    b = make_bilingual_reviews(2, target="en/music")
    assert b.dictionary
    assert all(s == t for s, t in b.dictionary)


def test_dictionaries_of_both_directions_know_the_same_everyday_words():
    forth = set(make_bilingual_reviews(2, dictionary_coverage=1.0).dictionary)
    back = make_bilingual_reviews(
        2, source="de/music", target="en/books", dictionary_coverage=1.0
    ).dictionary
    for pair in (("book", "buch"), ("good", "gut"), ("not", "nicht")):
        assert pair in forth
        assert pair[::-1] in back


def test_tokenizers_by_language_pair():
    chinese = make_bilingual_reviews(2, source="zh/books", target="zh/music").tokenizer
    both = make_bilingual_reviews(2, source="en/books", target="zh/music").tokenizer
    assert both == {"source": split_words, "target": chinese}
    turned = make_bilingual_reviews(2, source="zh/books", target="de/music").tokenizer
    assert turned == {"source": chinese, "target": split_words}
    assert pickle.loads(pickle.dumps(chinese)) == chinese


def test_tokens_of_a_chinese_review_give_its_text_back():
    b = make_bilingual_reviews(200, target="zh/kitchen")
    tokenize = b.tokenizer["target"]
    n = unknown = 0
    for text in b.data[200:]:
        tokens = tokenize(text)
        assert "".join(tokens) == "".join(c for c in text.lower() if c.isalnum())
        chinese = [t for t in tokens if "\u3400" <= t[0] <= "\u9fff"]
        n += len(chinese)
        unknown += sum(t not in tokenize.words for t in chinese)
    assert n > 4000
    assert unknown < 0.01 * n  # mistyped words alone


@cache
def translations(language):
    """Words that the dictionaries of some seeds hold, each of them some forms."""
    sides = {"target": f"{language}/music", "dictionary_coverage": 1.0}
    seeds = [make_bilingual_reviews(2, random_state=s, **sides) for s in range(15)]
    return {t for b in seeds for _, t in b.dictionary}


def forms_of(stem, language):
    return {t for t in translations(language) if t.startswith(stem)}


@pytest.mark.parametrize(
    ("language", "stem", "endings"),
    [
        ("es", "buen", ["o", "a", "os", "as"]),
        ("es", "velo", ["z", "ces"]),
        ("es", "encantador", ["", "a", "es", "as"]),
        ("es", "llor", ["ón", "ona", "ónes", "onas"]),
        ("de", "öd", ["e", "er", "es"]),
        ("de", "dunk", ["el", "ler", "le", "les"]),
        ("de", "gut", ["", "er", "e", "es"]),
        ("de", "super", [""]),
    ],
)
def test_adjectives_agree(language, stem, endings):
    assert forms_of(stem, language) == {stem + ending for ending in endings}


def test_german_nouns_agree():
    text = " ".join(make_bilingual_reviews(400).data[400:])
    assert "eine gute Platte" in text or "eine gute Single" in text
    assert "ein gutes Album" in text


def test_articles_in_english():
    text = " ".join(make_bilingual_reviews(600).data[:600])
    assert " an excellent " in text
    assert " a excellent " not in text
    assert " a unbeatable " not in text
    assert " an useless " not in text


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_all_languages_know_the_same_words(language):
    sides = {"source": "en/books", "target": f"{language}/music"}
    pairs = make_bilingual_reviews(2, dictionary_coverage=1.0, **sides).dictionary
    known, german = {s for s, _ in pairs}, words_of_dictionary(dictionary_coverage=1.0)
    assert len(known & german) > 0.9 * len(known | german)  # single words alone
    assert all(t for _, t in pairs)
    if language == "zh":
        assert not [t for _, t in pairs if any("a" <= c.lower() <= "z" for c in t)]


def test_difficulty_resembles_public_reviews():
    """Source only near chance, translation better, target labels best, none perfect."""
    b = make_bilingual_reviews(1200)
    source, n = b.sample_domain > 0, 600
    Xs, ys = b.data[source], b.target[source]
    Xt, yt = b.data[~source], b.target[~source]

    def score(X, y, X_test=Xt[n:]):
        model = make_pipeline(
            TfidfVectorizer(tokenizer=split_words, token_pattern=None, min_df=2),
            LogisticRegression(C=4),
        )
        return model.fit(X, y).score(X_test, yt[n:])

    translations = dict(b.dictionary[::-1])
    back = {t: s for s, t in translations.items()}
    translated = [
        " ".join(back.get(w, w) for w in split_words(text)) for text in Xt[n:]
    ]
    source_only = score(Xs, ys)
    by_dictionary = score(Xs, ys, translated)
    supervised = score(Xt[:n], yt[:n])
    assert 0.42 < source_only < 0.62
    assert 0.58 < by_dictionary < 0.80
    assert 0.83 < supervised < 0.96


def test_frame():
    pandas = pytest.importorskip("pandas")
    b = make_bilingual_reviews(5, as_frame=True)
    assert isinstance(b.frame, pandas.DataFrame)
    assert list(b.frame) == ["text", "label", "rating", "domain", "sample_domain"]
    assert_array_equal(b.frame["text"], b.data)
    assert "frame" not in make_bilingual_reviews(5)


def test_frame_without_pandas_names_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'sktransfer\[frame\]'"):
        make_bilingual_reviews(5, as_frame=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": "fr/books"}, "must be 'language/category'"),
        ({"source": "books"}, "must be 'language/category'"),
        ({"source": ["en/books", "de/books"]}, "one language"),
        ({"source": "de/music"}, "both sides"),
        ({"target": []}, "at least one"),
        ({"source": ["en/books", "en/books"]}, "twice"),
        ({"n_samples": 0}, "integer of at least 1"),
        ({"n_samples": 2.5}, "integer of at least 1"),
        ({"n_samples": True}, "integer of at least 1"),
        ({"n_samples": {"en/books": 3}}, "one entry for each"),
        ({"positive_share": 1.0}, "above 0 and below 1"),
        ({"positive_share": "half"}, "above 0 and below 1"),
        ({"dictionary_coverage": 1.1}, "of at least 0 and at most 1"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_bilingual_reviews(**arguments)
