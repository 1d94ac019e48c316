"""SelfLearningAlignment on spaces that are isometric up to noise."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ortho_group

from sktransfer.crosslingual import (
    Procrustes,
    SelfLearningAlignment,
    WhitenedAlignment,
)


def isometric(noise, n=700, d=15, seed=0):
    """Two vocabularies, the second turned, with noise and shuffled; and the match."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(35, d))
    X = centres[rng.integers(35, size=n)] + rng.normal(size=(n, d))
    X *= np.arange(1, d + 1) ** -0.5
    Y = X @ ortho_group.rvs(d, random_state=seed)
    Y += noise * Y.std() * rng.normal(size=Y.shape)
    order = rng.permutation(n)
    return X, Y[order], np.argsort(order)


def accuracy(alignment, X, Y, match):
    return np.mean(alignment.translate(X, Y)[0].ravel() == match)


def test_few_pairs_come_close_to_all_pairs():
    X, Y, match = isometric(0.5)
    full = accuracy(WhitenedAlignment().fit(X, Y[match]), X, Y, match)
    few = np.c_[np.arange(25), match[:25]]
    alone = accuracy(Procrustes().fit(X[:25], Y[match[:25]]), X, Y, match)
    learner = SelfLearningAlignment(random_state=0, patience=3)
    learned = accuracy(learner.fit(X, Y, pairs=few), X, Y, match)
    assert learned >= 0.8 * full
    assert learned > alone + 0.1
    assert learner.objectives_[-1] > learner.objectives_[0]


def test_from_nothing():
    X, Y, match = isometric(0.1)
    learner = SelfLearningAlignment(random_state=0, patience=3).fit(X, Y)
    assert accuracy(learner, X, Y, match) > 0.95
    known = learner.pairs_[:, 1] == match[learner.pairs_[:, 0]]
    assert known.mean() > 0.9


def test_from_words_that_are_written_alike():
    X, Y, match = isometric(0.1)
    source = [str(i) if i < 30 else f"en{i}" for i in range(700)]
    target = [""] * 700
    for i, row in enumerate(match):
        target[row] = str(i) if i < 30 else f"de{i}"
    learner = SelfLearningAlignment(random_state=0, patience=2)
    learner.fit(X, Y, source_words=source, target_words=target)
    assert accuracy(learner, X, Y, match) > 0.95


def test_of_words_that_are_written_alike_the_first_are_paired(rng):
    X, Y = rng.normal(size=(2, 40, 3))
    source = [*"a1b1", *(f"en{k}" for k in range(36))]
    target = [*"1caa", *(f"de{k}" for k in range(36))]
    learner = SelfLearningAlignment(random_state=0, max_iter=1)
    learner.fit(X, Y, source_words=source, target_words=target)
    by_words = learner.transform(X)
    by_pairs = learner.fit(X, Y, pairs=[[0, 2], [1, 0]]).transform(X)
    assert_array_equal(by_words, by_pairs)
    for pairs in ([[0, 3], [1, 0]], [[0, 2], [3, 0]]):
        others = learner.fit(X, Y, pairs=pairs).transform(X)
        assert np.abs(by_words - others).max() > 1e-3


def test_callback_follows_and_stops():
    X, Y, match = isometric(0.3, n=200)
    seen = []

    def callback(progress):
        seen.append(progress)
        return progress.n_iter == 7

    few = np.c_[np.arange(25), match[:25]]
    learner = SelfLearningAlignment(patience=2, callback=callback, random_state=0)
    learner.fit(X, Y, pairs=few)
    assert [p.n_iter for p in seen] == list(range(1, 8))
    assert learner.n_iter_ == 7
    keep = [p.keep_probability for p in seen]
    assert keep == sorted(keep)
    assert keep[0] == 0.1
    assert_allclose([p.objective for p in seen], learner.objectives_)


def test_same_seed_same_result():
    X, Y, _ = isometric(0.3, n=150)
    maps = [
        SelfLearningAlignment(random_state=3, max_iter=15).fit(X, Y).transform(X)
        for _ in range(2)
    ]
    assert_array_equal(*maps)


def test_frequency_cut_off():
    """Rows beyond it change nothing, and are mapped."""
    X, Y, match = isometric(0.1, n=300)
    few = np.c_[np.arange(25), match[:25]]
    few = few[few[:, 1] < 200]
    cut = SelfLearningAlignment(max_words=200, max_iter=20, random_state=0)
    part = SelfLearningAlignment(max_iter=20, random_state=0)
    cut.fit(X, Y, pairs=few)
    part.fit(X[:200], Y[:200], pairs=few)
    assert cut.pairs_.max() < 200
    assert_allclose(cut.transform(X[:200]), part.transform(X[:200]), atol=1e-9)
    assert cut.transform(X).shape == (300, 15)


def test_final_alignment_and_unequal_dimensions():
    X, Y, match = isometric(0.1, n=200)
    few = np.c_[np.arange(50), match[:50]]
    learner = SelfLearningAlignment(Procrustes(), max_iter=10, random_state=0)
    mapped, target = learner.fit(X, Y[:150, :12], pairs=few[few[:, 1] < 150]).transform(
        X, Y[:150, :12]
    )
    assert mapped.shape == (200, 12)
    assert target.shape == (150, 12)
    with pytest.raises(TypeError, match="final must be an alignment"):
        SelfLearningAlignment(final=1, max_iter=1).fit(X, Y)


def test_float32_stays_float32():
    X, Y, _ = (Z.astype(np.float32) for Z in isometric(0.1, n=100))
    learner = SelfLearningAlignment(max_iter=5, random_state=0).fit(X, Y)
    assert all(Z.dtype == np.float32 for Z in learner.transform(X, Y))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pairs": [[0, 9]]}, "below 8, and of y, below 9; got dtype int64"),
        ({"pairs": [[0.0, 1.0]]}, "got dtype float64"),
        ({"pairs": [0, 1]}, r"shape \(2,\)"),
        ({"source_words": list("abcdefgh")}, "source_words and target_words, or neit"),
        ({"source_words": ["a"], "target_words": ["a"]}, "X has 8 rows, but there are"),
        (
            {"source_words": list("abcdefgh"), "target_words": list("ijklmnopq")},
            "no pair to begin with",
        ),
    ],
)
def test_nothing_to_begin_with(rng, arguments, message):
    X, Y = rng.normal(size=(8, 3)), rng.normal(size=(9, 3))
    with pytest.raises(ValueError, match=message):
        SelfLearningAlignment().fit(X, Y, **arguments)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"k": 0}, "k of SelfLearningAlignment must be an integer of at least 1"),
        ({"max_words": 1.0}, "max_words of SelfLearningAlignment must be"),
        (
            {"keep_probability": 0},
            r"keep_probability of \w+ must be .* at most 1; got 0",
        ),
        ({"growth": 1}, "growth of SelfLearningAlignment must be"),
    ],
)
def test_wrong_parameters(rng, parameters, message):
    with pytest.raises(ValueError, match=message):
        SelfLearningAlignment(**parameters).fit(np.eye(3), np.eye(3))
