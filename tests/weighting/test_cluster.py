import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans, MiniBatchKMeans

from sktransfer.weighting import ClusterInstanceSelector


def groups(rng, source=(40, 30, 30), target=(0, 10, 40)):
    """Three groups far apart, in given numbers of each domain."""
    centre = np.r_[np.repeat([0, 1, 2], source), np.repeat([0, 1, 2], target)]
    X = 10.0 * centre[:, None] + 0.1 * rng.normal(size=(centre.size, 2))
    return X, np.repeat([1, -1], [sum(source), sum(target)]), centre


class ByFirstColumn(ClusterMixin, BaseEstimator):
    """The cluster of a row is its first value."""

    def fit(self, X, y=None):
        self.labels_ = X[:, 0].astype(int)
        return self


@pytest.mark.filterwarnings("ignore:The 4 source rows")
def test_shares_and_ratios_by_hand():
    # source rows in the clusters 0, 0, 0, 1; target rows in 1 and 2
    X = np.array([[0.0], [0.0], [0.0], [1.0], [1.0], [2.0]])
    d = [1, 1, 1, 1, -1, -1]
    w = ClusterInstanceSelector(ByFirstColumn(), flatten=None).fit(X, sample_domain=d)
    assert_allclose(w.target_shares_, [0, (1 / 2) / (1 / 2 + 1 / 4), 1])
    assert_allclose(w.weights_, [0, 0, 0, 4, 1, 1])
    # all clusters kept: a ratio of 0 to 2
    w.set_params(min_share=0.0, weighting="ratio").fit(X, sample_domain=d)
    assert_allclose(w.weights_, [0, 0, 0, 4, 1, 1])
    w.set_params(weighting="equal").fit(X, sample_domain=d)
    assert_allclose(w.weights_, 1)


def test_rows_of_clusters_without_target_are_dropped(rng):
    X, d, centre = groups(rng)
    w = ClusterInstanceSelector(n_clusters=3, random_state=0).fit(X, sample_domain=d)
    assert_allclose(w.weights_[:100], np.where(centre[:100] == 0, 0, 100 / 60))
    assert w.effective_sample_size_ == pytest.approx(60)
    # each of the groups is one cluster
    assert len(set(zip(centre, w.labels_))) == 3


def test_ratios_balance_the_clusters(rng):
    X, d, centre = groups(rng)
    w = ClusterInstanceSelector(
        n_clusters=3, weighting="ratio", random_state=0, flatten=None
    ).fit(X, sample_domain=d)
    mass = np.bincount(centre[:100], weights=w.weights_[:100]) / 100
    assert_allclose(mass, [0, 0.2, 0.8])


@pytest.mark.parametrize(("min_share", "kept"), [(0.0, 100), (0.3, 60), (0.5, 30)])
def test_the_threshold_by_hand(min_share, kept, rng):
    # shares: 0, .2 / (.2 + .3) = .4, .8 / (.8 + .3) = .73
    X, d, _ = groups(rng)
    w = ClusterInstanceSelector(n_clusters=3, min_share=min_share, random_state=0)
    w.fit(X, sample_domain=d)
    assert np.count_nonzero(w.weights_[:100]) == kept
    assert_allclose(np.sort(w.target_shares_), [0, 0.4, 0.8 / 1.1])


@pytest.mark.parametrize("clusterer", [DBSCAN(eps=2), AgglomerativeClustering(3)])
def test_any_clusterer_will_do(clusterer, rng):
    X, d, centre = groups(rng)
    w = ClusterInstanceSelector(clusterer).fit(X, sample_domain=d)
    assert_array_equal(w.weights_[:100] > 0, centre[:100] > 0)
    assert not hasattr(w, "score_samples")


def test_new_rows_get_the_weight_of_their_cluster(rng):
    X, d, _ = groups(rng)
    w = ClusterInstanceSelector(KMeans(3, random_state=0)).fit(X, sample_domain=d)
    assert_allclose(w.score_samples([[0.0, 0], [10, 10], [20, 20]]), [0, 5 / 3, 5 / 3])


def test_many_rows_are_clustered_in_batches(rng):
    X, d, centre = groups(rng, source=(4000, 3000, 3000), target=(0, 1000, 4000))
    w = ClusterInstanceSelector(n_clusters=3, random_state=0).fit(X, sample_domain=d)
    assert isinstance(w.clusterer_, MiniBatchKMeans)
    assert_array_equal(w.weights_[:10_000] > 0, centre[:10_000] > 0)


def test_no_more_clusters_than_different_rows():
    X = np.repeat([[0.0], [1.0]], 20, axis=0)
    d = np.tile([1, 1, 1, -1], 10)
    w = ClusterInstanceSelector(n_clusters=9, random_state=0).fit(X, sample_domain=d)
    assert w.clusterer_.n_clusters == 2
    assert_allclose(w.weights_, 1)
