"""Laws of every recommender, on a matrix whose answers are plain to see."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.model_selection import GridSearchCV, cross_validate

from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import (
    ALSRecommender,
    EASERecommender,
    ItemKNNRecommender,
    LocalEASERecommender,
)
from sktransfer.testing import check_recommender

COLLABORATIVE = {
    "als": ALSRecommender(n_factors=4, l2=0.5),
    "ease": EASERecommender(l2=2.0),
    "local ease": LocalEASERecommender(l2=2.0),
    "cosine": ItemKNNRecommender(),
    "jaccard": ItemKNNRecommender(similarity="jaccard", shrinkage=1.0),
    "rp3beta": ItemKNNRecommender(similarity="rp3beta"),
}


def checkerboard(n=20):
    """Even users take even items and odd users odd ones; user i has yet to take i."""
    X = (np.add.outer(np.arange(n), np.arange(n)) % 2 == 0).astype(np.float32)
    np.fill_diagonal(X, 0)
    return sparse.csr_array(X)


def random_interactions(rng, n_rows=60, n_items=15):
    """Two tastes and some noise; every item and every user occurs."""
    taste = rng.integers(0, 2, n_rows)[:, None] == np.arange(n_items) % 2
    X = rng.random((n_rows, n_items)) < np.where(taste, 0.45, 0.1)
    X[np.arange(n_rows), np.arange(n_rows) % n_items] = True
    return sparse.csr_array(X.astype(np.float64))


class RecommenderLaws:
    """Mix into the tests of a recommender and define ``model`` and ``grid``."""

    grid = None  # of two settings at least

    def model(self):
        raise NotImplementedError

    def test_keeps_the_public_laws(self):
        check_recommender(self.model(), tolerance=1e-7)

    def test_indices_of_64_bits(self, rng):
        X = random_interactions(rng)
        large = X.copy()
        large.indices, large.indptr = X.indices.astype("i8"), X.indptr.astype("i8")
        expected = self.model().fit(X)
        model = self.model().fit(large)
        assert_array_equal(model.predict(large), expected.predict(X))
        assert_array_equal(model.recommend(large)[0], expected.recommend(X)[0])

    def test_candidates_in_every_form(self, rng):
        X = random_interactions(rng)
        model = self.model().fit(X)
        shared = np.array([9, 1, 4, 6, 4])
        mask = np.isin(np.arange(15), shared)
        expected = model.recommend(X, 6, candidates=shared)
        assert set(np.unique(expected[0])) <= {-1, 1, 4, 6, 9}
        full = np.where(mask, model.predict(X), -np.inf)
        full[X.nonzero()] = -np.inf
        order = np.argsort(-full, axis=1, kind="stable")[:, :6]
        listed = np.take_along_axis(full, order, axis=1) > -np.inf
        assert_array_equal(expected[0], np.where(listed, order, -1))
        each = np.tile([1, 4, -1, 6, 9], (60, 1))
        forms = [mask, shared.tolist(), each, [[9, 6, 4, 1]] * 60]
        forms += [np.tile(mask, (60, 1)), sparse.csr_matrix(np.tile(mask, (60, 1)))]
        ragged = [[1, 4, 6, 9] if i % 2 else [] for i in range(60)]
        for form in forms:
            items, scores = model.recommend(X, 6, candidates=form)
            assert_array_equal(items, expected[0])
            assert_allclose(scores, expected[1])
        items, scores = model.recommend(X, 6, candidates=ragged)
        assert_array_equal(items[1::2], expected[0][1::2])
        assert (items[::2] == -1).all()
        assert (scores[::2] == -np.inf).all()

    @pytest.mark.parametrize(
        ("candidates", "message"),
        [
            ([99], "ids from 0 to 14"),
            ([-1, 2], "ids from 0 to 14"),
            ([[1, 2]], "got 1 lists for 60 rows"),
            ([[1], [2, 3]], "got 2 lists for 60 rows"),
            (np.ones(3, dtype=bool), "candidates must be"),
            (7, "candidates must be"),
            ([[0.5]] * 60, "for row 0"),
            ([[[1]]] * 60, "for row 0"),
            ([[99]] * 60, "ids from 0 to 14"),
            (sparse.csr_array((3, 3)), "sparse matrix of shape"),
        ],
    )
    def test_bad_candidates(self, rng, candidates, message):
        X = random_interactions(rng)
        with pytest.raises(ValueError, match=message):
            self.model().fit(X).recommend(X, candidates=candidates)

    @pytest.mark.parametrize("k", [0, -1, 2.5, True, "a"])
    def test_bad_k(self, k):
        X = checkerboard()
        with pytest.raises(ValueError, match="k must be an integer"):
            self.model().fit(X).recommend(X, k)

    def test_empty_rows_and_stored_zeros(self, rng):
        X = random_interactions(rng)
        expected = self.model().fit(X).predict(X)
        more = sparse.vstack([X, sparse.csr_array((2, 15))]).tocsr()
        model = self.model().fit(more)
        assert_allclose(model.predict(X), expected)
        items, _ = model.recommend(sparse.csr_array((2, 15)), 3)
        assert (items >= 0).all()
        zero = X[:1].copy()
        zero.data[0] = 0  # stored, and no interaction
        first = model.recommend(zero, 15)[0]
        assert X.indices[0] in first

    def test_an_item_that_nobody_took_gains_nothing(self, rng):
        X = sparse.hstack([random_interactions(rng), sparse.csr_array((60, 1))]).tocsr()
        items, _ = self.model().fit(X).recommend(X[:5], 3)
        assert 15 not in items

    def test_score_is_ndcg_of_what_is_held_out(self, rng):
        X_in, X_out = split_interactions(random_interactions(rng), random_state=0)
        model = self.model().fit(X_in)
        items, _ = model.recommend(X_in, 10)
        assert model.score(X_in, X_out) == pytest.approx(ndcg_at_k(X_out, items))
        one = np.where(np.diff(X_out.indptr) > 0, X_out.argmax(axis=1), -1)
        assert model.score(X_in, one) == pytest.approx(ndcg_at_k(one, items))
        with pytest.raises(ValueError, match="needs held-out interactions"):
            model.score(X_in, sparse.csr_array(X_in.shape))
        with pytest.raises(ValueError, match="must have shape"):
            model.score(X_in, X_out[:, :3])

    @pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
    def test_search_over_held_out_interactions(self, rng, kind):
        X_in, X_out = split_interactions(kind(random_interactions(rng)), random_state=0)
        search = GridSearchCV(self.model(), self.grid, cv=3, error_score="raise")
        search.fit(X_in, X_out)
        results = cross_validate(  # which takes no sparse y
            search.best_estimator_, X_in, X_out.toarray(), cv=3, error_score="raise"
        )
        assert results["test_score"].mean() == pytest.approx(search.best_score_)
        assert search.best_score_ > 0
        assert search.predict(X_in).shape == X_in.shape

    def test_predict_has_the_form_of_y(self):
        X = checkerboard()
        model = self.model().fit(X, np.arange(20))
        assert_array_equal(model.predict(X), np.arange(20))

    def test_pickle_and_names(self, rng):
        pandas = pytest.importorskip("pandas")
        X = random_interactions(rng)
        model = self.model().fit(X)
        again = pickle.loads(pickle.dumps(model))
        assert_array_equal(again.predict(X), model.predict(X))
        frame = pandas.DataFrame(X.toarray(), columns=[f"P{i}" for i in range(15)])
        named = self.model().fit(frame)
        assert list(named.feature_names_in_) == list(frame.columns)
        assert_allclose(named.predict(frame), model.predict(X))
