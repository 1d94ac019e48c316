import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer._core.correspondence import (
    Pivots,
    TranslationProbabilities,
    correspondence,
    document_frequency,
    select_pivots,
    standardize_profiles,
    translation_probabilities,
    unify_profiles,
)


def test_em_by_hand_one_round():
    # e0 -> t0, t1; e1 -> t1. J = .5 f(e0), .5 f(e0), f(e1)
    i, j = [0, 0, 1], [0, 1, 1]
    f_e, f_t = [0.4, 0.6], [0.2, 0.8]
    p = translation_probabilities(i, j, f_e, f_t, n_iter=1)
    # p(e|t) = 1, .2/.8, .6/.8; p(t|e0) ~ 1 * .2, .25 * .8
    assert_allclose(p.target_given_source, [0.5, 0.5, 1.0])
    assert_allclose(p.source_given_target, [1.0, 0.25, 0.75])


def test_em_finds_the_explanation_of_both_frequencies():
    # t1 is as frequent as e1 alone explains only if e0 is translated by t0
    i, j = [0, 0, 1], [0, 1, 1]
    p = translation_probabilities(i, j, [0.4, 0.6], [0.4, 0.6], n_iter=500)
    assert_allclose(p.target_given_source, [1, 0, 1], atol=0.02)
    assert_allclose(p.source_given_target, [1, 0, 1], atol=0.02)


def test_no_rounds_leave_translations_equal():
    p = translation_probabilities([0, 0, 1], [0, 1, 1], [1, 1], [1, 9], n_iter=0)
    assert_allclose(p.target_given_source, [0.5, 0.5, 1])
    assert_allclose(p.source_given_target, [1, 1 / 3, 2 / 3])


@pytest.mark.parametrize("n_iter", [0, 1, 10])
def test_an_unambiguous_dictionary_is_certain(n_iter):
    p = translation_probabilities(
        [0, 1, 2], [2, 0, 1], [0.1, 0.5, 0.9], [0.3, 0.2, 0.7], n_iter=n_iter
    )
    assert_allclose(p.target_given_source, 1)
    assert_allclose(p.source_given_target, 1)


def test_words_that_do_not_occur_get_no_probability_and_no_nan():
    p = translation_probabilities([0, 1], [0, 0], [0.0, 0.0], [0.5])
    assert_array_equal(p.source_given_target, 0)
    assert np.isfinite(p.target_given_source).all()


@given(st.integers(0, 2**31 - 1))
@settings(max_examples=30, deadline=None)
def test_probabilities_sum_to_one(seed):
    rng = np.random.default_rng(seed)
    n_e, n_t = rng.integers(1, 8, size=2)
    pairs = np.argwhere(rng.random((n_e, n_t)) < 0.5)
    i, j = pairs[:, 0], pairs[:, 1]
    p = translation_probabilities(
        i, j, rng.random(n_e) + 0.01, rng.random(n_t) + 0.01, n_iter=5
    )
    for group, value in ((i, p.target_given_source), (j, p.source_given_target)):
        assert_allclose(np.bincount(group, value)[np.unique(group)], 1)


def pivots_of(**changes):
    arguments = {
        "source_frequency": [0.5, 0.5, 0.1],
        "target_frequency": [0.5, 0.25, 0.1],
        "gain": [1.0, 1.0, 9.0],
        "n_pivots": 3,
    }
    certain = TranslationProbabilities(np.ones(3), np.ones(3))
    return select_pivots([0, 1, 2], [0, 1, 2], certain, **arguments | changes)


def test_pivots_are_ranked_by_gain_times_consistency():
    pivots = pivots_of()
    assert_array_equal(pivots.source, [2, 0, 1])
    assert_allclose(pivots.score, [9, 1, 0.5])
    assert_array_equal(pivots_of(n_pivots=1).source, [2])


def test_rare_pivots_are_left_out():
    assert_array_equal(pivots_of(source_min_frequency=0.2).source, [0, 1])
    assert_array_equal(pivots_of(target_min_frequency=0.3).source, [0])


def test_one_translation_a_word_and_no_target_word_twice():
    p = TranslationProbabilities(np.array([0.7, 0.3, 1]), np.array([0.9, 1, 0.1]))
    pivots = select_pivots(
        [0, 0, 1],
        [0, 1, 0],
        p,
        source_frequency=[0.5, 0.5],
        target_frequency=[0.5, 0.5],
        gain=[2.0, 1.0],
        n_pivots=5,
    )
    assert_array_equal(pivots.source, [0])
    assert_array_equal(pivots.target, [0])


@pytest.fixture
def weights(rng):
    dense = rng.random((40, 9)) * (rng.random((40, 9)) < 0.4)
    dense[:, 8] = 0
    dense[:, 7] = 1
    return dense


def expected_correspondence(W, function, w, f):
    x, z = W[:, w], W[:, f]
    if function == "cosine":
        norm = np.linalg.norm(x) * np.linalg.norm(z)
        return x @ z / norm if norm else 0.0
    x, z = x > 0, z > 0
    if function == "linear":
        return x[z].mean() - x[~z].mean() if 0 < z.mean() < 1 else 0.0
    joint = (x & z).mean()
    return max(0.0, np.log(joint / (x.mean() * z.mean()))) if joint else 0.0


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("function", ["cosine", "linear", "pmi"])
def test_correspondence_is_what_its_formula_says(weights, function, form):
    pivots = [3, 0, 7, 8]
    got = correspondence(form(weights), pivots, function)
    expected = [
        [expected_correspondence(weights, function, w, f) for f in pivots]
        for w in range(9)
    ]
    assert_allclose(got, expected, atol=1e-12)


@pytest.mark.parametrize("function", ["cosine", "linear", "pmi"])
def test_order_of_documents_does_not_matter(weights, function, rng):
    shuffled = sparse.csr_array(weights[rng.permutation(40)])
    assert_allclose(
        correspondence(shuffled, [0, 1], function),
        correspondence(sparse.csr_array(weights), [0, 1], function),
    )


def test_document_frequency(weights):
    assert_allclose(
        document_frequency(sparse.csr_array(weights)), (weights > 0).mean(axis=0)
    )


def test_standardized_profiles_have_unit_length_and_ignore_constants(rng):
    F = rng.normal(size=(20, 4))
    F[:, 1] = 0.1  # constant, not exactly representable
    before = F.copy()
    Z = standardize_profiles(F)
    assert_array_equal(F, before)
    assert_array_equal(Z[:, 1], 0)
    assert_allclose(np.linalg.norm(Z, axis=1), 1)
    z = (F[:, [0, 2, 3]] - F[:, [0, 2, 3]].mean(0)) / F[:, [0, 2, 3]].std(0)
    assert_allclose(
        Z[:, [0, 2, 3]], z / np.linalg.norm(z, axis=1, keepdims=True), atol=1e-12
    )


def test_unified_pivots_are_one(rng):
    source, target = (standardize_profiles(rng.normal(size=(6, 3))) for _ in "ab")
    s, t = source.copy(), target.copy()
    unify_profiles(s, t, Pivots(np.array([4, 1]), np.array([0, 5]), np.ones(2)))
    assert_array_equal(s[[4, 1]], t[[0, 5]])
    mean = source[4] + target[0]
    assert_allclose(s[4], mean / np.linalg.norm(mean))
    assert_array_equal(s[[0, 2, 3, 5]], source[[0, 2, 3, 5]])
    assert_array_equal(t[[1, 2, 3, 4]], target[[1, 2, 3, 4]])
