"""AlignedEmbeddings: word vectors of two languages in one space."""

import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import ortho_group
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sktransfer.crosslingual import (
    AlignedEmbeddings,
    CrossLingualMapper,
    Procrustes,
    SelfLearningAlignment,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.embedding import WordVectors
from sktransfer.model_selection import TargetKFold
from sktransfer.transfer import TransferClassifier

REVIEWS = make_bilingual_reviews(190, source="en/books", target="de/books")
X, Y, D = list(REVIEWS.data), REVIEWS.target, REVIEWS.sample_domain
SOURCE_TEXTS = [X[k] for k in np.flatnonzero(D > 0)]
TARGET_TEXTS = [X[k] for k in np.flatnonzero(D < 0)]


class Rotation(BaseEstimator):
    """An alignment that knows nothing but an orthogonal map; no weights."""

    def fit(self, X, Y):
        U, _, V = np.linalg.svd(X.T @ Y)
        self.R_ = U @ V
        return self

    def transform(self, X, Y=None):
        return X @ self.R_ if Y is None else (X @ self.R_, Y)


class Unmoved(Rotation):
    def fit(self, X, Y):
        self.R_ = np.eye(X.shape[1])
        return self


class WeightedRotation(Rotation):
    def fit(self, X, Y, sample_weight=None):
        self.weights_ = sample_weight
        if sample_weight is not None:
            X = X * sample_weight[:, None]
        return super().fit(X, Y)


def toy(n=40, d=5, seed=0):
    """Texts of two languages; the vectors of one are turned into those of the other."""
    rng = np.random.default_rng(seed)
    words = [f"word{k}" for k in range(n)], [f"wort{k}" for k in range(n)]
    S = rng.normal(size=(n, d)).astype(np.float32)
    R = ortho_group.rvs(d, random_state=seed)
    T = (S @ R).astype(np.float32)
    texts = [
        " ".join(side[k] for k in rng.integers(0, n, size=12))
        for side in words
        for _ in range(60)
    ]
    domains = np.repeat([1, -2], 60)
    return words, S, T, texts, domains


def mapper_of(space, dictionary=REVIEWS.dictionary, **settings):
    return CrossLingualMapper(dictionary, word_space=space, **settings)


@pytest.mark.parametrize("alignment", [None, Rotation()])
def test_a_rotation_is_undone(alignment):
    (e, t), S, T, texts, d = toy()
    space = AlignedEmbeddings(
        alignment, source_vectors=(e, S), target_vectors=dict(zip(t, T))
    )
    # half of the dictionary is enough for the whole
    m = mapper_of(space, list(zip(e, t))[::2]).fit(texts, sample_domain=d)
    fitted = m.word_space_
    assert_array_equal(m.source_vocabulary_, sorted(e))
    row = {w: k for k, w in enumerate(m.target_vocabulary_)}
    order = [row[w.replace("word", "wort")] for w in m.source_vocabulary_]
    assert_allclose(fitted.source_vectors_, fitted.target_vectors_[order], atol=2e-3)
    assert_allclose(np.linalg.norm(fitted.source_vectors_, axis=1), 1, rtol=1e-5)
    assert len(fitted.anchors_) == 20
    assert fitted.source_coverage_ == fitted.target_coverage_ == 1
    # also words that the dictionary lacks
    assert_array_equal(m.translate(e[1:8:2])[:, 0], t[1:8:2])


def test_self_learning_grows_a_small_dictionary():
    (e, t), S, T, texts, d = toy(n=150, d=6)
    right = {}
    for alignment in (SelfLearningAlignment(random_state=0), Procrustes()):
        space = AlignedEmbeddings(
            alignment, source_vectors=(e, S), target_vectors=(t, T)
        )
        m = mapper_of(space, list(zip(e, t))[:4], min_df=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # four pairs are few for a rotation
            m.fit(texts, sample_domain=d)
        right[type(alignment)] = np.mean(m.translate(e[4:])[:, 0] == np.array(t[4:]))
    assert right[SelfLearningAlignment] > 0.9  # some words are in no text
    assert right[Procrustes] < 0.5


def test_best_anchors_take_no_word_twice():
    (e, t), S, T, texts, d = toy()
    pairs = [(e[0], w) for w in t[:9]] + list(zip(e, t))[9:]
    space = AlignedEmbeddings(source_vectors=(e, S), target_vectors=(t, T))
    m = mapper_of(space, pairs).fit(texts, sample_domain=d)
    anchors = m.word_space_.anchors_
    for side in zip(*anchors):
        assert len(set(side)) == len(side)
    assert len(anchors) == 1 + len(e) - 9


def test_weighted_anchors_are_all_pairs_with_their_probabilities():
    (e, t), S, T, texts, d = toy()
    pairs = [*zip(e, t), (e[0], t[1])]
    space = AlignedEmbeddings(
        WeightedRotation(),
        source_vectors=(e, S),
        target_vectors=(t, T),
        anchors="weighted",
    )
    m = mapper_of(space, pairs).fit(texts, sample_domain=d)
    fitted = m.word_space_
    assert set(fitted.anchors_) == set(pairs)
    weights = dict(zip(fitted.anchors_, fitted.alignment_.weights_))

    def frequency(word, side):
        rows = texts[:60] if side == "source" else texts[60:]
        return np.mean([word in text.split() for text in rows])

    shares = {
        (a, b): weights[a, b]
        / (frequency(a, "source") * frequency(b, "target")) ** 0.25
        for a, b in pairs
    }
    assert shares[e[5], t[5]] == pytest.approx(1)
    assert shares[e[0], t[0]] < 1
    assert 0 < shares[e[0], t[1]] < 0.5
    refused = clone(space).set_params(alignment=Rotation())
    with pytest.raises(ValueError, match="Rotation does not"):
        mapper_of(refused, pairs).fit(texts, sample_domain=d)


def test_best_anchors_weigh_by_frequency_where_the_alignment_can():
    (e, t), S, T, texts, d = toy()
    space = AlignedEmbeddings(
        WeightedRotation(), source_vectors=(e, S), target_vectors=(t, T)
    )
    m = mapper_of(space, list(zip(e, t))).fit(texts, sample_domain=d)
    a, b = m.word_space_.anchors_[3]
    f = [
        np.mean([w in x.split() for x in part])
        for w, part in ((a, texts[:60]), (b, texts[60:]))
    ]
    weights = m.word_space_.alignment_.weights_
    assert weights[3] == pytest.approx((f[0] * f[1]) ** 0.25)


def test_case_and_width_of_given_words():
    (e, t), S, T, texts, d = toy()
    capital = [w.title() for w in t]
    spaces = [
        AlignedEmbeddings(source_vectors=(e, S), target_vectors=(words, T))
        for words in (t, capital)
    ]
    expected, found = (
        mapper_of(s, list(zip(e, t))).fit_transform(texts, sample_domain=d)
        for s in spaces
    )
    assert_allclose(found, expected, atol=1e-5)
    # the word as it stands goes before another case of it
    V = np.concatenate([T + 1, T])
    both = AlignedEmbeddings(
        Rotation(), source_vectors=(e, S), target_vectors=(capital + t, V)
    )
    again = mapper_of(both, list(zip(e, t))).fit(texts, sample_domain=d)
    order = [t.index(w) for w in again.target_vocabulary_]
    unit = T[order] / np.linalg.norm(T[order], axis=1, keepdims=True)
    gram = again.target_vectors_ @ again.target_vectors_.T
    assert_allclose(gram, unit @ unit.T, atol=1e-4)


class TestWordsWithoutVector:
    def fit(self, **settings):
        (e, t), S, T, texts, d = toy()
        # no vector for wort1 and wort11; "wortneu" is in no text
        keep = [k for k in range(len(t)) if k not in (1, 11)]
        extra = self.extra = T[0] + T[2]
        target = [*(t[k] for k in keep), "wortneu"], np.vstack([T[keep], extra])
        space = AlignedEmbeddings(
            Rotation(), source_vectors=(e, S), target_vectors=target, **settings
        )
        return mapper_of(space, list(zip(e, t))).fit(texts, sample_domain=d)

    def test_without_backoff_they_are_zero(self):
        m = self.fit(backoff=False)
        row = list(m.target_vocabulary_).index("wort11")
        assert not m.target_vectors_[row].any()
        assert m.word_space_.target_coverage_ == 38 / 40
        assert_array_equal(m.transform(["wort11"]), m.transform(["unerhört"]))

    def test_backoff_takes_words_with_the_same_ngrams(self):
        m = self.fit()
        row = list(m.target_vocabulary_).index("wort11")
        assert m.target_vectors_[row].any()
        assert m.transform(["wort1x"]).any()

    @pytest.mark.parametrize("backoff", [False, True])
    def test_given_vectors_serve_words_that_fit_did_not_see(self, backoff):
        m = self.fit(backoff=backoff)
        fitted = m.word_space_
        one = np.ones((1, 1), dtype=np.float32)
        z = fitted.unseen_documents(sparse.csr_array(one), ["WORTNEU"], "target")
        expected = self.extra / np.linalg.norm(self.extra)
        assert_allclose(z[0], expected, atol=1e-5)
        mixed = ["wortneu", "", "wortneu unerhört wort3", "wort11"]
        together = m.transform(mixed)
        for k, text in enumerate(mixed):
            assert_array_equal(m.transform([text])[0], together[k])

    def test_nothing_is_there_for_unseen_words(self):
        trained = WordVectors("ppmi", vector_size=10, random_state=0)
        space = AlignedEmbeddings(vectors=trained, backoff=False)
        m = mapper_of(space).fit(X, sample_domain=D)
        assert m.word_space_.unseen_documents(None, ["x"], "target") is None


class TestTrainedOnTheTexts:
    def mapper(self, source_vectors=None, **settings):
        settings = {"model": "ppmi", "vector_size": 30, "random_state": 0} | settings
        trained = WordVectors(**settings)
        return mapper_of(
            AlignedEmbeddings(vectors=trained, source_vectors=source_vectors)
        )

    def test_every_word_has_a_vector(self):
        m = self.mapper().fit(X, sample_domain=D)
        assert m.word_space_.source_coverage_ == 1
        assert m.source_vectors_.shape == (m.source_vocabulary_.size, 30)
        assert m.source_vectors_.dtype == np.float32
        assert np.isfinite(m.target_vectors_).all()
        names = m.get_feature_names_out()
        assert names[0] == "dimension0"
        assert names.size == 30

    def test_better_than_chance_across_languages(self):
        Z = self.mapper(vector_size=60).fit_transform(X, Y, sample_domain=D)
        model = LogisticRegression().fit(Z[D > 0], Y[D > 0])
        assert model.score(Z[D < 0], Y[D < 0]) > 0.6

    @pytest.mark.parametrize("model", ["ppmi", "skipgram", "cbow", "glove"])
    def test_seed(self, model):
        m = self.mapper(model=model, epochs=2)
        Z = clone(m).fit_transform(X, sample_domain=D)
        assert Z.dtype == np.float32
        assert_array_equal(clone(m).fit_transform(X, sample_domain=D), Z)

    def test_labels_are_not_read(self):
        Z = self.mapper().fit_transform(X, sample_domain=D)
        assert_array_equal(self.mapper().fit_transform(X, Y, sample_domain=D), Z)

    def test_only_one_side_given(self):
        known = sorted({w for text in SOURCE_TEXTS for w in text.lower().split()})
        rng = np.random.default_rng(0)
        V = rng.normal(size=(len(known), 30))
        m = self.mapper(source_vectors=(known, V)).fit(X, sample_domain=D)
        assert 0.5 < m.word_space_.source_coverage_ <= 1
        assert m.word_space_.target_coverage_ == 1

    def test_order_of_the_tokens_counts(self):
        # as whole texts, not as bags of words
        reverse = [" ".join(sorted(text.split())) for text in X]
        Z = self.mapper().fit_transform(X, sample_domain=D)
        other = self.mapper().fit_transform(reverse, sample_domain=D)
        assert np.abs(Z - other).max() > 1e-3

    def test_few_pairs_are_told_of(self):
        m = CrossLingualMapper(
            REVIEWS.dictionary[:40],
            word_space=AlignedEmbeddings(vectors=WordVectors("ppmi")),
        )
        with pytest.warns(UserWarning, match="with 100 features rests on"):
            m.fit(X, sample_domain=D)

    @pytest.mark.filterwarnings("ignore:The dictionary covers")
    def test_no_pair_at_all(self):
        (e, t), S, T, texts, d = toy()
        space = AlignedEmbeddings(source_vectors=(e, S), target_vectors=(t, T))
        with pytest.raises(ValueError, match="rests on 0 dictionary pairs"):
            mapper_of(space, [("sun", "sonne")]).fit(texts, sample_domain=d)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"vectors": WordVectors("lstm")},
            ValueError,
            r"model of \w+ must be one of 'cbow'",
        ),
        ({"vectors": (["a"], [[1.0]])}, ValueError, r"vectors of \w+ must be .* 'fit'"),
        ({"anchors": "all"}, ValueError, r"anchors of \w+ must be one of 'best'"),
        ({"limit": 0}, ValueError, "limit"),
        ({"alignment": 3}, TypeError, "alignment must be an alignment.*got 3, which"),
        ({"alignment": Procrustes}, TypeError, "alignment must be an alignment"),
        ({"source_vectors": 3}, TypeError, "source_vectors has the type int"),
        ({"target_vectors": (["a"], [[np.nan]])}, ValueError, "target_vectors"),
    ],
)
def test_parameters_are_checked(settings, error, message):
    with pytest.raises(error, match=message):
        mapper_of(AlignedEmbeddings(**settings)).fit(X, sample_domain=D)


def keyed(words, vectors):
    """As gensim's KeyedVectors."""
    return SimpleNamespace(index_to_key=list(words), vectors=vectors)


def in_a_file(words, vectors, path):
    lines = (" ".join([w, *map(str, v.tolist())]) for w, v in zip(words, vectors))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("form", ["pair", "mapping", "keyed", "file"])
def test_limit(form, tmp_path):
    (e, t), S, T, texts, d = toy()
    source = {
        "pair": (e, S),
        "mapping": dict(zip(e, S)),
        "keyed": keyed(e, S),
        "file": in_a_file(e, S, tmp_path / "vectors"),
    }[form]
    space = AlignedEmbeddings(
        source_vectors=source, target_vectors=(t, T), limit=20, backoff=False
    )
    m = mapper_of(space, list(zip(e, t))).fit(texts, sample_domain=d)
    assert m.word_space_.source_coverage_ == 0.5
    known = m.word_space_.source_vectors_.any(axis=1)
    assert set(m.source_vocabulary_[known]) == set(e[:20])


def test_words_are_found_as_they_stand_before_another_case():
    """Else by their form; of several of one form the first."""
    words = ["Haus", "haus", "HOF", "Hof", "ＡＢＣ", "u\u0308ber"]
    looked_up = {
        "haus": "haus",
        "Haus": "Haus",
        "HAUS": "Haus",
        "hof": "HOF",
        "Hof": "Hof",
        "abc": "ＡＢＣ",
        "über": "u\u0308ber",
        "none": None,
    }
    V = np.eye(len(words), dtype=np.float32)
    space = AlignedEmbeddings(
        Unmoved(), source_vectors=(words, V), target_vectors=(words, V), backoff=False
    )
    texts = [" ".join(looked_up)] * 4
    mapper = mapper_of(space, [(w, w) for w in words], tokenizer=str.split, min_df=1)
    mapper.fit(texts, sample_domain=[1, 1, -1, -1])
    vectors = dict(zip(mapper.source_vocabulary_, mapper.word_space_.source_vectors_))
    assert set(vectors) == set(looked_up)
    for word, found in looked_up.items():
        expected = V[words.index(found)] if found else np.zeros(len(words))
        assert_allclose(vectors[word], expected, atol=1e-6)


def test_parameters_of_the_alignment_are_searched():
    grid = {
        "mapper__word_space__vectors__vector_size": [20, 40],
        "mapper__word_space__alignment": [Rotation(), Procrustes()],
    }
    space = AlignedEmbeddings(vectors=WordVectors("ppmi", random_state=0))
    model = TransferClassifier(mapper=mapper_of(space))
    search = GridSearchCV(model, grid, cv=TargetKFold(2))
    search.fit(X, Y, sample_domain=D, groups=D)
    assert search.best_score_ > 0.5
    space = search.best_estimator_.mapper_.word_space_
    assert isinstance(space.alignment_, Rotation | Procrustes)


def test_pickling_and_parameters():
    trained = WordVectors("ppmi", vector_size=20, random_state=0)
    space = AlignedEmbeddings(Rotation(), vectors=trained)
    before = pickle.dumps(space.get_params(deep=False))
    m = mapper_of(space).fit(X, sample_domain=D)
    assert pickle.dumps(space.get_params(deep=False)) == before
    assert not hasattr(space, "alignment_")
    assert not hasattr(space.alignment, "R_")
    again = pickle.loads(pickle.dumps(m))
    assert_array_equal(again.transform(TARGET_TEXTS), m.transform(TARGET_TEXTS))
