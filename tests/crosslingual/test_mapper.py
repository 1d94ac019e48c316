import csv
import gzip
import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sktransfer.crosslingual import (
    AlignedEmbeddings,
    CrossLingualMapper,
    DictionaryTranslation,
    DistributionalCorrespondence,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.transfer import TransferClassifier

SPACES = [
    DistributionalCorrespondence(),
    DistributionalCorrespondence(40, correspondence="pmi", backoff=None, unify=False),
    DictionaryTranslation(),
]


N = 190  # texts of a side: of fewer than 200, no pairs are learned


def dense(Z):
    return Z.toarray() if sparse.issparse(Z) else Z


@pytest.fixture(scope="module")
def reviews():
    return make_bilingual_reviews(N, source="en/books", target="de/music")


@pytest.fixture(scope="module")
def fitted(reviews):
    mapper = CrossLingualMapper(reviews.dictionary)
    return mapper.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)


def test_transfers_to_another_language():
    reviews = make_bilingual_reviews(2 * N, source="en/books", target="de/music")
    X, y, d = reviews.data, reviews.target, reviews.sample_domain
    held_out = np.flatnonzero(d < 0)[N:]
    fit = np.setdiff1d(np.arange(len(X)), held_out)
    score = {}
    for space in (DistributionalCorrespondence(), DictionaryTranslation()):
        mapper = CrossLingualMapper(reviews.dictionary, word_space=space)
        model = TransferClassifier(mapper=mapper)
        model.fit(X[fit], y[fit], sample_domain=d[fit])
        score[type(space)] = model.score(X[held_out], y[held_out])
    assert score[DictionaryTranslation] > 0.65
    assert score[DistributionalCorrespondence] > 0.75


def test_a_language_without_blanks():
    reviews = make_bilingual_reviews(N, source="en/books", target="zh/books")
    mapper = CrossLingualMapper(reviews.dictionary, tokenizer=reviews.tokenizer)
    d = reviews.sample_domain
    Z = mapper.fit_transform(reviews.data, reviews.target, sample_domain=d)
    model = LogisticRegression().fit(Z[d > 0], reviews.target[d > 0])
    assert model.score(Z[d < 0], reviews.target[d < 0]) > 0.75


@pytest.mark.parametrize("space", SPACES)
def test_same_language_and_identity_dictionary_treat_both_sides_alike(reviews, space):
    texts = list(reviews.data[:N])
    words = {w for t in texts for w in t.lower().split()}
    mapper = CrossLingualMapper([(w, w) for w in words], word_space=space)
    d = np.repeat([1, -1], N)
    y = np.concatenate([reviews.target[:N], reviews.target[:N]])
    Z = dense(mapper.fit_transform(texts + texts, y, sample_domain=d))
    assert_allclose(Z[d > 0], Z[d < 0], atol=1e-5)
    assert_array_equal(mapper.source_vocabulary_, mapper.target_vocabulary_)
    assert_allclose(
        dense(mapper.source_vectors_), dense(mapper.target_vectors_), atol=1e-5
    )


@pytest.mark.parametrize("space", SPACES)
def test_order_of_rows_does_not_matter(reviews, space, rng):
    order = rng.permutation(len(reviews.data))
    X, y, d = reviews.data, reviews.target, reviews.sample_domain
    mapper = CrossLingualMapper(reviews.dictionary, word_space=space)
    Z = dense(mapper.fit_transform(X, y, sample_domain=d))
    shuffled = dense(mapper.fit_transform(X[order], y[order], sample_domain=d[order]))
    assert_allclose(shuffled, Z[order], atol=2e-4)


@pytest.mark.parametrize("space", SPACES)
def test_several_domains_of_a_side(space):
    reviews = make_bilingual_reviews(
        80, source=["en/books", "en/kitchen"], target=["de/music", "de/electronics"]
    )
    d = reviews.sample_domain
    mapper = CrossLingualMapper(reviews.dictionary, word_space=space)
    Z = dense(mapper.fit_transform(reviews.data, reviews.target, sample_domain=d))
    assert_allclose(dense(mapper.transform(reviews.data, sample_domain=d)), Z)
    if space.standardize_documents:
        for domain in np.unique(d):
            assert_allclose(Z[d == domain].mean(axis=0), 0, atol=1e-4)
        assert_allclose(dense(mapper.transform(reviews.data[d < 0])).mean(0), 0, atol=1)


def test_new_domains_are_standardized_as_their_side(fitted, reviews):
    text = reviews.data[-3:]
    assert_array_equal(fitted.transform(text, [-7, -8, -9]), fitted.transform(text))


def test_statistics_of_the_labelled_source_rows(reviews):
    X, d = reviews.data, reviews.sample_domain
    y = reviews.target.copy()
    y[100:N] = None
    Z = CrossLingualMapper(reviews.dictionary).fit_transform(X, y, sample_domain=d)
    assert_allclose(Z[:100].mean(axis=0), 0, atol=1e-4)
    assert abs(Z[:N].mean(axis=0)).max() > 1e-3


def test_scale_of_the_rows(fitted, reviews):
    Z = fitted.transform(reviews.data[N:])
    assert Z.dtype == np.float32
    assert_allclose(Z.mean(axis=0), 0, atol=1e-4)
    assert_allclose((Z**2).sum(axis=1).mean(), 4, rtol=1e-3)


def test_dictionary_translation_by_hand():
    mapper = CrossLingualMapper(
        {"good": ["gut", "prima"], "bad": "schlecht"},
        word_space=DictionaryTranslation(),
        min_df=1,
    )
    texts = ["good 2024", "bad", "gut prima", "schlecht 2024 wort"]
    Z = mapper.fit_transform(texts, sample_domain=[1, 1, -1, -1])
    assert sparse.issparse(Z)
    assert Z.format == "csr"
    assert list(mapper.get_feature_names_out()) == ["2024", "bad", "good"]
    root = np.sqrt(0.5)
    assert_allclose(
        Z.toarray(), [[root, 0, root], [0, 1, 0], [0, 0, 1], [root, root, 0]]
    )
    # 2024 is no word
    assert mapper.coverage_ == pytest.approx(3 / 4)
    assert mapper.n_links_ == 4
    assert mapper.translate(["good", "2024", "other"], k=2).tolist() == [
        ["gut", "prima"],
        ["2024", None],
        [None, None],
    ]
    assert_allclose(mapper.transform(["unknown", ""]).toarray(), 0)
    # a source word that the target texts of fit did not hold carries over
    assert_allclose(mapper.transform(["bad"]).toarray(), [[0, 1, 0]])
    assert_allclose(
        mapper.transform(["gut", "good"], sample_domain=[-1, 1]).toarray(),
        [[0, 0, 1], [0, 0, 1]],
    )


def test_translate(fitted):
    pairs = dict(zip(fitted.source_vocabulary_, fitted.source_vocabulary_))
    source, target = fitted.word_space_.pivots_[0]
    assert source in pairs
    best = fitted.translate([source, "qqqq"], k=5)
    assert best.shape == (2, 5)
    assert target in best[0]
    assert best[1].tolist() == [None] * 5
    assert len(set(best[0])) == 5
    assert fitted.translate([]).shape == (0, 1)
    with pytest.raises(ValueError, match="Wrap it"):
        fitted.translate("good")
    with pytest.raises(ValueError, match="k must be"):
        fitted.translate(["good"], k=0)


def test_translate_to_the_source(fitted):
    source, target = fitted.word_space_.pivots_[0]
    best = fitted.translate([target, "qqqq"], k=5, to="source")
    assert source in best[0]
    assert set(best[0]) <= set(fitted.source_vocabulary_)
    assert best[1].tolist() == [None] * 5
    with pytest.raises(ValueError, match="to must be"):
        fitted.translate(["good"], to="german")


def test_words_of_the_dictionary_come_back_by_their_share_of_the_texts():
    """p(e|t) is p(t|e) times the frequency of e, for all that translates to t."""
    texts = ["good pen", "fine pen", "good cup", "gut", "gut gut"]
    mapper = CrossLingualMapper(
        [("fine", "gut"), ("good", "gut"), ("pen", "stift")],
        word_space=DictionaryTranslation(),
        min_df=1,
    ).fit(texts, sample_domain=[1, 1, 1, -2, -2])
    assert mapper.translate(["gut"], k=3, to="source").tolist() == [
        ["good", "fine", None]
    ]
    vectors = mapper.target_vectors_[[0]].toarray()[0]
    assert mapper.source_vocabulary_[vectors.argmax()] == "good"


def test_vectors_and_names(fitted):
    n = len(fitted.get_feature_names_out())
    assert fitted.source_vectors_.shape == (fitted.source_vocabulary_.size, n)
    assert fitted.target_vectors_.shape == (fitted.target_vocabulary_.size, n)
    assert fitted.source_vectors_.dtype == np.float32
    e, t = fitted.word_space_.pivots_[0]
    assert fitted.get_feature_names_out()[0] == f"cosine({e}, {t})"
    i = np.searchsorted(fitted.source_vocabulary_, e)
    j = np.searchsorted(fitted.target_vocabulary_, t)
    assert_allclose(fitted.source_vectors_[i], fitted.target_vectors_[j])
    assert 0 < fitted.coverage_ < 1


def test_unseen_words_rest_on_their_ngrams(fitted, reviews):
    assert "langweiligste" not in fitted.target_vocabulary_
    assert np.abs(fitted.transform(["langweiligste"])).max() > 0
    off = CrossLingualMapper(
        reviews.dictionary, word_space=DistributionalCorrespondence(backoff=None)
    ).fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)
    assert_array_equal(off.transform(["langweiligste"]), 0)


def test_backoff_leaves_pivots_as_they_are(reviews):
    vectors = []
    for backoff in (None, 0, 50):
        space = DistributionalCorrespondence(backoff=backoff, translation_weight=0)
        m = CrossLingualMapper(reviews.dictionary, word_space=space)
        m.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)
        at = np.searchsorted(
            m.source_vocabulary_, [e for e, _ in m.word_space_.pivots_]
        )
        vectors.append((m.source_vectors_, m.source_vectors_[at]))
    assert_allclose(vectors[0][0], vectors[1][0], atol=1e-6)
    assert_allclose(vectors[0][1], vectors[2][1], atol=1e-6)
    assert np.abs(vectors[0][0] - vectors[2][0]).max() > 1e-3


def test_rare_words_are_drawn_towards_their_translations(reviews):
    found = {}
    for weight in (0, 1e9):
        space = DistributionalCorrespondence(
            20, backoff=None, translation_weight=weight, n_iter=0
        )
        m = CrossLingualMapper(reviews.dictionary, word_space=space)
        found[weight] = m.fit(
            reviews.data, reviews.target, sample_domain=reviews.sample_domain
        )
    plain, drawn = found[0], found[1e9]
    P = plain.word_space_.translation_probabilities_
    i = np.flatnonzero(P.sum(axis=1) > 0)
    pivots = np.searchsorted(
        plain.source_vocabulary_, [e for e, _ in plain.word_space_.pivots_]
    )
    i = np.setdiff1d(i, pivots)
    assert i.size > 5
    expected = P[i] @ plain.target_vectors_
    assert_allclose(drawn.source_vectors_[i], expected, atol=1e-5)
    assert_allclose(drawn.source_vectors_[pivots], plain.source_vectors_[pivots])


@pytest.mark.parametrize("y", [None, "numbers"])
def test_without_labels_or_with_ratings(reviews, y):
    y = None if y is None else np.linspace(0, 1, 2 * N)
    Z = CrossLingualMapper(reviews.dictionary).fit_transform(
        reviews.data, y, sample_domain=reviews.sample_domain
    )
    assert np.isfinite(Z).all()


def test_words_that_the_tokenizer_cut():
    mapper = CrossLingualMapper(
        [("boring", "つまらない"), ("new york", "ニューヨーク"), ("good", "いい")],
        tokenizer={"target": str.split},
        word_space=DictionaryTranslation(),
        min_df=1,
    )
    texts = ["boring", "in New York good", "つまら ない です", "ニュー ヨーク いい"]
    mapper.fit(texts, sample_domain=[1, 1, -1, -1])
    assert list(mapper.source_vocabulary_) == ["boring", "good", "in", "new york"]
    assert "つまらない" in mapper.target_vocabulary_
    assert mapper.coverage_ == 3 / 4
    Z = mapper.transform(["つまら ない"]).toarray()
    assert_allclose(Z, [[1, 0, 0, 0]])


def test_tokens_as_text_and_unicode_forms():
    composed, decomposed = "schön", "scho\u0308n"
    mapper = CrossLingualMapper(
        [("nice", decomposed)], word_space=DictionaryTranslation(), min_df=1
    )
    mapper.fit(["nice", composed, decomposed], sample_domain=[1, -1, -1])
    assert list(mapper.target_vocabulary_) == [composed]
    assert mapper.coverage_ == 1


def test_case_and_width_do_not_matter():
    mapper = CrossLingualMapper(
        [("Good", "ＧＵＴ")],
        word_space=DictionaryTranslation(),
        tokenizer={"target": str.split},
        min_df=1,
    )
    mapper.fit(["good 12 cd", "Gut ＣＤ １２ CD"], sample_domain=[1, -1])
    assert mapper.coverage_ == 1
    # good and gut; 12; cd in the source, CD in the target
    assert mapper.n_links_ == 3


WORDS = {"good": "gut", "book": "buch", "not": "nicht", "work": "klappt"}
TEXTS = ["Not a good book! 5", "It doesn't work...", "Kein gutes Buch! 5", "nicht gut"]


def words_of(dictionary=WORDS, texts=TEXTS, **parameters):
    mapper = CrossLingualMapper(
        dictionary, word_space=DictionaryTranslation(), min_df=1, **parameters
    ).fit(texts, sample_domain=[1, 1, -1, -1])
    return mapper, set(mapper.source_vocabulary_), set(mapper.target_vocabulary_)


def test_negated_words_have_negated_translations():
    mapper, source, target = words_of()
    assert source == {"not", "not_good", "not_book", "it", "doesn't", "not_work"} | {
        "!",
        "5",
        "...",
    }
    # "kein" is no translation of a negator in this dictionary
    assert target == {"kein", "gutes", "buch", "!", "5", "nicht", "not_gut"}
    assert mapper.translate(["not_good"]).tolist() == [["not_gut"]]
    Z = mapper.transform(["nicht gut"]).toarray()
    negated = list(mapper.source_vocabulary_).index("not_good")
    assert Z[0, negated] > 0
    # inflected forms of negated words, too
    mapper, _, target = words_of(
        {"exciting": "spannend", "not": "nicht"},
        ["not exciting", "exciting", "nicht spannendes", "spannend"],
    )
    assert target == {"nicht", "not_spannendes", "spannend"}
    assert mapper.translate(["not_exciting"]).tolist() == [["not_spannendes"]]


def test_nothing_is_negated_where_one_side_has_no_negators():
    dictionary = {w: t for w, t in WORDS.items() if w != "not"}
    _, source, target = words_of(dictionary)
    assert not any(w.startswith("not_") for w in source | target)
    _, source, target = words_of(dictionary, negators={"target": ["kein"]})
    assert {"not_good", "not_work"} <= source
    assert {"not_gutes", "not_buch", "gut"} <= target
    _, source, target = words_of(negators=())
    assert not any(w.startswith("not_g") for w in source | target)
    _, source, target = words_of(negation=0)
    assert not any(w.startswith("not_") for w in source | target)
    assert "doesn" in source
    _, source, target = words_of(negation=1)
    assert "not_good" in source
    assert "not_book" not in source


def test_without_marks():
    _, source, target = words_of(marks=False)
    assert source == {"not", "not_good", "not_book", "it", "doesn't", "not_work"}
    assert target == {"kein", "gutes", "buch", "nicht", "not_gut"}


def test_own_tokenizers_decide_on_marks_but_not_on_negation():
    mapper, source, target = words_of(
        texts=["not a b .", "x .", "nicht a b .", "y ."], tokenizer=str.split
    )
    assert source == {"not", "not_a", "not_b", ".", "x"}
    assert target == {"nicht", "not_a", "not_b", ".", "y"}
    split = mapper.tokenizer_["target"]
    assert split("nicht so . gut") == ["nicht", "not_so", ".", "gut"]
    assert pickle.loads(pickle.dumps(split))("nicht so") == ["nicht", "not_so"]


def test_given_vectors_know_no_negated_words():
    vectors = {w: np.eye(4)[k] for k, w in enumerate(WORDS)}
    foreign = {WORDS[w]: v for w, v in vectors.items()}
    space = AlignedEmbeddings(source_vectors=vectors, target_vectors=foreign)
    mapper = CrossLingualMapper(WORDS, word_space=space, min_df=1)
    texts = ["not good book work", "nicht gut buch klappt"]
    mapper.fit(texts, sample_domain=[1, -1])
    assert list(mapper.source_vocabulary_) == ["book", "good", "not", "work"]
    mapper.set_params(negation=3)
    with pytest.warns(UserWarning, match="rests on 1 dictionary pairs"):
        mapper.fit(texts, sample_domain=[1, -1])
    assert "good" not in mapper.source_vocabulary_


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("header", [None, ["en", "de"], ["Source", "target"]])
def test_dictionary_files(tmp_path, suffix, header):
    path = tmp_path / f"words{suffix}"
    with (gzip.open if suffix.endswith("gz") else open)(
        path, "wt", encoding="utf-8", newline=""
    ) as file:
        rows = [["good", "gut"], ["Good", "gut"], ["in", "in"], [" a ", ""], []]
        csv.writer(file).writerows(([header] if header else []) + rows)
    for given in (path, str(path)):
        mapper = CrossLingualMapper(
            given, word_space=DictionaryTranslation(), min_df=1
        ).fit(["good en", "gut de"], sample_domain=[1, -1])
        assert mapper.n_links_ == 1
        assert mapper.translate(["good"]).tolist() == [["gut"]]


def test_forms_of_the_dictionary_agree(reviews):
    pd = pytest.importorskip("pandas")
    pairs = reviews.dictionary
    mapping = {}
    for e, t in pairs:
        mapping.setdefault(e, []).append(t)
    forms = [pairs, pairs + pairs, mapping, np.array(pairs), pd.DataFrame(pairs)]
    found = []
    for form in forms:
        mapper = CrossLingualMapper(form, word_space=DictionaryTranslation())
        d = reviews.sample_domain
        found.append(mapper.fit_transform(reviews.data, sample_domain=d).toarray())
    for Z in found[1:]:
        assert_array_equal(Z, found[0])


@pytest.mark.parametrize(
    ("dictionary", "error", "message"),
    [
        (5, TypeError, "type int"),
        ([("a", "b", "c")], ValueError, "pairs of words; got"),
        (["ab"], ValueError, "pairs of words; got 'ab' at entry 0"),
        ([("a", None)], ValueError, "pairs of str"),
        ({"a": 3}, ValueError, "must map a word"),
        ("no/such/file.csv", FileNotFoundError, "there is no file"),
    ],
)
def test_wrong_dictionaries(dictionary, error, message):
    with pytest.raises(error, match=message):
        CrossLingualMapper(dictionary).fit(["a b"] * 4, sample_domain=[1, 1, -1, -1])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("d.csv", b"good gut\n", "two columns"),
        ("d.csv", "schön,nett\n".encode("latin-1"), "not UTF-8"),
        ("d.csv.gz", gzip.compress(b"good,gut\n" * 500, mtime=0)[:30], "gzip"),
        ("d.csv.gz", b"good,gut\n", "gzip"),
        ("d.csv", b'good,"' + b"x" * 200_000, "no CSV file"),
    ],
)
def test_hostile_files(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        CrossLingualMapper(path).fit(["a b"] * 4, sample_domain=[1, 1, -1, -1])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"tokenizer": 3}, TypeError, "must be a callable"),
        ({"tokenizer": "jieba"}, ValueError, "'module:function' or None; got 'jieba'"),
        ({"tokenizer": "no_such:cut"}, ValueError, "'no_such:cut' cannot be imported"),
        ({"tokenizer": "sys:maxsize"}, TypeError, "must be a callable"),
        ({"tokenizer": {"german": str.split}}, ValueError, "the key 'german'"),
        ({"tokenizer": str.lower}, TypeError, "must return a list of tokens"),
        ({"tokenizer": lambda t: [1, 2]}, TypeError, "tokens of type str"),
        ({"negation": -1}, ValueError, "negation of CrossLingualMapper must be"),
        ({"negation": "always"}, ValueError, "negation of CrossLingualMapper must be"),
        ({"negators": "not"}, TypeError, "must be an iterable of words"),
        ({"negators": {"german": ["nicht"]}}, ValueError, "the key 'german'"),
        ({"min_df": 0}, ValueError, "min_df must be"),
        ({"min_df": True}, ValueError, "min_df must be"),
        ({"min_df": 1.5}, ValueError, "min_df must be"),
        ({"min_df": 10_000}, ValueError, "Empty vocabulary on the source side"),
        ({"word_space": LogisticRegression()}, TypeError, "must be a word space"),
        (
            {"word_space": "dci"},
            TypeError,
            r"or DictionaryTranslation\(\); got 'dci'\.$",
        ),
        (
            {"n_pivots": 0},
            ValueError,
            "n_pivots of DistributionalCorrespondence must be",
        ),
        (
            {"n_pivots": 2.5},
            ValueError,
            "n_pivots of DistributionalCorrespondence must be",
        ),
        ({"n_iter": -1}, ValueError, "n_iter of DistributionalCorrespondence must be"),
        (
            {"min_pivot_df": 0},
            ValueError,
            "min_pivot_df of DistributionalCorrespondence must be",
        ),
        (
            {"backoff": -1},
            ValueError,
            "backoff of DistributionalCorrespondence must be",
        ),
        (
            {"backoff": "yes"},
            ValueError,
            "backoff of DistributionalCorrespondence must be",
        ),
        (
            {"translation_weight": None},
            ValueError,
            "translation_weight of DistributionalCorrespondence must be",
        ),
        ({"correspondence": "dice"}, ValueError, "correspondence must be"),
        ({"correspondence": ()}, ValueError, "correspondence must be"),
        ({"correspondence": ("pmi", "pmi")}, ValueError, "none twice"),
    ],
)
def test_wrong_parameters(reviews, change, error, message):
    space_names = DistributionalCorrespondence().get_params()
    if set(change) <= set(space_names):
        change = {"word_space": DistributionalCorrespondence(**change)}
    mapper = CrossLingualMapper(reviews.dictionary, **change)
    with pytest.raises(error, match=message):
        mapper.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)


def test_min_df_as_a_share(reviews):
    d = reviews.sample_domain
    sizes = [
        CrossLingualMapper(
            reviews.dictionary, word_space=DictionaryTranslation(), min_df=min_df
        )
        .fit(reviews.data, sample_domain=d)
        .source_vocabulary_.size
        for min_df in (0.0, 1, 0.02, 4)
    ]
    assert sizes[0] == sizes[1] > sizes[2] == sizes[3]


def test_low_coverage_is_told(reviews):
    mapper = CrossLingualMapper(reviews.dictionary[:12])
    with pytest.warns(UserWarning, match=r"covers \d.\d% .* larger dictionary"):
        mapper.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)


def test_few_pivots_are_told(reviews):
    mapper = CrossLingualMapper(
        reviews.dictionary, word_space=DistributionalCorrespondence(min_pivot_df=70)
    )
    with pytest.warns(UserWarning, match=r"pivot\(s\) found.*smaller min_pivot_df"):
        mapper.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)


def test_no_pivot_is_an_error():
    mapper = CrossLingualMapper([("xyz", "abc")])
    texts = ["good book", "good book", "gutes buch", "gutes buch"]
    with (
        pytest.warns(UserWarning, match="covers 0.0%"),
        pytest.raises(ValueError, match=r"0 pivot\(s\) found"),
    ):
        mapper.fit(texts, sample_domain=[1, 1, -1, -1])


def test_enough_coverage_does_not_warn(reviews):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CrossLingualMapper(reviews.dictionary).fit(
            reviews.data, reviews.target, sample_domain=reviews.sample_domain
        )


@pytest.mark.parametrize("space", SPACES)
def test_never_dense_over_the_vocabulary(reviews, space, monkeypatch):
    mapper = CrossLingualMapper(reviews.dictionary, word_space=space)
    d, y = reviews.sample_domain, reviews.target
    vocabularies = mapper.fit(reviews.data, y, sample_domain=d)
    wide = {
        vocabularies.source_vocabulary_.size,
        vocabularies.target_vocabulary_.size,
    }
    original = sparse.csr_array.toarray

    def watched(self, *args, **kwargs):
        n_documents = {2 * N, N}
        assert not (self.shape[0] in n_documents and self.shape[1] in wide)
        return original(self, *args, **kwargs)

    for form in (sparse.csr_array, sparse.csc_array, sparse.coo_array):
        monkeypatch.setattr(form, "toarray", watched)
        monkeypatch.setattr(form, "todense", watched)
    clone(mapper).fit(reviews.data, y, sample_domain=d).transform(reviews.data)


def test_it_is_searchable(reviews):
    X, y, d = reviews.data, reviews.target, reviews.sample_domain
    model = TransferClassifier(
        mapper=CrossLingualMapper(
            reviews.dictionary, word_space=DistributionalCorrespondence(30)
        )
    )
    grid = {"mapper__word_space__n_pivots": [20, 40]}
    rows = np.arange(len(X))
    folds = [(np.setdiff1d(rows, test), test) for test in (rows[N:-100], rows[-100:])]
    search = GridSearchCV(model, grid, cv=folds).fit(X, y, sample_domain=d)
    grid = {"mapper__word_space": SPACES[1:]}
    search = GridSearchCV(model, grid, cv=folds).fit(X, y, sample_domain=d)
    assert search.best_score_ > 0.5


def test_in_a_pipeline_without_domains(reviews):
    X = reviews.data[:N]
    words = {w for t in X for w in t.lower().split()}
    mapper = CrossLingualMapper([(w, w) for w in words])
    pipe = make_pipeline(mapper, LogisticRegression()).fit(X, reviews.target[:N])
    assert pipe.score(X, reviews.target[:N]) > 0.9


def test_pickle_keeps_rows(fitted, reviews):
    again = pickle.loads(pickle.dumps(fitted))
    text = reviews.data[N : N + 10]
    assert_array_equal(again.transform(text), fitted.transform(text))


def test_not_fitted():
    for method in ("transform", "translate", "get_feature_names_out"):
        with pytest.raises(NotFittedError):
            getattr(CrossLingualMapper([]), method)(["a"])
