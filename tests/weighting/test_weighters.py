"""Laws that hold for every weighter, and input that none may answer with NaN."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import sktransfer.weighting as weighting
from sktransfer.testing import weighter_checks_generator
from sktransfer.transfer import TransferClassifier
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

WEIGHTERS = {
    "kmm": KMMInstanceWeighter(),
    "kliep": KLIEPInstanceWeighter(),
    "relative density": RelativeDensityInstanceWeighter(),
    "neighbour share": KNNInstanceWeighter(),
    "voronoi": KNNInstanceWeighter(method="voronoi"),
    "discriminator": DiscriminatorInstanceWeighter(),
    "cluster": ClusterInstanceSelector(random_state=0),
    "cluster ratio": ClusterInstanceSelector(weighting="ratio", random_state=0),
    "gaussian": InformationInstanceSelector(model="gaussian"),
    "unigram": InformationInstanceSelector(model="unigram"),
    "mean matching": MeanMatchingInstanceWeighter(),
    "label shift": LabelShiftInstanceWeighter(),
    "black box": LabelShiftInstanceWeighter(method="black_box"),
}
NEW = [n for n in WEIGHTERS if n != "kmm"]  # KMM has tests of its own
# with their defaults: tests/test_common.py
VARIANTS = ["voronoi", "cluster ratio", "gaussian", "unigram", "black box"]
RATIOS = ["kliep", "relative density", "neighbour share", "discriminator"]
SCORING = [n for n in NEW if hasattr(WEIGHTERS[n], "score_samples")]

each = pytest.mark.parametrize("name", NEW)
every = pytest.mark.parametrize("name", list(WEIGHTERS))


def weighter(name, **parameters):
    return clone(WEIGHTERS[name]).set_params(**parameters)


def quiet(name, X, y, d, **parameters):
    """Fit without the warnings that the data deserve."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return weighter(name, **parameters).fit(X, y, sample_domain=d)


def counts(rng, n_source=90, n_target=70, n_features=5):
    """Counts, more of the last column in the target; labels by the first."""
    rate = np.full((n_source + n_target, n_features), 2.0)
    rate[n_source:, -1] = 3.5
    X = rng.poisson(rate) + rng.uniform(size=rate.shape)
    d = np.repeat([1, -1], [n_source, n_target])
    return X, np.where(X[:, 0] > 2.4, "good", "bad"), d


def test_no_weighter_is_left_out():
    public = {getattr(weighting, n) for n in weighting.__all__} - {InstanceWeighter}
    assert {type(w) for w in WEIGHTERS.values()} == public


@parametrize_with_checks([WEIGHTERS[n] for n in VARIANTS])
def test_sklearn_compatible(estimator, check):
    check(estimator)


# ------------------------------------------------------------------------------- laws


def laws_of_variants():
    for name in VARIANTS:
        yield from weighter_checks_generator(WEIGHTERS[name])


@pytest.mark.parametrize(("estimator", "check"), laws_of_variants())
def test_variants_keep_the_laws_of_weighters(estimator, check):
    check(estimator)


@each
def test_without_domains_all_weights_are_one(name, rng):
    X, y, _ = counts(rng)
    w = weighter(name).fit(X.astype(np.float32), y)
    assert_array_equal(w.weights_, np.ones(160, np.float32))
    assert w.weights_.dtype == np.float32
    assert w.effective_sample_size_ == pytest.approx(160)
    if name in SCORING:
        assert_array_equal(w.score_samples(X[:3].astype(np.float32)), np.ones(3))


@each
def test_source_rows_have_mean_one_and_target_rows_are_one(name, rng):
    X, y, d = counts(rng)
    w = quiet(name, X, y, d)
    source = w.weights_[d > 0]
    assert source.mean() == pytest.approx(1)
    assert source.min() >= 0
    assert_array_equal(w.weights_[d < 0], 1)
    expected = source.sum() ** 2 / (source @ source)
    assert w.effective_sample_size_ == pytest.approx(expected)


@pytest.mark.parametrize("name", ["voronoi", "gaussian", "unigram", "cluster ratio"])
def test_equal_domains_have_equal_weights_exactly(name, rng):
    X, y, _ = counts(rng, 60, 0)
    d = np.repeat([1, -1], 60)
    w = quiet(name, np.vstack([X, X]), np.r_[y, y], d)
    assert_allclose(w.weights_, 1, atol=1e-12)


def test_equal_domains_have_equal_neighbours_exactly(rng):
    # of an odd number of neighbours that come in pairs, one more is a target row
    X, _, _ = counts(rng, 60, 0)
    w = KNNInstanceWeighter(n_neighbors=5, smoothing=0.5)
    w.fit(np.vstack([X, X]), sample_domain=np.repeat([1, -1], 60))
    assert_allclose(w.weights_, 1, atol=1e-12)


@pytest.mark.parametrize("name", RATIOS)
def test_equal_distributions_have_nearly_equal_weights(name, rng):
    X = rng.normal(size=(1200, 2))
    w = quiet(name, X, None, np.repeat([1, -1], 600), flatten=None)
    assert w.effective_sample_size_ > 0.85 * 600


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("name", [*RATIOS, "voronoi", "cluster ratio"])
def test_weights_follow_the_density_ratio(name, sign, rng):
    # Gaussians of unit variance a distance of 1 apart: the ratio is exp(x - 1/2)
    X = rng.normal(size=(1600, 2))
    X[800:, 0] += sign
    d = np.repeat([1, -1], 800)
    truth = np.exp(sign * X[:800, 0])
    least = {"voronoi": 0.45}.get(name, 0.9)
    parameters = {"smoothing": 0.0} if name == "voronoi" else {}
    w = quiet(name, X, None, d, flatten=None, **parameters)
    assert spearmanr(w.weights_[:800], truth)[0] > least
    mean = np.average(X[:800, 0], weights=w.weights_[:800])
    assert mean * sign == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("name", ["gaussian", "cluster"])
def test_selectors_keep_the_side_of_the_target(name, rng):
    X = rng.normal(size=(600, 2))
    X[300:] = X[300:] * 0.5 + [2.0, 0.0]
    w = quiet(name, X, None, np.repeat([1, -1], 300))
    kept = w.weights_[:300] > 0
    assert 0 < kept.sum() < 300
    assert X[:300][kept, 0].mean() > X[:300][~kept, 0].mean() + 1
    assert np.unique(w.weights_[:300]).size == 2


@each
def test_domains_are_two_sides_whatever_their_numbers(name, rng):
    X, y, d = counts(rng)
    many = d * rng.integers(1, 4, size=len(d))
    one, two = quiet(name, X, y, d), quiet(name, X, y, many)
    assert_array_equal(one.weights_, two.weights_)


def test_dense_rows_are_not_written_to(rng):
    X, y, d = counts(rng)
    before = X.copy(), y.copy(), d.copy()
    quiet("gaussian", X, y, d)
    for now, then in zip((X, y, d), before):
        assert_array_equal(now, then)


# ------------------------------------------------------------------- rows outside fit


@pytest.mark.parametrize(
    "name", ["kliep", "relative density", "cluster", "cluster ratio", "gaussian"]
)
@pytest.mark.parametrize("flatten", [None, 0.4])
def test_scores_of_the_rows_of_fit_are_their_weights(name, flatten, rng):
    X, y, d = counts(rng)
    parameters = {} if name == "gaussian" else {"flatten": flatten}
    w = quiet(name, X, y, d, **parameters)
    assert_allclose(w.score_samples(X[d > 0]), w.weights_[d > 0], rtol=1e-6)


@pytest.mark.parametrize("name", RATIOS)
def test_scores_of_new_rows_follow_the_ratio(name, rng):
    X = rng.normal(size=(1600, 2))
    X[800:, 0] += 1
    w = quiet(name, X, None, np.repeat([1, -1], 800))
    new = rng.normal(size=(500, 2))
    assert spearmanr(w.score_samples(new), new[:, 0])[0] > 0.8
    assert w.score_samples(new).mean() == pytest.approx(1, abs=0.25)
    assert w.score_samples(100 * new).max() <= w.weights_.max() * (1 + 1e-9)


# --------------------------------------------------------------- flattening, warnings


@pytest.mark.parametrize("name", [*RATIOS, "voronoi", "label shift"])
def test_flattening_is_a_power_of_the_weights(name, rng):
    X, y, d = counts(rng)
    y[d > 0] = np.where(X[d > 0, 0] > 3, "good", "bad")
    raw = quiet(name, X, y, d, flatten=None).weights_[d > 0]
    half = quiet(name, X, y, d, flatten=0.5).weights_[d > 0]
    assert_allclose(half, np.sqrt(raw) / np.sqrt(raw).mean(), rtol=1e-6)
    assert quiet(name, X, y, d, flatten=0).effective_sample_size_ == pytest.approx(
        np.count_nonzero(raw)
    )


@pytest.mark.parametrize("name", ["kliep", "discriminator"])
def test_automatic_flattening_leaves_half_of_the_rows(name, rng):
    X = rng.normal(size=(400, 3))
    X[200:] += 1.2
    d = np.repeat([1, -1], 200)
    raw = quiet(name, X, None, d, flatten=None)
    flat = quiet(name, X, None, d, flatten="auto")
    assert raw.effective_sample_size_ < 80
    assert flat.effective_sample_size_ == pytest.approx(100, rel=1e-3)
    assert 0 < flat.flatten_ < raw.flatten_ == 1
    assert spearmanr(raw.weights_[:200], flat.weights_[:200])[0] == pytest.approx(1)


def test_automatic_flattening_leaves_even_weights_alone(rng):
    X, d = rng.normal(size=(200, 3)), np.repeat([1, -1], 100)
    X[100:] += 0.3
    w = DiscriminatorInstanceWeighter().fit(X, sample_domain=d)
    assert w.flatten_ == 1
    assert 50 < w.effective_sample_size_ < 99


def test_few_effective_rows_are_warned_of(rng):
    X = rng.normal(size=(200, 3))
    X[100:] += 2
    w = KLIEPInstanceWeighter(flatten=None)
    with pytest.warns(UserWarning, match="Flatten the weights") as caught:
        w.fit(X, sample_domain=np.repeat([1, -1], 100))
    assert w.effective_sample_size_ < 20
    assert caught[0].filename == __file__


def test_domains_apart_are_warned_of(rng):
    X, d = rng.normal(size=(100, 2)), np.repeat([1, -1], 50)
    X[50:] += 1000
    for w in (
        KLIEPInstanceWeighter(gamma=1.0),
        RelativeDensityInstanceWeighter(gamma=1.0),
        KNNInstanceWeighter(),
        ClusterInstanceSelector(random_state=0),
    ):
        with pytest.warns(UserWarning, match="no source row that resembles") as caught:
            w.fit(X, sample_domain=d)
        assert_array_equal(w.weights_, 1)
        assert caught[0].filename == __file__
        assert_array_equal(w.score_samples(X), 1)
    with pytest.warns(UserWarning, match="can be told apart almost always") as caught:
        w = DiscriminatorInstanceWeighter().fit(X, sample_domain=d)
    assert w.auc_ == 1
    assert __file__ in {c.filename for c in caught}


@each
def test_no_warning_without_need(name, rng):
    X, y, d = counts(rng, 300, 200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # what older scikit-learn asks of newer SciPy
        warnings.filterwarnings("ignore", "scipy.optimize", DeprecationWarning)
        weighter(name).fit(X, y, sample_domain=d)


# ---------------------------------------------------------------------- hostile input


def hostile(rng):
    X, y, d = counts(rng, 30, 20)
    small = X / X.max()
    one = y.copy()
    one[:] = "good"
    outlier = np.where(np.arange(50)[:, None] == 4, 1e30, X)
    cases = {
        "one target row": (X[:31], y[:31], d[:31]),
        "one source row": (X[29:], y[29:], d[29:]),
        "one row a side": (X[[0, -1]], y[[0, -1]], np.array([1, -1])),
        "one class": (X, one, d),
        "constant column": (np.c_[X, np.full(50, 7.0)], y, d),
        "all rows equal": (np.ones_like(X), y, d),
        "all rows null": (np.zeros_like(X), y, d),
        "some rows null": (X * (np.arange(50)[:, None] % 2), y, d),
        "duplicates": (np.repeat(X[:5], 10, axis=0), np.repeat(y[:5], 10), d),
        "integers": (X.astype(int), y, d),
        "booleans": (X > 2, y, d),
        "float16": (X.astype(np.float16), y, d),
        "1e30": (1e30 * X, y, d),
        "1e30 in float32": (1e30 * small.astype(np.float32), y, d),
        "1e200": (1e200 * X, y, d),
        "one huge row": (outlier, y, d),
        "tiny": (1e-200 * X, y, d),
        "far from the origin": (X + 1e6, y, d),
        "more columns than rows": (rng.uniform(size=(50, 80)), y, d),
        "domains apart": (X + 1e3 * (d < 0)[:, None], y, d),
        "no stored value": (sp.csr_matrix((50, 3)), y, d),
        "sparse 1e30": (sp.csr_array(1e30 * X), y, d),
    }
    return cases


@every
@pytest.mark.parametrize("case", list(hostile(np.random.default_rng(0))))
def test_hostile_input_gives_weights_or_a_clear_error(case, name, rng):
    X, y, d = hostile(rng)[case]
    if sp.issparse(X) and name == "gaussian":
        with pytest.raises(ValueError, match="needs dense rows"):
            quiet(name, X, y, d)
        return
    try:
        w = quiet(name, X, y, d).weights_
    except ValueError as error:
        message = str(error)
        assert "Scale the features" in message or "at least two classes" in message
        assert case in ("1e200", "one source row", "one row a side", "one class")
        return
    assert np.isfinite(w).all()
    assert w[d > 0].mean() == pytest.approx(1, rel=1e-5)
    assert w.min() >= 0


@every
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_missing_and_infinite_values_are_an_error(value, name, rng):
    X, y, d = counts(rng, 30, 20)
    X[3, 1] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        weighter(name).fit(X, y, sample_domain=d)


@every
@pytest.mark.parametrize("sign", [1, -1])
def test_one_side_alone_is_an_error(sign, name, rng):
    X, y, d = counts(rng, 30, 20)
    with pytest.raises(ValueError, match="needs rows of both sides"):
        weighter(name).fit(X, y, sample_domain=sign * np.abs(d))


@every
def test_domains_that_do_not_fit_are_an_error(name, rng):
    X, y, d = counts(rng, 30, 20)
    with pytest.raises(ValueError, match="one entry per row"):
        weighter(name).fit(X, y, sample_domain=d[:-1])


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("kliep", {"gamma": -1.0}),
        ("kliep", {"flatten": 2.0}),
        ("kliep", {"flatten": "always"}),
        ("relative density", {"alpha": 1.0}),
        ("relative density", {"ridge": 0.0}),
        ("neighbour share", {"n_neighbors": 0}),
        ("neighbour share", {"method": "mean"}),
        ("discriminator", {"cv": 1}),
        ("cluster", {"min_share": 1.5}),
        ("gaussian", {"keep": 0.0}),
        ("label shift", {"level": 1.0}),
        ("label shift", {"when_unsure": "guess"}),
    ],
)
def test_parameters_are_checked(name, bad, rng):
    X, y, d = counts(rng, 30, 20)
    with pytest.raises(ValueError, match=next(iter(bad))):
        weighter(name, **bad).fit(X, y, sample_domain=d)


# ------------------------------------------------------------------- in the classifier


@each
def test_weights_reach_the_classifier(name, rng):
    X, y, d = counts(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = TransferClassifier(LogisticRegression(), weighter=weighter(name))
        model.fit(X, y, sample_domain=d)
    expected = quiet(name, X, y, d).weights_
    assert_allclose(model.sample_weight_[d > 0], expected[d > 0])
    assert_array_equal(model.sample_weight_[d < 0], 0)


def test_a_weighter_may_end_a_pipeline(rng):
    X, y, d = counts(rng)
    reduced = make_pipeline(TruncatedSVD(2, random_state=0), KLIEPInstanceWeighter())
    model = TransferClassifier(weighter=reduced).fit(X, y, sample_domain=d)
    assert model.weighter_[-1].n_features_in_ == 2
    assert model.score(X[d < 0], y[d < 0]) > 0.8


def test_weighters_without_weights_are_refused_inside_label_shift(rng):
    class Nothing(BaseEstimator):
        def fit(self, X, y=None, sample_domain=None):
            return self

    X, y, d = counts(rng)
    with pytest.raises(TypeError, match="must set weights_"):
        LabelShiftInstanceWeighter(weighter=Nothing()).fit(X, y, sample_domain=d)
