import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal, spearmanr
from sklearn.covariance import LedoitWolf
from sklearn.naive_bayes import MultinomialNB

from sktransfer.weighting import InformationInstanceSelector
from sktransfer.weighting._information import kept_rows
from sktransfer.weighting._surprisal import fit_gaussian, fit_unigram, surprisal


def test_unigram_surprisal_by_hand():
    model = fit_unigram(np.array([[2, 0], [1, 0]]), smoothing=1.0, unit=1.0)
    # p = (3 + 1, 0 + 1) / 5
    found = surprisal(model, np.array([[1, 0], [0, 3], [1, 1], [0, 0]]))
    one, two = -np.log(0.8), -np.log(0.2)
    assert_allclose(found, [one, two, (one + two) / 2, 0])


def test_differences_of_unigram_models_are_those_of_naive_bayes(rng):
    X, d = rng.poisson(1.0, size=(60, 8)), np.repeat([1, -1], 30)
    X[:, 0] += 1
    X[30:, 1] += rng.poisson(2.0, size=30)
    bayes = MultinomialNB(alpha=X[X > 0].mean(), fit_prior=False).fit(X, d)
    log_p = bayes.feature_log_prob_  # rows: target (-1), source (1)
    w = InformationInstanceSelector(model="unigram").fit(X, sample_domain=d)
    expected = X[:30] @ (log_p[1] - log_p[0]) / X[:30].sum(axis=1)
    assert_allclose(w.differences_, expected, atol=1e-8)


def test_gaussian_surprisal_is_a_shrunk_log_density(rng):
    X = rng.normal(size=(80, 3)) @ rng.normal(size=(3, 3))
    floor = np.array([0.1, 0.2, 0.4])
    Z = (X - X.mean(axis=0)) / np.sqrt(floor)
    C = LedoitWolf(assume_centered=True).fit(Z).covariance_ + np.eye(3)
    covariance = C * np.sqrt(np.outer(floor, floor))
    density = multivariate_normal(X.mean(axis=0), covariance)
    expected = -density.logpdf(X) - 1.5 * np.log(2 * np.pi)
    assert_allclose(surprisal(fit_gaussian(X, floor=floor), X), expected)


def test_kept_rows_by_hand():
    difference = np.array([3.0, 1.0, 2.0, 1.0])
    assert_array_equal(kept_rows(difference, 0.5), [False, True, False, True])
    assert_array_equal(kept_rows(difference, 0.25), [False, True, False, True])
    assert_array_equal(kept_rows(difference, 1e-9), [False, True, False, True])
    assert_array_equal(kept_rows(difference, 0.75), [False, True, True, True])
    assert kept_rows(difference, 1.0).all()


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
