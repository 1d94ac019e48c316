"""Pivots by the agreement of contexts."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import clone

from sktransfer.crosslingual import CrossLingualMapper, DistributionalCorrespondence
from sktransfer.crosslingual.word_spaces._context import (
    context_agreement,
    context_factors,
)
from sktransfer.datasets import make_bilingual_reviews


def topical(n_documents=400, n_words=60, n_topics=6, seed=0):
    """Documents whose words come from topics."""
    rng = np.random.default_rng(seed)
    likely = rng.dirichlet(np.full(n_words, 0.1), n_topics)
    topics = rng.integers(n_topics, size=n_documents)
    return sparse.csr_array(
        [rng.multinomial(30, likely[t]).astype(float) for t in topics]
    )


def pairs(source, target):
    return SimpleNamespace(source=np.asarray(source), target=np.asarray(target))


X = topical()
PERMUTED = np.random.default_rng(1).permutation(60)
Y = sparse.csr_array(X[np.random.default_rng(2).permutation(400)][:, PERMUTED])
# word k of X is word PLACE[k] of Y
PLACE = np.argsort(PERMUTED)


def test_same_texts_under_other_names_agree_fully():
    words, pivots = np.arange(60), np.arange(0, 60, 3)
    c = context_agreement(
        X, Y, pairs(words, PLACE), pairs(pivots, PLACE[pivots]), PLACE[pivots]
    )
    used = np.ravel(X.sum(axis=0)) > 0
    assert used.sum() > 40
    assert_allclose(c[used], 1, atol=1e-12)


def test_wrong_pairs_agree_less():
    pivots = np.arange(0, 60, 3)
    right = pairs(np.arange(60), PLACE)
    wrong = pairs(np.arange(60), np.roll(PLACE, 7))
    args = pairs(pivots, PLACE[pivots]), PLACE[pivots]
    c = context_agreement(X, Y, right, *args)
    d = context_agreement(X, Y, wrong, *args)
    assert np.all(np.abs(d) <= 1 + 1e-12)
    assert np.median(d) < 0.3 < np.median(c)


def test_what_a_pivot_shares_with_itself_does_not_count():
    # Every word stands alone: but for itself, no word has anything to do with a pivot.
    alone = sparse.csr_array(np.eye(10))
    every = np.arange(10)
    members = sparse.csr_array(np.eye(10)[:, :6])
    for target in (every[:6], members):
        c = context_agreement(
            alone, alone, pairs(every, every), pairs(every[:6], every[:6]), target
        )
        assert_allclose(c, 0, atol=1e-12)


def test_members_as_indices_and_as_weights():
    pivots = np.arange(0, 60, 3)
    members = sparse.csr_array(
        (np.ones(pivots.size), (PLACE[pivots], np.arange(pivots.size))), (60, 20)
    )
    args = X, Y, pairs(np.arange(60), PLACE), pairs(pivots, PLACE[pivots])
    assert_allclose(
        context_agreement(*args, PLACE[pivots]), context_agreement(*args, members)
    )


def test_factors():
    agreement = np.array([0.1, 0.5, -0.2, 0.4])
    assert_allclose(context_factors(agreement, 0), 1)
    assert_allclose(context_factors(np.full(4, 0.3), 2), 1)
    factors = context_factors(agreement, 1)
    assert np.array_equal(np.argsort(factors), np.argsort(agreement))
    # geometric mean 1, whatever the scale of the agreement
    assert_allclose(np.log(factors).mean(), 0, atol=1e-12)
    assert_allclose(context_factors(3 * agreement + 1, 1), factors)


def noisy(seed):
    """Reviews, and a dictionary in which some words are paired at random."""
    reviews = make_bilingual_reviews(400)
    rng = np.random.default_rng(seed)
    words = list(reviews.dictionary)
    chosen = rng.choice(len(words), len(words) // 4, replace=False)
    shuffled = dict(zip(chosen, np.roll(chosen, 1)))
    wrong = {(words[k][0], words[j][1]) for k, j in shuffled.items()} - set(words)
    right = [w for k, w in enumerate(words) if k not in shuffled]
    return reviews, [*right, *sorted(wrong)], wrong


NOISY = [noisy(0), noisy(1)]


def pivots(case, **parameters):
    reviews, dictionary, _ = case
    space = DistributionalCorrespondence(40, **parameters)
    mapper = CrossLingualMapper(dictionary, word_space=space, learn_pairs=False)
    mapper.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)
    return mapper.word_space_.pivots_


@pytest.mark.parametrize("grouped", [True, False])
def test_wrong_dictionary_pairs_fall_behind(grouped):
    n_wrong = {}
    for weight in (0, 2.0):
        chosen = [
            pivots(c, group_translations=grouped, context_weight=weight) for c in NOISY
        ]
        assert [len(p) for p in chosen] == [40, 40]
        n_wrong[weight] = sum(
            pair in wrong for p, (_, _, wrong) in zip(chosen, NOISY) for pair in p
        )
    assert n_wrong[2.0] < 0.7 * n_wrong[0]


def test_no_weight_no_change():
    assert pivots(NOISY[0], context_weight=0) == pivots(NOISY[0])


@pytest.mark.parametrize("weight", [-1, np.inf, np.nan, True, "1", None])
def test_weight_is_checked(weight):
    with pytest.raises(
        ValueError, match="context_weight of DistributionalCorrespondence must be"
    ):
        pivots(NOISY[0], context_weight=weight)
    assert clone(DistributionalCorrespondence(context_weight=2)).context_weight == 2
