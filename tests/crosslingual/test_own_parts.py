"""Alignments and word spaces of one's own, written with public names alone."""

import pickle
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.cross_decomposition import CCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import normalize

from sktransfer.crosslingual import (
    AlignedEmbeddings,
    Alignment,
    CrossLingualMapper,
    DistributionalCorrespondence,
    KernelAlignment,
    Procrustes,
    SelfLearningAlignment,
    WordSpace,
    WordSpaceUnion,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.embedding import WordVectors
from sktransfer.model_selection import TargetKFold
from sktransfer.testing import check_alignment
from sktransfer.transfer import TransferClassifier

REVIEWS = make_bilingual_reviews(190, source="en/books", target="de/books")
X, Y, D = list(REVIEWS.data), REVIEWS.target, REVIEWS.sample_domain


class Ridge(Alignment):
    """Least squares with a ridge."""

    def __init__(self, alpha=1.0, *, normalize=("unit",)):
        self.alpha = alpha
        self.normalize = normalize

    def fit_maps(self, X, Y, sample_weight=None):
        if sample_weight is not None:
            X, Y = (Z * np.sqrt(sample_weight)[:, None] for Z in (X, Y))
        gram = X.T @ X + self.alpha * np.eye(X.shape[1])
        self.map_ = np.linalg.solve(gram, X.T @ Y)

    def apply_map(self, rows, side):
        return rows @ self.map_.astype(rows.dtype) if side == "source" else rows


class Flip(BaseEstimator):
    """An alignment that knows nothing of this package: the signs that agree best."""

    def fit(self, X, Y):
        self.signs_ = np.where((X * Y).sum(axis=0) < 0, -1, 1)
        return self

    def transform(self, X, Y=None):
        return X * self.signs_ if Y is None else (X * self.signs_, Y)


class Company(WordSpace):
    """Words by their cosines with the most frequent pairs of the dictionary."""

    standardize_documents = True

    def __init__(self, n_pairs=80):
        self.n_pairs = n_pairs

    def fit(self, source, target, links, y=None):
        held = source.counts.sum(axis=0)[links.source]
        chosen = np.argsort(-held, kind="stable")[: self.n_pairs]
        sides = ((source, links.source), (target, links.target))
        self.source_vectors_, self.target_vectors_ = (
            self.cosines(side.weights, words[chosen]) for side, words in sides
        )
        return self

    def cosines(self, weights, words):
        columns = normalize(weights, axis=0)
        return (columns.T @ columns[:, words]).toarray().astype(np.float32)


class Bare(BaseEstimator):
    """A word space that inherits nothing: pairs of the dictionary by their number."""

    standardize_documents = False
    learns_words = True
    feature_scale = 1.0

    def fit(self, source, target, links, y=None):
        self.source_vectors_ = np.eye(source.words.size)
        self.target_vectors_ = np.zeros((target.words.size, source.words.size))
        self.target_vectors_[links.target, links.source] = 1
        return self

    def unseen_documents(self, weights, words, side):
        return None

    def translation_scores(self, words):
        return self.target_vectors_.T[words]

    def feature_names(self, source, target):
        return list(source.words)


def pairs(n=80, d=4, seed=0):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, d))
    A /= np.linalg.norm(A, axis=1, keepdims=True)
    return A, A * [1, -1, 1, -1]


class TestAlignments:
    def test_a_subclass_has_all_that_alignments_have(self):
        A, B = pairs()
        ridge = Ridge(alpha=1e-9)
        mapped, target = ridge.fit(A, B).transform(A, B)
        assert_allclose(mapped, target, atol=1e-6)
        assert_array_equal(ridge.translate(A, B)[0].ravel(), np.arange(80))
        assert ridge.get_feature_names_out().tolist() == [f"ridge{k}" for k in range(4)]
        assert ridge.transform(A.astype(np.float32)).dtype == np.float32
        again = pickle.loads(pickle.dumps(clone(ridge).fit(A, B)))
        assert_array_equal(again.transform(A), mapped)
        weighted = Ridge(0.1).fit(A, B, sample_weight=np.repeat([1.0, 0.0], 40))
        assert_allclose(weighted.map_, Ridge(0.1).fit(A[:40], B[:40]).map_)
        check_alignment(Ridge(0.001))
        with pytest.raises(ValueError, match="must be None or a sequence of the steps"):
            Ridge(normalize="unit").fit(A, B)

    def test_what_is_not_written_is_named(self):
        class Nothing(Alignment):
            pass

        class Half(Alignment):
            def fit_maps(self, X, Y, sample_weight=None):
                self.done_ = True

        with pytest.raises(NotImplementedError, match="Nothing must define fit_maps"):
            Nothing().fit(*pairs())
        with pytest.raises(NotImplementedError, match="Half must define apply_map"):
            Half().fit(*pairs()).transform(pairs()[0])

    def test_declared_constraints_are_checked(self):
        class Checked(Ridge):
            _parameter_constraints: ClassVar = {"alpha": [float]}

        with pytest.raises(ValueError, match="alpha of Checked must be"):
            Checked(alpha="a").fit(*pairs())

    @pytest.mark.parametrize("part", [Ridge(1e-9), Flip(), CCA(4, scale=False)])
    def test_as_a_part_of_others(self, part):
        A, B = pairs()
        kernel = KernelAlignment(part, n_components=10, random_state=0)
        assert_allclose(*kernel.fit(A, B).transform(A, B), atol=0.2)
        learner = SelfLearningAlignment(part, max_iter=2, random_state=0)
        learner.fit(A, B, pairs=np.c_[:60, :60])
        mapped, target = learner.transform(A, B)
        best = (mapped @ target.T).argmax(axis=1)
        assert np.mean(best == np.arange(80)) > 0.8
        assert learner.get_feature_names_out().size == 4

    @pytest.mark.parametrize("part", [Ridge(), Flip(), Procrustes()])
    def test_in_a_word_space(self, part):
        space = AlignedEmbeddings(
            part, vectors=WordVectors("ppmi", vector_size=20, random_state=0)
        )
        mapper = CrossLingualMapper(REVIEWS.dictionary, word_space=space)
        Z = mapper.fit_transform(X, sample_domain=D)
        assert Z.shape == (len(X), 20)
        assert isinstance(mapper.word_space_.alignment_, type(part))

    def test_transform_has_to_give_both_sides(self):
        class SourceAlone(Flip):
            def transform(self, X, Y=None):
                return X * self.signs_

        space = AlignedEmbeddings(
            SourceAlone(), vectors=WordVectors("ppmi", vector_size=20)
        )
        mapper = CrossLingualMapper(REVIEWS.dictionary, word_space=space)
        with pytest.raises(TypeError, match=r"must return two arrays, .* got ndarray"):
            mapper.fit(X, sample_domain=D)

    @pytest.mark.parametrize("part", ["procrustes", 1, Flip, object()])
    def test_what_is_no_alignment(self, part):
        A, B = pairs()
        message = r"initial must be an alignment: .* such as Procrustes.*; got"
        with pytest.raises(TypeError, match=message):
            KernelAlignment(part).fit(A, B)


class TestWordSpaces:
    def test_a_subclass_maps_documents(self):
        mapper = CrossLingualMapper(REVIEWS.dictionary, word_space=Company())
        Z = mapper.fit_transform(X, Y, sample_domain=D)
        assert Z.shape == (len(X), 80)
        assert_allclose((Z[D < 0] ** 2).sum(axis=1).mean(), 4, rtol=1e-3)
        assert mapper.translate(["good", "unheardof"], 2).shape == (2, 2)
        assert mapper.get_feature_names_out()[0] == "dimension0"
        assert not mapper.transform(["unerhört"]).any()
        again = pickle.loads(pickle.dumps(mapper))
        assert_array_equal(again.transform(X[-5:]), mapper.transform(X[-5:]))

    def test_it_carries_sentiment_over_and_is_searched(self):
        model = TransferClassifier(
            mapper=CrossLingualMapper(REVIEWS.dictionary, word_space=Company())
        )
        grid = {"mapper__word_space__n_pairs": [2, 80]}
        search = GridSearchCV(model, grid, cv=TargetKFold(2))
        search.fit(X, Y, sample_domain=D, groups=D)
        assert search.best_params_ == {"mapper__word_space__n_pairs": 80}
        assert search.best_score_ > 0.6

    def test_nothing_to_inherit(self):
        dictionary = [("good", "gut"), ("bad", "schlecht")]
        mapper = CrossLingualMapper(dictionary, word_space=Bare(), min_df=1)
        texts = ["good book", "bad book", "gut", "schlecht"]
        Z = mapper.fit_transform(texts, sample_domain=[1, 1, -2, -2])
        assert mapper.get_feature_names_out().tolist() == ["bad", "book", "good"]
        assert_array_equal(Z.toarray()[2:], [[0, 0, 1], [1, 0, 0]])
        assert mapper.translate(["bad"])[0, 0] == "schlecht"

    def test_in_a_union(self):
        pivots = DistributionalCorrespondence(30, correspondence="pmi")
        for own, sparse in ((Company(20), False), (Bare(), True)):
            union = WordSpaceUnion([("own", own), ("pivots", pivots)])
            mapper = CrossLingualMapper(REVIEWS.dictionary, word_space=union)
            Z = mapper.fit_transform(X, Y, sample_domain=D)
            assert Z.shape[1] == mapper.get_feature_names_out().size
            assert hasattr(Z, "toarray") == sparse
            assert mapper.translate(["good"]).shape == (1, 1)

    def test_every_word_has_a_vector(self):
        class Short(Company):
            def fit(self, source, target, links, y=None):
                super().fit(source, target, links)
                self.target_vectors_ = self.target_vectors_[:-1]
                return self

        class Forgets(Company):
            def fit(self, source, target, links, y=None):
                return self

        for space, shapes in ((Short(), r"\(\d+, 80\)"), (Forgets(), r"\(\) and \(\)")):
            mapper = CrossLingualMapper(REVIEWS.dictionary, word_space=space)
            message = rf"{type(space).__name__}.fit must set .* {shapes}"
            with pytest.raises(ValueError, match=message):
                mapper.fit(X, sample_domain=D)

    def test_fit_has_to_be_written(self):
        mapper = CrossLingualMapper(REVIEWS.dictionary, word_space=WordSpace())
        with pytest.raises(NotImplementedError, match="WordSpace must define fit"):
            mapper.fit(X, sample_domain=D)

    @pytest.mark.parametrize("space", [3, Procrustes(), make_pipeline(Flip()), Company])
    def test_what_is_no_word_space(self, space):
        mapper = CrossLingualMapper(REVIEWS.dictionary, word_space=space)
        message = r"word_space must be a word space .* Inherit from .*WordSpace"
        with pytest.raises(TypeError, match=message):
            mapper.fit(X, sample_domain=D)
