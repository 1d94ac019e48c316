"""What scikit-learn's common tests ask, asked of estimators that take texts."""

import inspect
import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_html_repr, get_tags

from sktransfer.crosslingual import (
    CrossLingualMapper,
    DictionaryTranslation,
    DistributionalCorrespondence,
)
from sktransfer.datasets import make_bilingual_reviews

REVIEWS = make_bilingual_reviews(95, source="en/books", target="es/music")
X, Y, D = list(REVIEWS.data), REVIEWS.target, REVIEWS.sample_domain
N_SOURCE = int((D > 0).sum())
MAPPERS = [
    CrossLingualMapper(REVIEWS.dictionary),
    CrossLingualMapper(
        REVIEWS.dictionary, word_space=DistributionalCorrespondence(30, backoff=None)
    ),
    CrossLingualMapper(REVIEWS.dictionary, word_space=DictionaryTranslation()),
]
PARTS = [*MAPPERS, DistributionalCorrespondence(), DictionaryTranslation()]

IDS = ["correspondence", "one-function", "translation", "space-1", "space-2"]

every_mapper = pytest.mark.parametrize("mapper", MAPPERS, ids=IDS[:3])
every_part = pytest.mark.parametrize("part", PARTS, ids=IDS)


def dense(Z):
    return Z.toarray() if sparse.issparse(Z) else np.asarray(Z)


def fitted(mapper, **changes):
    arguments = {"X": X, "y": Y, "sample_domain": D} | changes
    return clone(mapper).fit(**arguments)


def assert_same(Z, expected):
    assert_array_equal(dense(Z), dense(expected))


@every_part
def test_constructor_only_assigns(part):
    assert set(inspect.signature(type(part)).parameters) == set(vars(clone(part)))
    marker = object()
    for name in part.get_params(deep=False):
        changed = clone(part).set_params(**{name: marker})
        assert getattr(changed, name) is marker


@every_part
def test_clone_and_representations(part):
    copy = clone(part)
    assert repr(copy) == repr(part)
    assert estimator_html_repr(copy)
    assert isinstance(copy, BaseEstimator)


@every_mapper
def test_fit_returns_self_and_leaves_parameters_and_inputs_alone(mapper):
    mapper = clone(mapper)
    before = pickle.dumps(mapper.get_params())
    texts, labels, domains = list(X), Y.copy(), D.copy()
    dictionary = list(REVIEWS.dictionary)
    for array in (labels, domains):
        array.setflags(write=False)
    assert mapper.fit(texts, labels, sample_domain=domains) is mapper
    mapper.transform(texts, sample_domain=domains)
    assert pickle.dumps(mapper.get_params()) == before
    assert texts == X
    assert mapper.dictionary == dictionary
    # what fit learns ends in an underscore or begins with one
    learned = set(vars(mapper)) - set(mapper.get_params(deep=False))
    assert all(name.endswith("_") or name.startswith("_") for name in learned)


@every_mapper
def test_fit_is_idempotent_and_forgets(mapper):
    mapper = fitted(mapper)
    first = mapper.transform(X, D)
    half = np.r_[0:80, N_SOURCE : N_SOURCE + 80]
    mapper.fit([X[k] for k in half], Y[half], sample_domain=D[half])
    assert_same(mapper.fit(X, Y, sample_domain=D).transform(X, D), first)


@every_mapper
def test_fit_transform_is_fit_then_transform_by_own_side(mapper):
    Z = clone(mapper).fit_transform(X, Y, sample_domain=D)
    assert Z.shape[0] == len(X)
    assert_same(fitted(mapper).transform(X, sample_domain=D), Z)
    assert_same(fitted(mapper).transform(X[N_SOURCE:]), dense(Z)[N_SOURCE:])


@every_mapper
def test_without_domains_every_row_is_both_sides(mapper):
    Z = clone(mapper).fit_transform(X, Y)
    same = clone(mapper).fit(X, Y)
    assert_same(same.transform(X), Z)
    assert_array_equal(same.source_vocabulary_, same.target_vocabulary_)


@every_mapper
def test_a_row_depends_on_its_own_text(mapper):
    mapper = fitted(mapper)
    texts = [*X[N_SOURCE : N_SOURCE + 20], "", "palabrota inaudita", "zzz 12 bueno"]
    together = dense(mapper.transform(texts))
    for k, text in enumerate(texts):
        assert_array_equal(dense(mapper.transform([text]))[0], together[k])
    assert_array_equal(dense(mapper.transform(texts[::-1]))[::-1], together)


@every_mapper
def test_labels_of_target_rows_are_never_read(mapper):
    Z = dense(clone(mapper).fit_transform(X, Y, sample_domain=D))
    hidden = np.array(Y, dtype=object)
    for garbage in (None, np.nan, "positive", object(), 7):
        hidden[N_SOURCE:] = garbage
        for labels in (hidden, list(hidden)):
            got = clone(mapper).fit_transform(X, labels, sample_domain=D)
            assert_same(got, Z)


@every_mapper
def test_names_of_labels_do_not_matter(mapper):
    Z = dense(fitted(mapper).transform(X, D))
    for labels in ((Y == "positive").astype(int), (Y == "positive") * 2.0, Y[:, None]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a column vector is told of
            got = fitted(mapper, y=labels).transform(X, D)
        assert_allclose(dense(got), Z, atol=1e-6)


@every_mapper
def test_containers_of_texts(mapper):
    mapper = fitted(mapper)
    expected = dense(mapper.transform(X[-5:]))
    array = np.array(X[-5:], dtype=object)
    for texts in (tuple(X[-5:]), array, array[:, None], np.array(X[-5:])):
        assert_same(mapper.transform(texts), expected)
    assert_same(mapper.transform([[t] for t in X[-5:]]), expected)
    pd = pytest.importorskip("pandas")
    series = pd.Series(X[-5:], index=[5, 3, 9, 1, 1])
    assert_same(mapper.transform(series), expected)
    assert_same(mapper.transform(series.to_frame("text")), expected)
    frame = pd.DataFrame({"text": X, "y": Y, "d": D}, index=np.arange(len(X))[::-1])
    got = fitted(mapper, X=frame["text"], y=frame["y"], sample_domain=frame["d"])
    assert_same(got.transform(X[-5:]), expected)


@every_mapper
@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("one text", ValueError, "Wrap it in a list"),
        (["a", None], TypeError, "NoneType .* in row 1.*Replace missing"),
        (["a", np.nan], TypeError, "float .* in row 1"),
        ([1, 2], TypeError, "int"),
        ([b"a"], TypeError, "bytes"),
        (np.ones((2, 2)), ValueError, r"shape \(2, 2\)"),
        (np.array(1), ValueError, r"shape \(\)"),
        (sparse.csr_array((2, 2)), TypeError, "sparse"),
    ],
)
def test_what_is_no_sequence_of_texts(mapper, texts, error, message):
    with pytest.raises(error, match=message):
        clone(mapper).fit(texts)
    with pytest.raises(error, match=message):
        fitted(mapper).transform(texts)


@every_mapper
def test_lengths_and_sides_are_checked(mapper):
    with pytest.raises(ValueError, match="one label for each text"):
        fitted(mapper, y=Y[:-1])
    with pytest.raises(ValueError, match="one entry per row"):
        fitted(mapper, sample_domain=D[:-1])
    with pytest.raises(ValueError, match="no target row"):
        fitted(mapper, sample_domain=np.abs(D))
    with pytest.raises(ValueError, match="no source row"):
        fitted(mapper, sample_domain=-np.abs(D))
    with pytest.raises(ValueError, match="got no"):
        clone(mapper).fit([])
    with pytest.raises(ValueError, match="no text has a token"):
        clone(mapper).fit(["", " ", "."])


@every_mapper
def test_nothing_to_transform(mapper):
    mapper = fitted(mapper)
    n = mapper.get_feature_names_out().size
    assert mapper.transform([]).shape == (0, n)
    assert mapper.transform([], sample_domain=[]).shape == (0, n)


@every_mapper
@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "...",
        "<br />&amp;&lt;b&gt;",
        "I'd don't l'été",
        "ÜBER Über u\u0308ber",
        "12 3.5 2024",
        "\x00\ud83d",
        "好 音楽",
        "a" * 10_000,
        "bueno " * 5_000,
    ],
)
def test_real_texts_are_finite(mapper, text):
    texts = [*X, text, text]
    domains = [*D, 2, -1]
    mapper = fitted(mapper, X=texts, y=[*Y, None, None], sample_domain=domains)
    for domain in (None, [1], [-1]):
        assert np.isfinite(dense(mapper.transform([text], domain))).all()


@every_mapper
def test_empty_texts_lie_at_the_origin(mapper):
    assert not dense(fitted(mapper).transform(["", ",;"])).any()


@every_mapper
def test_pickling_and_names(mapper):
    mapper = fitted(mapper)
    again = pickle.loads(pickle.dumps(mapper))
    assert_same(again.transform(X[-9:]), mapper.transform(X[-9:]))
    names = mapper.get_feature_names_out()
    assert names.dtype == object
    assert len(set(names)) == names.size == mapper.transform(X[:1]).shape[1]
    with pytest.raises(NotFittedError):
        clone(mapper).transform(X)


@pytest.mark.parametrize("mapper", MAPPERS[:2], ids=IDS[:2])
def test_set_output(mapper):
    pd = pytest.importorskip("pandas")
    mapper = fitted(mapper).set_output(transform="pandas")
    frame = mapper.transform(X[-3:])
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == list(mapper.get_feature_names_out())
    whole = mapper.fit_transform(X, Y, sample_domain=D)
    assert_array_equal(whole.to_numpy()[-3:], frame.to_numpy())


def test_sparse_rows_are_no_frame():
    mapper = fitted(MAPPERS[2]).set_output(transform="pandas")
    with pytest.raises(ValueError, match="sparse"):
        mapper.transform(X[-3:])
    expected = fitted(MAPPERS[2]).transform(X, D)
    with config_context(transform_output="pandas"):  # not asked of this transformer
        assert_same(fitted(MAPPERS[2]).transform(X, D), expected)


@every_mapper
@pytest.mark.parametrize("routing", [False, True])
def test_both_modes_of_routing(mapper, routing):
    expected = fitted(mapper).transform(X, D)
    with config_context(enable_metadata_routing=routing):
        assert_same(fitted(mapper).transform(X, sample_domain=D), expected)


def test_tags():
    tags = get_tags(MAPPERS[0])
    assert tags.input_tags.string
    assert tags.input_tags.one_d_array
    assert not tags.input_tags.two_d_array
