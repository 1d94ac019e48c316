"""Weighters on rows of few kinds, whose density ratio is that of their counts."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from sklearn.tree import DecisionTreeClassifier

from sktransfer import weighting
from sktransfer.weighting import (
    ClusterInstanceSelector,
    DiscriminatorInstanceWeighter,
    InformationInstanceSelector,
    InstanceWeighter,
    KLIEPInstanceWeighter,
    KMMInstanceWeighter,
    KNNInstanceWeighter,
    LabelShiftInstanceWeighter,
    MeanMatchingInstanceWeighter,
    RelativeDensityInstanceWeighter,
)

pytestmark = pytest.mark.filterwarnings("ignore:The .* source rows")


class Kinds(NamedTuple):
    """Kinds of rows, and how many of each a domain has."""

    rows: np.ndarray
    source: np.ndarray
    target: np.ndarray

    @property
    def X(self):
        sides = self.source, self.target
        return np.vstack([np.repeat(self.rows, n, axis=0) for n in sides])

    @property
    def sample_domain(self):
        return np.repeat([1, -1], [self.source.sum(), self.target.sum()])

    @property
    def first(self):
        """A source row of each kind."""
        return np.cumsum(self.source) - self.source

    @property
    def ratio(self):
        shares = self.target / self.target.sum(), self.source / self.source.sum()
        return shares[0] / shares[1]

    @property
    def error(self):
        """Standard error of the ratio: counts are Poisson draws, nearly."""
        return self.ratio * np.sqrt(1 / self.source + 1 / self.target)


FLAGS = np.array(list(product([0.0, 1.0], repeat=3)))
DATA = {
    "flag": Kinds(np.array([[0.0], [1]]), np.array([200, 200]), np.array([40, 360])),
    "rare flag": Kinds(
        np.array([[0.0], [1]]), np.array([380, 20]), np.array([200, 200])
    ),
    "stars": Kinds(
        np.arange(1.0, 6)[:, None],
        np.array([20, 40, 80, 160, 100]),
        np.array([100, 120, 80, 60, 40]),
    ),
    # independent flags: the log ratio is linear in them
    "flags": Kinds(
        FLAGS,
        np.rint(600 * np.prod(np.abs(1 - FLAGS - [0.5, 0.6, 0.3]), axis=1)).astype(int),
        np.rint(400 * np.prod(np.abs(1 - FLAGS - [0.2, 0.5, 0.6]), axis=1)).astype(int),
    ),
    "one-hot": Kinds(
        np.eye(4), np.array([100, 200, 300, 50]), np.array([50, 50, 60, 240])
    ),
}
CONTAINERS = {"dense": np.asarray, "csr_array": sp.csr_array}
TREE = DecisionTreeClassifier(random_state=0)


def relative_ratio(kinds, alpha):
    r"""Normalised :math:`r / (\alpha r + 1 - \alpha)`, by the ratio r."""
    found = kinds.ratio / (alpha * kinds.ratio + 1 - alpha)
    return found / np.average(found, weights=kinds.source)


def plain_ratio(kinds):
    return kinds.ratio


def halfway(kinds):
    """Voronoi counts relative to their mean, with a smoothing of 1."""
    return (kinds.ratio + 1) / 2


RATIOS = {
    "relative density": (
        RelativeDensityInstanceWeighter(flatten=None),
        lambda kinds: relative_ratio(kinds, 0.1),
    ),
    "relative density .5": (
        RelativeDensityInstanceWeighter(alpha=0.5, flatten=None),
        lambda kinds: relative_ratio(kinds, 0.5),
    ),
    "plain ratio": (
        RelativeDensityInstanceWeighter(alpha=0, flatten=None),
        plain_ratio,
    ),
    "kliep": (KLIEPInstanceWeighter(flatten=None), plain_ratio),
    "discriminator": (DiscriminatorInstanceWeighter(flatten=None), plain_ratio),
    "tree": (DiscriminatorInstanceWeighter(TREE, flatten=None), plain_ratio),
    "neighbour share": (
        KNNInstanceWeighter(n_neighbors=15, smoothing=0, flatten=None),
        plain_ratio,
    ),
    "voronoi": (
        KNNInstanceWeighter(method="voronoi", smoothing=0, flatten=None),
        plain_ratio,
    ),
    "smoothed voronoi": (KNNInstanceWeighter(method="voronoi", flatten=None), halfway),
    "cluster ratio": (
        ClusterInstanceSelector(weighting="ratio", random_state=0, flatten=None),
        plain_ratio,
    ),
    # means of flags are shares: to match them is to match the shares
    "mean matching": (MeanMatchingInstanceWeighter(), plain_ratio),
    "linear kernel": (KMMInstanceWeighter(kernel="linear", eps=0.0), plain_ratio),
}


def cases():
    for name, data in product(RATIOS, DATA):
        if name == "discriminator" and data == "stars":
            continue  # no linear log ratio
        if name in ("mean matching", "linear kernel") and data in ("stars", "flags"):
            continue  # more kinds than means
        yield name, data


@pytest.mark.parametrize(
    "container",
    [
        pytest.param(c, marks=pytest.mark.slow if k else ())
        for k, c in enumerate(CONTAINERS)
    ],
)
@pytest.mark.parametrize(("name", "data"), list(cases()))
def test_weights_are_the_ratio_of_the_counts(name, data, container):
    weighter, truth = RATIOS[name]
    kinds = DATA[data]
    if isinstance(weighter, ClusterInstanceSelector):
        weighter.set_params(n_clusters=len(kinds.rows))
    X = CONTAINERS[container](kinds.X)
    w = weighter.fit(X, sample_domain=kinds.sample_domain).weights_
    # as near as the counts are to what they were drawn from
    assert np.all(np.abs(w[kinds.first] - truth(kinds)) <= 0.5 * kinds.error)
    source = w[: kinds.source.sum()]
    assert_allclose(source, np.repeat(w[kinds.first], kinds.source), rtol=1e-9)


@pytest.mark.parametrize("name", list(RATIOS))
def test_the_order_of_equal_rows_does_not_matter(name, rng):
    kinds, (weighter, _) = DATA["one-hot"], RATIOS[name]
    X, d = kinds.X, kinds.sample_domain
    order = rng.permutation(len(d))
    one = weighter.fit(X, sample_domain=d).weights_[order]
    two = weighter.fit(X[order], sample_domain=d[order]).weights_
    assert_allclose(two, one, rtol=1e-5)


@pytest.mark.parametrize("container", list(CONTAINERS))
@pytest.mark.parametrize("keep", [0.2, 0.5, "auto"])
def test_information_keeps_the_kinds_of_the_largest_ratio(keep, container):
    # a Gaussian is monotone in a flag, a unigram model exact on one word a row
    kinds = DATA["flag" if container == "dense" else "one-hot"]
    selector = InformationInstanceSelector(keep=keep)
    X = CONTAINERS[container](kinds.X)
    w = selector.fit(X, sample_domain=kinds.sample_domain).weights_[kinds.first]
    order = np.argsort(-kinds.ratio)
    kept = np.cumsum(kinds.source[order]) - kinds.source[order]
    share = selector.keep_ * kinds.source.sum()
    assert_allclose(w[order] > 0, kept < share)  # kinds are kept or dropped as a whole
    assert np.unique(w[w > 0]).size == 1


def test_clusters_keep_the_kinds_that_the_target_has():
    kinds = DATA["one-hot"]._replace(target=np.array([50, 0, 2, 240]))
    selector = ClusterInstanceSelector(
        n_clusters=4, min_share=0.05, random_state=0, flatten=None
    )
    w = selector.fit(kinds.X, sample_domain=kinds.sample_domain).weights_
    # 2 of 292 target rows are .015 of what the third kind has in both domains
    assert_allclose(w[kinds.first], [650 / 150, 0, 0, 650 / 150])


@pytest.mark.parametrize("method", ["em", "black_box"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("chances", [(0.9, 0.2), (0.7, 0.4)])
def test_class_shares_are_found_by_a_flag(method, share, chances):
    # of n rows of a class exactly n times its chance have the flag
    n = 2000
    sizes = np.rint(n * np.array([0.5, 0.5, 1 - share, share])).astype(int)
    flag = np.concatenate(
        [np.arange(m) < round(m * c) for m, c in zip(sizes, [*chances[::-1]] * 2)]
    )
    y = np.repeat(["no", "yes", "no", "yes"], sizes)
    d = np.repeat([1, -1], n)
    w = LabelShiftInstanceWeighter(method=method, flatten=None)
    w.fit(flag[:, None], y, sample_domain=d)
    assert w.identifiable_
    assert_allclose(w.target_shares_, [1 - share, share], atol=0.01)
    # of the flag's share, binomial, over the difference that the class makes
    p = flag[n:].mean()
    least = 1.96 * np.sqrt(p * (1 - p) / n) / (chances[0] - chances[1])
    low, high = w.confidence_interval_[1]
    assert low <= share <= high
    assert high - low >= 2 * least
    truth = np.array([1 - share, share]) / 0.5
    assert_allclose(w.weights_[[0, n - 1]], truth, atol=0.02)


@pytest.mark.parametrize("method", ["em", "black_box"])
def test_class_shares_are_found_by_stars(method, rng):
    stars = {"bad": [0.5, 0.3, 0.1, 0.06, 0.04], "good": [0.02, 0.06, 0.12, 0.3, 0.5]}
    y = np.repeat(["bad", "good", "bad", "good"], [1000, 1000, 600, 1400])
    X = np.array([[rng.choice(5, p=stars[label]) + 1.0] for label in y])
    w = LabelShiftInstanceWeighter(method=method)
    w.fit(np.eye(5)[X[:, 0].astype(int) - 1], y, sample_domain=np.repeat([1, -1], 2000))
    low, high = w.confidence_interval_[1]
    assert w.identifiable_
    assert low <= 0.7 <= high
    assert high - low < 0.1


def test_no_weighter_is_left_out():
    public = {getattr(weighting, n) for n in weighting.__all__} - {InstanceWeighter}
    tested = {type(weighter) for weighter, _ in RATIOS.values()}
    tested |= {InformationInstanceSelector, LabelShiftInstanceWeighter}
    assert tested == public
