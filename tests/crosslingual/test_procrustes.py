"""Procrustes against the closed form."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer.crosslingual import Procrustes

RAW = {"normalize": None}


@pytest.fixture
def rotated(rng):
    """60 pairs of 5 features that differ by a rotation."""
    X = rng.normal(size=(60, 5))
    R = ortho_group.rvs(5, random_state=0)
    return X, X @ R, R


def test_a_rotation_is_found_exactly(rotated):
    X, Y, R = rotated
    assert_allclose(Procrustes(normalize=None).fit(X, Y).rotation_, R, atol=1e-12)
    alignment = Procrustes().fit(X, Y)
    assert_allclose(alignment.rotation_, R, atol=1e-12)
    assert_allclose(*alignment.transform(X, Y), atol=1e-12)


def test_equal_to_scipy(rng):
    X, Y = rng.normal(size=(40, 6)), rng.normal(size=(40, 6))
    expected, _ = orthogonal_procrustes(X, Y)
    assert_allclose(Procrustes(**RAW).fit(X, Y).rotation_, expected, atol=1e-12)


def test_no_orthogonal_matrix_is_closer(rng):
    X, Y = rng.normal(size=(40, 4)), rng.normal(size=(40, 4))
    W = Procrustes(**RAW).fit(X, Y).rotation_
    assert_allclose(W.T @ W, np.eye(4), atol=1e-12)
    others = ortho_group.rvs(4, size=50, random_state=0)
    assert np.linalg.norm(X @ W - Y) < min(np.linalg.norm(X @ R - Y) for R in others)


@pytest.mark.parametrize("widths", [(6, 4), (4, 6)])
def test_unequal_dimensions(rng, widths):
    p, q = widths
    R = np.eye(max(p, q))[:p, :q]  # part of a rotation
    X = np.linalg.qr(rng.normal(size=(50, p)))[0]
    alignment = Procrustes(**RAW).fit(X, X @ R)
    W = alignment.rotation_
    assert W.shape == widths
    assert_allclose(W @ W.T if p < q else W.T @ W, np.eye(min(p, q)), atol=1e-12)
    assert_allclose(W, R, atol=1e-12)
    assert alignment.transform(X).shape == (50, q)
    assert alignment.get_feature_names_out()[-1] == f"procrustes{q - 1}"


def test_weights_count_pairs(rng):
    X, Y = rng.normal(size=(30, 3)), rng.normal(size=(30, 3))
    w = rng.integers(0, 4, size=30)
    weighted = Procrustes().fit(X, Y, sample_weight=w)
    repeated = Procrustes().fit(np.repeat(X, w, axis=0), np.repeat(Y, w, axis=0))
    assert_allclose(weighted.rotation_, repeated.rotation_, atol=1e-10)
    assert_allclose(weighted.source_means_, repeated.source_means_, atol=1e-10)


def test_normalization_in_its_order(rng):
    X, Y = rng.normal(size=(30, 3)) + 5, rng.normal(size=(30, 3)) - 2
    alignment = Procrustes(normalize=("unit", "center")).fit(X, Y)
    Z = X / np.linalg.norm(X, axis=1, keepdims=True)
    assert_allclose(alignment.source_means_[0], Z.mean(axis=0))
    mapped, target = alignment.transform(X, Y)
    assert_allclose(mapped, (Z - Z.mean(axis=0)) @ alignment.rotation_)
    assert_allclose(target.mean(axis=0), 0, atol=1e-12)
    three = Procrustes().fit(X, Y).transform(X, Y)
    for side in three:
        assert_allclose(np.linalg.norm(side, axis=1), 1)


def test_sides_of_transform_have_any_number_of_rows(rotated):
    X, Y, _ = rotated
    mapped, target = Procrustes().fit(X, Y).transform(X[:7], Y[:3])
    assert mapped.shape == (7, 5)
    assert target.shape == (3, 5)


def test_float32_stays_float32(rotated):
    X, Y, _ = rotated
    exact = Procrustes().fit(X, Y).transform(X, Y)
    alignment = Procrustes().fit(X.astype(np.float32), Y.astype(np.float32))
    sides = alignment.transform(X.astype(np.float32), Y.astype(np.float32))
    for side, expected in zip(sides, exact):
        assert side.dtype == np.float32
        assert_allclose(side, expected, atol=1e-5)
    assert alignment.transform(X).dtype == np.float64


def test_a_null_row_stays_null_without_centring(rotated):
    X, Y, _ = rotated
    alignment = Procrustes(normalize=("unit",)).fit(X, Y)
    assert_array_equal(alignment.transform(np.zeros((1, 5))), np.zeros((1, 5)))


def test_translate(rotated):
    X, Y, _ = rotated
    alignment = Procrustes().fit(X[:20], Y[:20])
    order = np.random.default_rng(0).permutation(60)
    for method in ("csls", "cosine"):
        indices, scores = alignment.translate(X, Y[order], method=method)
        assert_array_equal(order[indices.ravel()], np.arange(60))
    assert_allclose(scores, 1, atol=1e-12)  # cosines
    assert alignment.translate(X[:9], Y, n_neighbors=4, k=3)[0].shape == (9, 4)
    with pytest.raises(
        ValueError, match="method must be one of 'cosine', 'csls'; got 1"
    ):
        alignment.translate(X, Y, method=1)


def test_a_step_of_a_pipeline(rotated):
    """The mapped source rows alone go on."""
    X, Y, _ = rotated
    alignment = Procrustes(**RAW)
    assert_allclose(alignment.fit_transform(X, Y), alignment.transform(X))
    pipeline = make_pipeline(clone(alignment), Procrustes(**RAW))
    assert_allclose(pipeline.fit(X, Y).transform(X), alignment.transform(X))


def test_frames(rotated):
    pd = pytest.importorskip("pandas")
    X, Y, _ = rotated
    frame = pd.DataFrame(X, columns=list("abcde"))
    alignment = Procrustes().set_output(transform="pandas").fit(frame, Y)
    mapped, target = alignment.transform(frame, Y)
    assert list(mapped.columns) == [f"procrustes{k}" for k in range(5)]
    assert isinstance(target, np.ndarray)
    assert_array_equal(alignment.feature_names_in_, list("abcde"))
    assert_array_equal(alignment.translate(frame, Y)[0].ravel(), np.arange(len(frame)))


def test_routing_needs_no_request(rotated):
    X, Y, _ = rotated
    with config_context(enable_metadata_routing=True):
        Z = Procrustes().fit_transform(X, Y)
    labels = (X[:, 0] > 0).astype(int)
    assert LogisticRegression().fit(Z, labels).score(Z, labels) > 0.9


def test_pickle(rotated):
    X, Y, _ = rotated
    alignment = Procrustes().fit(X, Y)
    again = pickle.loads(pickle.dumps(alignment))
    assert_array_equal(again.transform(X), alignment.transform(X))


@pytest.mark.parametrize("normalize", ["unit", ("unit", "scale")])
def test_unknown_step(rotated, normalize):
    with pytest.raises(ValueError, match="normalize must be None or a sequence"):
        Procrustes(normalize=normalize).fit(*rotated[:2])


def test_sides_that_do_not_fit(rotated):
    X, Y, _ = rotated
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        Procrustes().fit(X, Y[:9])
    alignment = Procrustes().fit(X, Y)
    with pytest.raises(ValueError, match="y has 4 features, but Procrustes was fitted"):
        alignment.transform(X, Y[:, :4])
