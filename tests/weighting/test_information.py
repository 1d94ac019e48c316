import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal, spearmanr
from sklearn.covariance import LedoitWolf
from sklearn.naive_bayes import MultinomialNB

from sktransfer.weighting import InformationInstanceSelector


def test_unigram_differences_by_hand():
    # p = (3 + 1, 0 + 1) / 5 in the source and (1 + 1, 3 + 1) / 6 in the target
    X = np.array([[2, 0], [1, 0], [0, 0], [1, 1], [0, 1], [0, 1]])
    X[3:] = [[1, 0], [0, 1], [0, 2]]
    unit = X[X > 0].mean()
    w = InformationInstanceSelector(model="unigram", smoothing=1 / unit)
    w.fit(X, sample_domain=[1, 1, 1, -1, -1, -1])
    # per token, and 0 for the row without any
    one = np.log(4 / 5) - np.log(2 / 6)
    assert_allclose(w.differences_, [one, one, 0], atol=1e-8)


def test_differences_of_unigram_models_are_those_of_naive_bayes(rng):
    X, d = rng.poisson(1.0, size=(60, 8)), np.repeat([1, -1], 30)
    X[:, 0] += 1
    X[30:, 1] += rng.poisson(2.0, size=30)
    bayes = MultinomialNB(alpha=X[X > 0].mean(), fit_prior=False).fit(X, d)
    log_p = bayes.feature_log_prob_  # rows: target (-1), source (1)
    w = InformationInstanceSelector(model="unigram").fit(X, sample_domain=d)
    expected = X[:30] @ (log_p[1] - log_p[0]) / X[:30].sum(axis=1)
    assert_allclose(w.differences_, expected, atol=1e-8)


def test_gaussian_differences_are_those_of_shrunk_log_densities(rng):
    X = rng.normal(size=(140, 3)) @ rng.normal(size=(3, 3))
    X[80:] = 0.5 * X[80:] + [1, 0, 2]
    source, target = X[:80], X[80:]
    # a hundredth of the spread over both domains
    gap = source.mean(axis=0) - target.mean(axis=0)
    floor = 0.01 * ((source.var(axis=0) + target.var(axis=0)) / 2 + gap**2 / 4)

    def log_density(rows):
        Z = (rows - rows.mean(axis=0)) / np.sqrt(floor)
        C = LedoitWolf(assume_centered=True).fit(Z).covariance_ + np.eye(3)
        covariance = C * np.sqrt(np.outer(floor, floor))
        return multivariate_normal(rows.mean(axis=0), covariance).logpdf(source)

    w = InformationInstanceSelector(model="gaussian")
    w.fit(X, sample_domain=np.repeat([1, -1], [80, 60]))
    assert_allclose(
        w.differences_, log_density(source) - log_density(target), atol=1e-8
    )


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (1e-9, [0, 2, 0, 2]),
        (0.25, [0, 2, 0, 2]),
        (0.5, [0, 2, 0, 2]),
        (0.75, [0, 4 / 3, 4 / 3, 4 / 3]),
        (1.0, [1, 1, 1, 1]),
    ],
)
def test_rows_that_tie_are_kept_together(keep, expected):
    # the target is word 1 alone: rows 1 and 3 are alike and nearest, then row 2
    X = np.array([[4, 1], [1, 4], [1, 1], [2, 8], [0, 9]])
    w = InformationInstanceSelector(model="unigram", keep=keep)
    w.fit(X, sample_domain=[1, 1, 1, 1, -1])
    assert_allclose(w.weights_[:4], expected)


@pytest.mark.filterwarnings("ignore:The 100 source rows")
def test_the_share_is_not_rounded_up_by_its_last_digit(rng):
    assert 0.07 * 100 > 7
    X, d = rng.normal(size=(150, 2)), np.repeat([1, -1], [100, 50])
    w = InformationInstanceSelector(keep=0.07).fit(X, sample_domain=d)
    assert np.count_nonzero(w.weights_[:100]) == 7


def test_the_rows_of_the_target_s_words_are_kept(rng):
    # half of the source writes as the target does
    like = rng.poisson([2.0, 2.0, 0.2, 0.2], size=(100, 4))
    unlike = rng.poisson([0.2, 0.2, 2.0, 2.0], size=(50, 4))
    X = np.vstack([unlike, like])
    d = np.repeat([1, -1], [100, 50])
    w = InformationInstanceSelector(keep=0.5).fit(sp.csr_array(X), sample_domain=d)
    assert (w.weights_[50:100] > 0).sum() >= 47
    assert w.effective_sample_size_ == np.count_nonzero(w.weights_[:100])
    assert w.keep_ == 0.5
    assert w.cv_surprisals_ == {}


def test_gaussian_differences_follow_the_density_ratio(rng):
    X, d = rng.normal(size=(800, 2)), np.repeat([1, -1], 400)
    X[400:] = 0.6 * X[400:] + [1.0, 0.0]
    w = InformationInstanceSelector(keep=0.3).fit(X, sample_domain=d)
    target = multivariate_normal([1, 0], 0.36 * np.eye(2))
    source = multivariate_normal([0, 0], np.eye(2))
    truth = source.logpdf(X[:400]) - target.logpdf(X[:400])
    assert spearmanr(w.differences_, truth)[0] > 0.99


def test_the_share_is_found_on_held_out_target_rows(rng):
    # 30 % of the source are rows of the target's kind, and the rest is far
    X, d = rng.normal(size=(600, 2)), np.repeat([1, -1], 300)
    X[90:300] += 6
    w = InformationInstanceSelector(keep="auto").fit(X, sample_domain=d)
    assert w.keep_ == 0.3
    assert len(w.cv_surprisals_) == 10
    assert w.cv_surprisals_[0.3] == min(w.cv_surprisals_.values())
    assert_array_equal(w.weights_[:300] > 0, np.arange(300) < 90)


def test_new_rows_are_judged_by_the_threshold(rng):
    X, d = rng.normal(size=(200, 2)), np.repeat([1, -1], 100)
    X[100:, 0] += 3
    w = InformationInstanceSelector(keep=0.5).fit(X, sample_domain=d)
    found = w.score_samples([[3.0, 0.0], [-3.0, 0.0]])
    assert_allclose(found, [2, 0])
    assert w.differences_[w.weights_[:100] > 0].max() == w.threshold_


def test_negative_counts_are_an_error(rng):
    X, d = rng.normal(size=(20, 2)), np.repeat([1, -1], 10)
    with pytest.raises(ValueError, match="not negative; got a minimum of"):
        InformationInstanceSelector(model="unigram").fit(X, sample_domain=d)
