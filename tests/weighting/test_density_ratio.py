import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from sklearn.metrics.pairwise import rbf_kernel

from sktransfer._core import topk
from sktransfer.weighting import _density_ratio
from sktransfer.weighting._density_ratio import (
    RatioModel,
    candidate_gammas,
    kernel_features,
    ratio_values,
    source_kernel_means,
)


@pytest.fixture
def sides(rng):
    return rng.normal(size=(150, 2)), 0.7 + 0.8 * rng.normal(size=(120, 2))


def test_kernel_values_agree_with_sklearn(sides, monkeypatch):
    monkeypatch.setattr(_density_ratio, "row_blocks", _small_blocks)
    source, target = sides
    C = target[:7]
    assert_allclose(kernel_features(source, C, 0.3), rbf_kernel(source, C, gamma=0.3))
    assert_allclose(
        kernel_features(sp.csr_array(source), sp.csr_array(C), 0.3),
        rbf_kernel(source, C, gamma=0.3),
    )
    assert_allclose(
        source_kernel_means(source, C, 0.3), rbf_kernel(source, C, gamma=0.3).mean(0)
    )
    theta = np.arange(7.0) - 3
    expected = np.maximum(rbf_kernel(source, C, gamma=0.3) @ theta, 0)
    assert_allclose(ratio_values(RatioModel(C, theta, 0.3), source), expected)


def _small_blocks(n_rows, n_columns):
    return topk.row_blocks(n_rows, n_columns, entries=50)


def test_gammas_are_sorted_and_checked(sides):
    assert candidate_gammas(0.5, *sides) == [0.5]
    assert candidate_gammas([2.0, 0.5], *sides) == [0.5, 2.0]
    found = candidate_gammas(None, *sides)
    assert found == sorted(found)
    assert len(found) == 6
    sparse = candidate_gammas(None, *map(sp.csr_matrix, sides))
    assert_allclose(sparse, found)
    for bad in ([], [1.0, -1.0], [[1.0]]):
        with pytest.raises(ValueError, match="gamma must be a positive number"):
            candidate_gammas(bad, *sides)
