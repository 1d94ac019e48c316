import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from sktransfer.weighting import KNNInstanceWeighter


def test_shares_by_hand():
    # of the two nearest others, row 0 has source rows, row 3 one of each; others ...
    X = np.array([[0.0], [1.0], [2.1], [4.0], [4.5], [6.0]])
    d = np.array([1, 1, 1, 1, -1, -1])
    w = KNNInstanceWeighter(n_neighbors=2, smoothing=1.0, flatten=None)
    t = np.array([0, 0, 0, 1])  # neighbours of 2.1 are 1.0 and 4.0; of 4.0: 4.5, 2.1
    expected = (t + 1 / 3) / (2 - t + 2 / 3) * 2
    w.fit(X, sample_domain=d)
    assert_allclose(w.weights_[:4], expected / expected.mean())
    assert w.n_neighbors_ == 2


def test_shares_agree_with_a_plain_search(rng):
    X = rng.normal(size=(90, 3))
    d = np.where(rng.uniform(size=90) < 0.6, 1, -1)
    w = KNNInstanceWeighter(n_neighbors=7, flatten=None).fit(X, sample_domain=d)
    found = NearestNeighbors(n_neighbors=8).fit(X).kneighbors(X[d > 0])[1][:, 1:]
    t, prior = (d[found] < 0).sum(axis=1), np.mean(d < 0)
    expected = (t + prior) / (7 - t + 1 - prior)
    assert_allclose(w.weights_[d > 0], expected / expected.mean())


def test_the_ratio_by_hand():
    # one of two rows is the target's; around 0 there are 3 of 4, around 9 there is 1
    X = np.array([0, 0.1, 0.2, 0.3, 8.8, 8.9, 9, 9.1])[:, None]
    d = np.array([1, -1, -1, -1, 1, 1, 1, -1])
    w = KNNInstanceWeighter(n_neighbors=4, smoothing=2.0, flatten=None)
    found = w.fit(X, sample_domain=d).score_samples([[0.15], [8.95]])
    many, few = (3 + 1) / (1 + 1), (1 + 1) / (3 + 1)
    assert found[1] / found[0] == pytest.approx(few / many)


def test_cells_by_hand():
    X = np.array([[0.0], [1.0], [2.0], [0.1], [0.2], [0.9], [0.3]])
    d = np.array([1, 1, 1, -1, -1, -1, -1])
    w = KNNInstanceWeighter(method="voronoi", smoothing=0.0, flatten=None)
    w.fit(X, sample_domain=d)
    assert_allclose(w.weights_, [9 / 4, 3 / 4, 0, 1, 1, 1, 1])
    # with one added to each count over its mean (4/3): 13/4, 7/4, 1 over 2
    w.set_params(smoothing=1.0).fit(X, sample_domain=d)
    assert_allclose(w.weights_[:3], [13 / 8, 7 / 8, 1 / 2])


def test_equal_rows_share_what_falls_to_them():
    X = np.array([[0.0], [0.0], [2.0], [0.1], [0.2], [2.1]])
    d = np.array([1, 1, 1, -1, -1, -1])
    w = KNNInstanceWeighter(method="voronoi", smoothing=0.0).fit(X, sample_domain=d)
    assert_allclose(w.weights_[:3], [1, 1, 1])


def test_of_equal_rows_at_the_border_a_fair_share_is_taken():
    # the four nearest of 0 are the source row at 0.5 and three of the four equal rows
    # at 2, of which one is a source row: t = 3 * 3/4
    X = np.array([[0.0], [0.5], [2.0], [2.0], [2.0], [2.0]])
    d = np.array([1, 1, 1, -1, -1, -1])
    w = KNNInstanceWeighter(n_neighbors=4, smoothing=0.0, flatten=None)
    w.fit(X, sample_domain=d)
    t = np.array([9 / 4, 9 / 4, 3])
    expected = t / (4 - t)
    assert_allclose(w.weights_[:3], expected / expected.mean())


def test_without_smoothing_only_target_neighbours_give_a_finite_weight():
    X = np.array([[0.0], [5.0], [5.1], [0.1], [0.2], [5.2]])
    d = np.array([1, 1, 1, -1, -1, -1])
    w = KNNInstanceWeighter(n_neighbors=2, smoothing=0.0, flatten=None)
    w.fit(X, sample_domain=d)
    # row 0: two target rows of two, counted as 2 to 0.5; the others one of two
    assert_allclose(w.weights_[:3], [2, 0.5, 0.5])


@pytest.mark.parametrize("method", ["share", "voronoi"])
def test_cosine_is_euclidean_on_rows_of_length_one(method, rng):
    X = np.maximum(rng.normal(size=(80, 5)), 0) + 0.01
    d = np.repeat([1, -1], 40)
    cosine = KNNInstanceWeighter(method=method, metric="cosine")
    euclidean = KNNInstanceWeighter(method=method)
    expected = euclidean.fit(normalize(X), sample_domain=d).weights_
    assert_allclose(cosine.fit(X, sample_domain=d).weights_, expected)
    sparse = cosine.fit(sp.csr_array(X), sample_domain=d).weights_
    assert_allclose(sparse, expected)


def test_only_shares_weight_new_rows(rng):
    assert not hasattr(KNNInstanceWeighter(method="voronoi"), "score_samples")
    X = np.sort(rng.normal(size=(200, 1)), axis=0)
    d = np.tile([1, -1], 100)
    d[150:] = -1  # the upper end is the target's
    w = KNNInstanceWeighter(n_neighbors=9).fit(X, sample_domain=d)
    assert w.score_samples([[3.0]]) > 2 * w.score_samples([[-3.0]])
