"""WordSpaceUnion: several word spaces side by side."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sktransfer.crosslingual import (
    AlignedEmbeddings,
    CrossLingualMapper,
    DictionaryTranslation,
    DistributionalCorrespondence,
    WordSpace,
    WordSpaceUnion,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.embedding import WordVectors
from sktransfer.model_selection import TargetKFold
from sktransfer.transfer import TransferClassifier

REVIEWS = make_bilingual_reviews(190, source="en/books", target="de/books")
X, Y, D = list(REVIEWS.data), REVIEWS.target, REVIEWS.sample_domain
PIVOTS = DistributionalCorrespondence(30, correspondence="pmi")
VECTORS = AlignedEmbeddings(vectors=WordVectors("ppmi", vector_size=20, random_state=0))
WORDS = DictionaryTranslation()


def mapper_of(*spaces, **settings):
    union = WordSpaceUnion(list(spaces), **settings)
    return CrossLingualMapper(REVIEWS.dictionary, word_space=union)


def mapped(mapper):
    return clone(mapper).fit_transform(X, Y, sample_domain=D)


def test_one_space_is_itself():
    plain = CrossLingualMapper(REVIEWS.dictionary, word_space=PIVOTS)
    assert_allclose(mapped(mapper_of(("a", PIVOTS))), mapped(plain), atol=1e-3)
    plain = CrossLingualMapper(REVIEWS.dictionary, word_space=WORDS)
    got = mapped(mapper_of(("a", WORDS)))
    assert_allclose(got.toarray(), mapped(plain).toarray(), atol=1e-5)


@pytest.mark.parametrize("weights", [None, {"vectors": 0.5}])
def test_every_space_has_the_length_of_its_weight(weights):
    m = mapper_of(("pivots", PIVOTS), ("vectors", VECTORS), weights=weights)
    Z = mapped(m)[D < 0]
    squares = (Z**2).sum(axis=1)
    # as without a union
    assert_allclose(squares.mean(), 4, rtol=1e-3)
    parts = [(Z[:, part] ** 2).sum(axis=1).mean() for part in np.s_[:30, 30:]]
    assert_allclose(parts[0] / parts[1], 1 if weights is None else 4, rtol=1e-3)


def test_features_of_a_space_are_those_of_the_space_alone():
    Z = mapped(mapper_of(("pivots", PIVOTS), ("vectors", VECTORS)))
    for part, space in ((np.s_[:30], PIVOTS), (np.s_[30:], VECTORS)):
        alone = mapped(CrossLingualMapper(REVIEWS.dictionary, word_space=space))
        assert_allclose(Z[:, part], alone / np.sqrt(2), atol=1e-3)


def test_word_vectors_have_one_mean_length_of_documents():
    m = mapper_of(("pivots", PIVOTS), ("vectors", VECTORS), weights={"vectors": 3})
    m.fit(X, Y, sample_domain=D)
    alone = [
        CrossLingualMapper(REVIEWS.dictionary, word_space=s).fit(X, Y, sample_domain=D)
        for s in (PIVOTS, VECTORS)
    ]
    scales = m.word_space_.scales_
    assert list(scales) == ["pivots", "vectors"]
    expected = [scales["pivots"], scales["vectors"]]
    for side in ("source_vectors_", "target_vectors_"):
        blocks = [getattr(a, side) * f for a, f in zip(alone, expected)]
        assert_allclose(getattr(m, side), np.hstack(blocks), rtol=1e-4, atol=1e-5)

    class Weights(WordSpace):
        def fit(self, source, target, links, y=None):
            self.weights_ = source.weights, target.weights
            self.source_vectors_ = np.zeros((source.words.size, 1))
            self.target_vectors_ = np.zeros((target.words.size, 1))
            return self

    recorder = CrossLingualMapper(REVIEWS.dictionary, word_space=Weights())
    weights = recorder.fit(X, Y, sample_domain=D).word_space_.weights_
    lengths = [
        [np.linalg.norm(W @ V[:, p], axis=1) for p in np.s_[:30, 30:]]
        for W, V in zip(weights, (m.source_vectors_, m.target_vectors_))
    ]
    assert_allclose(np.concatenate([x[0] for x in lengths]).mean(), 1, rtol=1e-4)
    assert_allclose(np.concatenate([x[1] for x in lengths]).mean(), 3, rtol=1e-4)


def test_with_translations_rows_are_sparse():
    m = mapper_of(("words", WORDS), ("pivots", PIVOTS)).fit(X, Y, sample_domain=D)
    assert not m.word_space_.standardize_documents
    Z = m.transform(X, sample_domain=D)
    assert sparse.issparse(Z)
    assert Z.shape == (len(X), m.source_vocabulary_.size + 30)
    assert_allclose(np.sqrt(np.asarray(Z.multiply(Z).sum(axis=1))), 1, rtol=1e-5)
    model = LogisticRegression().fit(Z[D > 0], Y[D > 0])
    assert model.score(Z[D < 0], Y[D < 0]) > 0.7


def test_names():
    m = mapper_of(("pivots", PIVOTS), ("vectors", VECTORS)).fit(X, Y, sample_domain=D)
    names = m.get_feature_names_out()
    assert names[0].startswith("pivots__pmi(")
    assert names[30] == "vectors__dimension0"
    assert len(set(names)) == 50


@pytest.mark.parametrize(
    "spaces",
    [
        [("p", PIVOTS), ("v", VECTORS)],
        [("w", WORDS), ("v", VECTORS)],
        [("p", clone(PIVOTS).set_params(backoff=None)), ("v", VECTORS)],
        [("w", WORDS), ("p", PIVOTS)],
    ],
    ids=["dense", "sparse", "no-backoff", "sparse-pivots"],
)
def test_a_row_depends_on_its_own_text(spaces):
    m = mapper_of(*spaces).fit(X, Y, sample_domain=D)
    texts = [*[X[k] for k in np.flatnonzero(D < 0)[:20]], "", "unerhört", "zz 12 gut"]

    def dense(Z):
        return Z.toarray() if sparse.issparse(Z) else Z

    together = dense(m.transform(texts))
    assert np.isfinite(together).all()
    for k, text in enumerate(texts):
        assert_array_equal(dense(m.transform([text]))[0], together[k])


def test_unseen_words_of_no_space():
    bare = clone(PIVOTS).set_params(backoff=None)
    m = mapper_of(("a", bare), ("b", clone(VECTORS).set_params(backoff=False)))
    m.fit(X, Y, sample_domain=D)
    assert m.word_space_.unseen_documents(None, ["x"], "target") is None
    assert not m.transform(["unerhört"]).any()


def test_unions_nest():
    inner = WordSpaceUnion(
        [("pivots", PIVOTS), ("vectors", VECTORS)], weights={"vectors": 2}
    )
    Z = mapped(mapper_of(("inner", inner), ("pivots", PIVOTS)))
    share = [(Z[:, p] ** 2).sum(axis=1).mean() for p in np.s_[:30, 30:50, 50:]]
    assert_allclose(np.array(share) / 4, [0.1, 0.4, 0.5], rtol=1e-3)


def test_parameters_are_searchable():
    union = WordSpaceUnion([("pivots", PIVOTS), ("vectors", VECTORS)])
    assert union.get_params()["pivots__n_pivots"] == 30
    assert set(union.get_params(deep=False)) == {"word_spaces", "weights"}
    changed = clone(union).set_params(pivots__n_pivots=7, vectors=WORDS)
    assert changed.word_spaces[0][1].n_pivots == 7
    assert changed.word_spaces[1][1] is WORDS
    assert union.word_spaces[0][1].n_pivots == 30
    grid = {
        "mapper__word_space__pivots__n_pivots": [20, 30],
        "mapper__word_space__weights": [None, {"vectors": 0.3}],
    }
    model = TransferClassifier(
        mapper=CrossLingualMapper(REVIEWS.dictionary, word_space=union)
    )
    search = GridSearchCV(model, grid, cv=TargetKFold(2))
    search.fit(X, Y, sample_domain=D, groups=D)
    assert search.best_score_ > 0.6


def test_fit_leaves_the_parts_alone():
    union = WordSpaceUnion([("pivots", PIVOTS), ("vectors", VECTORS)])
    m = CrossLingualMapper(REVIEWS.dictionary, word_space=union)
    m.fit(X, Y, sample_domain=D)
    assert not any(hasattr(s, "source_vectors_") for _, s in union.word_spaces)
    assert m.word_space_.word_spaces_[0][1].pivots_
    again = pickle.loads(pickle.dumps(m))
    assert_array_equal(again.transform(X, D), m.transform(X, D))
    assert repr(clone(union)) == repr(union)


@pytest.mark.parametrize(
    ("spaces", "weights", "error", "message"),
    [
        ([], None, ValueError, "at least one pair"),
        (PIVOTS, None, ValueError, "must be a list"),
        ([PIVOTS], None, ValueError, "must be a list"),
        ({"ab": PIVOTS}, None, ValueError, r"must be a list .* Pass list\("),
        ([("a", PIVOTS), ("b", type(WORDS))], None, TypeError, "named 'b' must be"),
        (
            [("a", 3)],
            None,
            TypeError,
            "named 'a' must be a word space .* lacks fit",
        ),
        ([("a", PIVOTS), ("a", WORDS)], None, ValueError, "not unique"),
        ([("a__b", PIVOTS)], None, ValueError, "__"),
        ([("weights", PIVOTS)], None, ValueError, "conflict"),
        ([("a", PIVOTS)], {"b": 1}, ValueError, r"names \['a'\]"),
        ([("a", PIVOTS)], [1], ValueError, "must be a mapping"),
        (
            [("a", PIVOTS)],
            {"a": 0},
            ValueError,
            "of 'a' must be a number above 0; got 0",
        ),
        ([("a", PIVOTS)], {"a": np.inf}, ValueError, "a number above 0; got inf"),
    ],
)
def test_parameters_are_checked(spaces, weights, error, message):
    m = CrossLingualMapper(
        REVIEWS.dictionary, word_space=WordSpaceUnion(spaces, weights=weights)
    )
    with pytest.raises(error, match=message):
        m.fit(X, Y, sample_domain=D)
