"""Numbers far beyond what the data can use, and content that is none."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sktransfer.metrics import gini_at_k, mrr_at_k, ndcg_at_k, recall_at_k
from sktransfer.recommend import (
    ALSRecommender,
    AutoTransferRecommender,
    ColdStartRecommender,
    EASERecommender,
    ItemKNNRecommender,
    LocalEASERecommender,
    NicheRecommender,
    SequentialRecommender,
    SessionVectorizer,
    TransferRecommender,
)

MANY = 10**9


@pytest.fixture
def X(rng):
    X = (rng.random((60, 30)) < 0.3).astype(float)
    X[np.arange(60), np.arange(60) % 30] = 1
    return sparse.csr_array(X)


@pytest.mark.parametrize(
    ("model", "name", "enough"),
    [
        (ALSRecommender(), "n_factors", 512),
        (LocalEASERecommender(), "n_factors", 30),
        (LocalEASERecommender(), "n_neighbors", 30),
        (ItemKNNRecommender(), "n_neighbors", 30),
        (TransferRecommender(EASERecommender()), "n_negatives", 30),
    ],
)
def test_more_than_there_is_is_all_there_is(X, model, name, enough):
    domain = np.repeat([1, -1], 30)
    options = {"sample_domain": domain} if name == "n_negatives" else {}
    found, expected = (
        clone(model).set_params(**{name: n}).fit(X, **options).predict(X)
        for n in (MANY, enough)
    )
    assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("name", ["n_neighbors", "window", "n_terms", "n_factors"])
def test_more_than_sessions_have(rng, name):
    sessions = [rng.integers(0, 9, 6).tolist() for _ in range(40)]
    found, expected = (
        SequentialRecommender(**{name: n}).fit(sessions).predict(sessions)
        for n in (MANY, 40)
    )
    assert_allclose(found, expected, atol=1e-7)


def test_pairs_further_apart_than_sessions_are_long():
    sessions = [[3, 1, 2], [1, 2]]
    found, expected = (
        SessionVectorizer(n_pairs=n, pair_window=w).fit_transform(sessions).toarray()
        for n, w in ((MANY, MANY), (9, 2))
    )
    assert_allclose(found, expected)


def test_factors_that_no_memory_holds_are_refused():
    X = sparse.csr_array((np.ones(30_000), (np.zeros(30_000, int), range(30_000))))
    with pytest.raises(ValueError, match=r"n_factors must be at most 20000.*30000"):
        ALSRecommender(10**6).fit(X)


@pytest.mark.parametrize("model", [ColdStartRecommender, NicheRecommender])
@pytest.mark.parametrize("content", [[], (), np.empty((0, 3))])
def test_no_content(X, model, content):
    with pytest.raises(ValueError, match=r"item_features .* got none. Pass None"):
        model(content).fit(X)


@pytest.mark.parametrize("model", [ColdStartRecommender, NicheRecommender])
def test_content_in_other_containers(X, rng, model):
    F = (rng.random((30, 4)) < 0.5).astype(float)
    F[:, 0] = 1
    expected = model(F).fit(X).predict(X)
    row, column = F.nonzero()
    repeated = sparse.coo_array(
        (np.ones(256 * row.size, np.int8), (np.tile(row, 256), np.tile(column, 256)))
    )
    for same in (F.tolist(), F.astype(bool), sparse.csc_matrix(F)):
        assert_allclose(model(same).fit(X).predict(X), expected, atol=1e-9)
    # content is scaled to a mean square of 1
    assert_allclose(model(repeated).fit(X).predict(X), expected, atol=1e-9)


@pytest.mark.parametrize("package", ["pandas", "polars"])
@pytest.mark.parametrize("model", [ColdStartRecommender, NicheRecommender])
def test_content_in_frames(X, rng, model, package):
    frame = pytest.importorskip(package).DataFrame
    F = rng.random((30, 4))
    found, expected = (model(same).fit(X).predict(X) for same in (frame(F), F))
    assert_allclose(found, expected, atol=1e-9)
    with pytest.raises(ValueError, match=r"item_features .* got none. Pass None"):
        model(frame()).fit(X)


def test_a_comparison_without_refit_says_so(X):
    model = AutoTransferRecommender([("EASE", EASERecommender())], refit=False).fit(X)
    for method in (model.recommend, model.predict):
        with pytest.raises(NotFittedError, match="refit=False"):
            method(X)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        clone(model).recommend(X)


class TestMetrics:
    """Relevance of any kind of numbers, and of entries that are stored again."""

    items = ((0, 1, 2), (2, 0, 1))

    @pytest.mark.parametrize("metric", [ndcg_at_k, recall_at_k, mrr_at_k])
    def test_repeated_entries_are_summed(self, metric):
        row = np.repeat([0, 0, 1], [256, 1, 2])
        column = np.repeat([1, 2, 0], [256, 1, 2])
        expected = metric([[0, 256, 1], [2, 0, 0]], self.items)
        for dtype in (np.int8, np.uint8, np.int64, np.float32):
            Y = sparse.coo_array((np.ones(259, dtype), (row, column)), shape=(2, 3))
            for same in (Y, sparse.csr_array((Y.data, column, [0, 257, 259]), (2, 3))):
                assert metric(same, self.items) == pytest.approx(expected, abs=1e-15)

    @pytest.mark.parametrize("metric", [ndcg_at_k, recall_at_k, mrr_at_k])
    @pytest.mark.parametrize("dtype", [bool, "u1", "f2", ">f8", ">i4", np.longdouble])
    def test_numbers_of_any_kind(self, metric, dtype):
        Y = np.array([[0, 1, 1], [1, 0, 0]])
        found = metric(Y.astype(dtype), self.items)
        assert found == pytest.approx(metric(Y, self.items), abs=1e-15)

    def test_a_large_catalogue_is_counted_without_listing_it(self):
        # of n items one is shown twice: 1 - 1/n
        assert gini_at_k([[0], [0]], MANY) == pytest.approx(1 - 1 / MANY, abs=1e-15)
