"""Laws of the generated markets."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer.datasets import make_market_interactions

DIGEST = """
import hashlib, numpy
from sktransfer.datasets import make_market_interactions
b = make_market_interactions(n_users=40, n_items=30)
text = repr((b.data.indices.tolist(), b.data.indptr.tolist(), list(b.titles["de"])))
print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_shapes_and_keys():
    b = make_market_interactions(
        n_users=(50, 20, 30), n_items=40, markets=("en", "de", "de-at"), target="de"
    )
    assert isinstance(b.data, sparse.csr_matrix)
    assert b.data.shape == (100, 40)
    assert b.data.dtype == np.float32
    assert set(b.data.data) == {1.0}
    assert b.data.has_canonical_format
    assert_array_equal(b.market, ["en"] * 50 + ["de"] * 20 + ["de-at"] * 30)
    assert_array_equal(b.sample_domain < 0, b.market == "de")
    assert len(set(b.user_ids)) == 100
    assert len(set(b.item_ids)) == 40
    assert_array_equal(b.titles["de"], b.titles["de-at"])
    assert len(b.groups) == 40


def test_users_take_only_what_their_market_sells():
    b = make_market_interactions(n_users=300, n_items=60, catalogue_share=0.5)
    for market, sold in b.catalogue.items():
        assert sold.sum() == 30
        taken = np.asarray(b.data[b.market == market].sum(axis=0)).ravel()
        assert not taken[~sold].any()
        assert (taken[sold] > 0).mean() > 0.9


def test_number_of_items_a_user_takes():
    b = make_market_interactions(n_users=1000, n_items=500, mean_interactions=10)
    counts = np.diff(b.data.indptr)
    assert counts.min() >= 2
    assert 9 < counts.mean() < 11
    assert counts.std() > 2


@pytest.mark.parametrize("seed", ["1", "77"])
@pytest.mark.slow
def test_same_in_every_process(seed):
    env = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", DIGEST]
    out = subprocess.run(command, env=env, capture_output=True, check=True).stdout
    b = make_market_interactions(n_users=40, n_items=30)
    text = repr((b.data.indices.tolist(), b.data.indptr.tolist(), list(b.titles["de"])))
    assert out.decode().strip() == hashlib.sha256(text.encode()).hexdigest()


def test_rows_do_not_depend_on_other_markets_or_sizes():
    a = make_market_interactions(n_users=(30, 20), n_items=50)
    b = make_market_interactions(
        n_users=(5, 600, 30), n_items=50, markets=("zh", "de", "en")
    )
    rows = a.data[a.market == "de"] != b.data[b.market == "de"][:20]
    assert rows.nnz == 0
    assert (a.data[a.market == "en"] != b.data[b.market == "en"]).nnz == 0
    other = make_market_interactions(n_users=(30, 20), n_items=50, random_state=1)
    assert (other.data != a.data).nnz > 0


def test_titles_are_of_one_item_in_several_languages():
    b = make_market_interactions(n_users=5, markets=("en", "de", "es", "zh"))
    for titles in zip(*b.titles.values()):
        heads = {tuple(t.split()[:2]) for t in titles}
        assert len(heads) == 1  # brand and number
        assert len(set(titles)) == 4


def test_popularity_and_tastes_differ_between_markets():
    b = make_market_interactions(n_users=1500)
    both = b.catalogue["en"] & b.catalogue["de"]
    counts = [
        np.asarray(b.data[b.market == m].sum(axis=0)).ravel()[both]
        for m in ("en", "de")
    ]
    assert 0.2 < np.corrcoef(*counts)[0, 1] < 0.95
    top = [set(np.argsort(-c)[:20]) for c in counts]
    assert len(top[0] & top[1]) < 18


def _ease_scores(X, H, l2):
    G = np.asarray((X.T @ X).todense(), dtype=np.float64)
    P = np.linalg.inv(G + l2 * np.eye(len(G)))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0.0)
    return H @ B


def _hit_rate(b, seed, train_on_source):
    """Share of users whose hidden item is among the ten best unseen ones."""
    rng = np.random.default_rng(seed)
    T = b.data[b.sample_domain < 0].toarray()
    hidden = np.array([rng.choice(np.flatnonzero(row)) for row in T])
    users = np.arange(len(T))
    H = T.copy()
    H[users, hidden] = 0
    X = sparse.csr_matrix(H)
    if train_on_source:
        X = sparse.vstack([b.data[b.sample_domain > 0] * np.float32(0.5), X])
    best = 0.0
    for l2 in (3, 30, 300):
        scores = _ease_scores(X, H, l2)
        scores[H > 0] = -np.inf
        scores[:, ~b.catalogue["de"]] = -np.inf
        top = np.argsort(-scores, axis=1)[:, :10]
        best = max(best, float((top == hidden[:, None]).any(axis=1).mean()))
    popular = H.sum(axis=0) - 1e9 * (H > 0)
    top = np.argsort(-popular, axis=1)[:, :10]
    return best, float((top == hidden[:, None]).any(axis=1).mean())


def test_transfer_helps_and_the_target_alone_is_not_useless():
    pooled, alone, popular = [], [], []
    for seed in range(3):
        b = make_market_interactions(random_state=seed)
        score, baseline = _hit_rate(b, seed, train_on_source=False)
        alone.append(score)
        popular.append(baseline)
        pooled.append(_hit_rate(b, seed, train_on_source=True)[0])
    assert np.mean(alone) > 1.5 * np.mean(popular)
    assert np.mean(pooled) > np.mean(alone) + 0.02


def test_smallest_sizes():
    b = make_market_interactions(
        n_users=1, n_items=10, mean_interactions=3, markets=("en", "de")
    )
    assert b.data.shape == (2, 10)
    assert np.diff(b.data.indptr).min() >= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"markets": ("fr", "de")}, "must begin with a language"),
        ({"markets": ("de", "de")}, "different names"),
        ({"markets": ()}, "at least one"),
        ({"n_users": (1, 2, 3)}, "one for each"),
        ({"n_users": 0}, "n_users must be an integer of at least 1"),
        ({"n_items": 9}, "n_items must be an integer of at least 10"),
        ({"n_items": 50.0}, "n_items must be an integer"),
        ({"target": "es"}, "target must be one"),
        ({"taste_shift": 1.5}, "taste_shift"),
        ({"mean_interactions": 2}, "mean_interactions"),
        ({"catalogue_share": 0.01}, "at least 5 items"),
    ],
)
def test_wrong_market_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_market_interactions(**arguments)
