"""WhitenedAlignment against canonical correlations and single steps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import sqrtm
from scipy.stats import ortho_group
from sklearn.cross_decomposition import CCA

from sktransfer.crosslingual import Procrustes, WhitenedAlignment

CENTER = {"normalize": ("center",)}
WHITE = {
    **CENTER,
    "source_power": 0,
    "target_power": 0,
    "dewhiten_source": None,
    "dewhiten_target": None,
}


@pytest.fixture
def pairs(rng):
    """500 pairs that share 3 of 5 and 4 directions, more or less."""
    shared = rng.normal(size=(500, 3))
    X = np.c_[
        shared + [0.3, 1, 2] * rng.normal(size=(500, 3)), rng.normal(size=(500, 2))
    ]
    Y = np.c_[shared, rng.normal(size=(500, 1))]
    return X @ rng.normal(size=(5, 5)) + 3, Y @ rng.normal(size=(4, 4)) - 1


def cosine(A, B):
    return (A * B).sum(axis=0) / np.sqrt((A**2).sum(axis=0) * (B**2).sum(axis=0))


def test_white_directions_are_those_of_canonical_correlation(pairs):
    X, Y = pairs
    alignment = WhitenedAlignment(**WHITE, n_components=3).fit(X, Y)
    ours = alignment.transform(X, Y)
    theirs = CCA(n_components=3, max_iter=5000, tol=1e-12).fit(X, Y).transform(X, Y)
    for A, B in zip(ours, theirs):
        assert_allclose(np.abs(cosine(A, B)), 1, atol=1e-6)
    assert_allclose(cosine(*ours), alignment.correlations_[:3], atol=1e-10)


def test_powers_weight_white_directions(pairs):
    """With s^1 on one side: canonical variates times canonical correlations."""
    X, Y = pairs
    white = WhitenedAlignment(**WHITE).fit(X, Y)
    weighted = WhitenedAlignment(**{**WHITE, "target_power": 1}).fit(X, Y)
    before, after = white.transform(X, Y), weighted.transform(X, Y)
    assert_allclose(after[0], before[0], atol=1e-10)
    assert_allclose(after[1], before[1] * white.correlations_, atol=1e-10)
    root = WhitenedAlignment(**{**WHITE, "source_power": 0.5}).fit(X, Y)
    expected = before[0] * np.sqrt(white.correlations_)
    assert_allclose(root.transform(X), expected, atol=1e-10)


def test_white_means_white(pairs):
    X, Y = pairs
    for side in WhitenedAlignment(**WHITE).fit(X, Y).transform(X, Y):
        assert_allclose(np.cov(side, rowvar=False, ddof=0), np.eye(4), atol=1e-8)


def test_without_whitening_it_is_procrustes(rng):
    X, Y = rng.normal(size=(80, 4)), rng.normal(size=(80, 4))
    alignment = WhitenedAlignment(whiten=False, source_power=0, target_power=0)
    A, B = alignment.fit(X, Y).transform(X, Y)
    C, D = Procrustes().fit(X, Y).transform(X, Y)
    assert_allclose(A @ B.T, C @ D.T, atol=1e-10)  # one more rotation of both sides


def test_dewhitening_gives_the_covariance_back(pairs):
    X, Y = pairs
    alignment = WhitenedAlignment(**CENTER, source_power=0, target_power=0)
    mapped, target = alignment.fit(X[:, :4], Y).transform(X[:, :4], Y)
    # equal dimensions: nothing but rotations of the own space
    for side, own in ((mapped, X[:, :4]), (target, Y)):
        own = own - own.mean(axis=0)
        assert_allclose(side @ side.T, own @ own.T, atol=1e-7)
    swapped = WhitenedAlignment(
        **CENTER,
        source_power=0,
        target_power=0,
        dewhiten_source="target",
        dewhiten_target="source",
    ).fit(X[:, :4], Y)
    spectra = [
        np.linalg.eigvalsh(np.cov(Z, rowvar=False))
        for Z in (swapped.transform(X[:, :4]), Y)
    ]
    assert_allclose(*spectra, rtol=1e-6)


def test_unit_directions(pairs):
    """The directions of canonical correlation, with their own variance."""
    X, Y = pairs
    unit = {"dewhiten_source": "unit", "dewhiten_target": "unit"}
    alignment = WhitenedAlignment(**{**WHITE, **unit}).fit(X, Y)
    assert_allclose(np.linalg.norm(alignment.source_map_, axis=0), 1)
    assert_allclose(np.linalg.norm(alignment.target_map_, axis=0), 1)
    white = WhitenedAlignment(**WHITE).fit(X, Y)
    for A, B in zip(alignment.transform(X, Y), white.transform(X, Y)):
        assert_allclose(cosine(A, B), 1)
    weighted = WhitenedAlignment(**{**WHITE, **unit, "source_power": 1}).fit(X, Y)
    lengths = np.linalg.norm(weighted.source_map_, axis=0)
    assert_allclose(lengths, weighted.correlations_)


def test_unit_directions_are_those_of_scikit_learn_up_to_factors(pairs):
    X, Y = pairs
    unit = {"dewhiten_source": "unit", "dewhiten_target": "unit"}
    ours = WhitenedAlignment(**{**WHITE, **unit}, n_components=3).fit(X, Y)
    theirs = CCA(3, scale=False, max_iter=5000, tol=1e-12).fit(X, Y)
    rotations = theirs.x_rotations_, theirs.y_rotations_
    for A, B, R in zip(ours.transform(X, Y), theirs.transform(X, Y), rotations):
        assert_allclose(np.abs(cosine(A, B)), 1, atol=1e-6)
        factors = np.linalg.norm(A, axis=0) / np.linalg.norm(B, axis=0)
        lengths = np.linalg.norm(R, axis=0)  # deflation lengthens all but the first
        assert_allclose(factors, 1 / lengths, rtol=1e-5)
        assert lengths[0] == pytest.approx(1)
        assert lengths[1:].min() > 1


def test_a_linear_map_is_undone(rng):
    """Whitening removes any invertible map, not only rotations."""
    X = rng.normal(size=(100, 4)) @ rng.normal(size=(4, 4))
    Y = X @ rng.normal(size=(4, 4))
    alignment = WhitenedAlignment(**CENTER, dewhiten_source="target").fit(X, Y)
    assert_allclose(*alignment.transform(X, Y), atol=1e-8)
    assert_allclose(alignment.correlations_, 1)


def test_a_rotation_changes_no_similarity(pairs):
    X, Y = pairs
    R = ortho_group.rvs(5, random_state=0)
    A, B = WhitenedAlignment().fit(X, Y).transform(X, Y)
    C, D = WhitenedAlignment().fit(X @ R, Y).transform(X @ R, Y)
    assert_allclose(A @ B.T, C @ D.T, atol=1e-9)


def test_dimension_reduction_keeps_the_first(pairs):
    X, Y = pairs
    whole = WhitenedAlignment().fit(X, Y)
    part = WhitenedAlignment(n_components=2).fit(X, Y)
    assert_allclose(part.transform(X), whole.transform(X)[:, :2])
    assert part.get_feature_names_out().tolist() == [
        "whitenedalignment0",
        "whitenedalignment1",
    ]


def test_regularisation_is_added_to_the_covariance(pairs):
    X, Y = pairs
    C = np.cov(X, rowvar=False, ddof=0)
    C += 0.3 * np.trace(C) / 5 * np.eye(5)
    alignment = WhitenedAlignment(**{**WHITE, "reg": 0.3}).fit(X, Y)
    A = sqrtm(C) @ alignment.source_map_
    assert_allclose(A.T @ A, np.eye(4), atol=1e-10)


def test_fewer_pairs_than_features(rng):
    X, Y = rng.normal(size=(10, 30)), rng.normal(size=(10, 20))
    for side in WhitenedAlignment().fit(X, Y).transform(X, Y):
        assert np.isfinite(side).all()
        assert side.shape == (10, 20)


def test_weights_count_pairs(pairs, rng):
    X, Y = (Z[:60] for Z in pairs)
    w = rng.integers(0, 4, size=60)
    weighted = WhitenedAlignment().fit(X, Y, sample_weight=w)
    repeated = WhitenedAlignment().fit(np.repeat(X, w, axis=0), np.repeat(Y, w, axis=0))
    A, B = weighted.transform(X, Y)
    C, D = repeated.transform(X, Y)
    assert_allclose(A @ B.T, C @ D.T, atol=1e-9)


def test_float32_stays_float32(pairs):
    X, Y = (Z.astype(np.float32) for Z in pairs)
    exact = WhitenedAlignment().fit(*pairs).transform(*pairs)
    sides = WhitenedAlignment().fit(X, Y).transform(X, Y)
    assert all(Z.dtype == np.float32 for Z in sides)
    assert_allclose(sides[0] @ sides[1].T, exact[0] @ exact[1].T, atol=1e-4)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"reg": -1}, r"reg of \w+ must be a number of at least 0; got -1"),
        ({"source_power": "a"}, "source_power of WhitenedAlignment must be a number"),
        (
            {"target_power": np.inf},
            "target_power of WhitenedAlignment must be a number",
        ),
        (
            {"dewhiten_source": "both"},
            "dewhiten_source of WhitenedAlignment must be one of 'source', 'target'",
        ),
        ({"n_components": 5}, "an integer from 1 to 4, the smaller number .* got 5"),
        ({"n_components": True}, "n_components of WhitenedAlignment must be"),
    ],
)
def test_wrong_parameters(pairs, parameters, message):
    with pytest.raises(ValueError, match=message):
        WhitenedAlignment(**parameters).fit(*pairs)
