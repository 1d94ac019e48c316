"""Pairs of words learned from texts, on languages that differ by a cipher."""

import numpy as np
import pytest

from sktransfer.crosslingual import CrossLingualMapper, DictionaryTranslation

N_WORDS, N_TOPICS, N_TEXTS, LENGTH = 240, 24, 1200, 30
SOURCE = np.array([f"e{k:03d}" for k in range(N_WORDS)])
CIPHER = np.random.RandomState(7).permutation(N_WORDS)
TARGET = np.array([f"t{CIPHER[k]:03d}" for k in range(N_WORDS)])
RIGHT = set(zip(SOURCE.tolist(), TARGET.tolist()))


def texts_of(words, seed):
    """Texts about topics; every word belongs to two of them, common to all texts."""
    rng = np.random.RandomState(seed)
    frequency = 1 / (10 + np.arange(N_WORDS))
    belongs = np.random.RandomState(0)
    weight = np.full((N_TOPICS, N_WORDS), 0.02)
    for k in range(N_WORDS):
        weight[belongs.choice(N_TOPICS, 2, replace=False), k] = 1
    p = weight * frequency
    p /= p.sum(axis=1, keepdims=True)
    topics = rng.randint(N_TOPICS, size=N_TEXTS)
    return [" ".join(rng.choice(words, LENGTH, p=p[t])) for t in topics]


def learned(dictionary, source=SOURCE, target=TARGET, **parameters):
    texts = texts_of(source, 1) + texts_of(target, 2)
    mapper = CrossLingualMapper(
        dictionary, word_space=DictionaryTranslation(), **parameters
    )
    return mapper.fit(texts, sample_domain=np.repeat([1, -1], N_TEXTS))


SEEDS = sorted(RIGHT)[3::6]  # 40 of 240


def test_a_few_pairs_tell_the_others():
    mapper = learned(SEEDS)
    found = set(mapper.learned_pairs_) - set(SEEDS)
    assert len(found) >= 30
    assert len(found & RIGHT) > 0.7 * len(found)  # by chance 1 of 240
    assert mapper.support_ > 0.8
    assert mapper.link_doubt_ is None
    # the surest pair is a right one, and serves as if it were in the dictionary
    best = next(pair for pair in mapper.learned_pairs_ if pair in found)
    assert mapper.translate([best[0]]).tolist() == [[best[1]]]


def test_pairs_that_contradict_each_other_link_nothing():
    words = [e for e, _ in SEEDS]
    wrong = list(zip(words, np.roll([t for _, t in SEEDS], 7)))
    with pytest.warns(UserWarning, match="do not bear each other out"):
        mapper = learned(wrong)
    assert mapper.learned_pairs_ == []
    assert mapper.support_ < 0.6


def test_words_written_the_same_are_pairs_only_if_the_texts_bear_them_out():
    # 60 loans; 20 words look the same, and mean what another word means
    target = TARGET.copy()
    loans = np.arange(1, N_WORDS, 4)
    target[loans] = SOURCE[loans]
    friends = np.arange(2, 82, 4)
    target[friends] = SOURCE[np.roll(friends, 3)]
    right = set(zip(SOURCE.tolist(), target.tolist()))
    mapper = learned([], target=target)
    found = set(mapper.learned_pairs_)
    assert len(found & right) > 0.9 * len(found)
    false = [w for w in SOURCE[friends] if mapper.translate([w])[0, 0] == w]
    assert len(false) <= 2
    mapper = learned([], target=target, learn_pairs=False)
    assert mapper.learned_pairs_ == []
    assert all(mapper.translate([w])[0, 0] == w for w in SOURCE[friends])


def test_nothing_is_learned_beside_a_dictionary_that_serves():
    mapper = learned(sorted(RIGHT))
    assert mapper.learned_pairs_ == []
    assert np.isnan(mapper.support_)
    assert learned(sorted(RIGHT), learn_pairs=True).support_ > 0.8


def test_few_texts_teach_no_pairs():
    mapper = CrossLingualMapper(SEEDS, min_df=1, word_space=DictionaryTranslation())
    mapper.fit(
        texts_of(SOURCE, 1)[:9] + texts_of(TARGET, 2)[:9], None, [1] * 9 + [-1] * 9
    )
    assert mapper.learned_pairs_ == []
