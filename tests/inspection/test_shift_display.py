"""DomainShiftDisplay: the features that differ most."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sktransfer.inspection import DomainShiftDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.fixture
def shifted(rng):
    X = rng.normal(size=(400, 5))
    d = np.repeat([1, -2], 200)
    X[d < 0] += [0, 3, 0, -1, 0]
    return X, d


def test_moved_features_come_first_and_keep_their_sign(shifted):
    X, d = shifted
    found = DomainShiftDisplay.from_data(X, sample_domain=d, max_features=2)
    assert found.names == ["x1", "x3"]
    assert found.shift[0] > 2
    assert -1.5 < found.shift[1] < -0.5


def test_order_of_rows_does_not_matter(shifted, rng):
    X, d = shifted
    order = rng.permutation(len(d))
    found = DomainShiftDisplay.from_data(X[order], sample_domain=d[order])
    expected = DomainShiftDisplay.from_data(X, sample_domain=d)
    assert found.names == expected.names
    assert_allclose(found.shift, expected.shift)


def test_sparse_equals_dense(rng):
    X = rng.poisson(0.5, size=(60, 4)).astype(float)
    d = np.repeat([1, -1], 30)
    for measure in ("mean", "frequency", "ks"):
        options = {"sample_domain": d, "measure": measure}
        dense = DomainShiftDisplay.from_data(X, **options)
        csr = DomainShiftDisplay.from_data(sparse.csr_array(X), **options)
        assert csr.names == dense.names
        assert_allclose(csr.shift, dense.shift)


def test_equal_domains_have_no_bars(rng):
    X = rng.normal(size=(10, 3))
    display = DomainShiftDisplay.from_data(
        np.vstack([X, X]), sample_domain=np.repeat([1, -1], 10)
    )
    assert display.names == []
    assert len(display.bars_) == 0


def test_names_of_a_frame_are_shown(shifted):
    X, d = shifted
    frame = pd.DataFrame(X, columns=["price", "age", "size", "votes", "rank"])
    display = DomainShiftDisplay.from_data(frame, sample_domain=d, max_features=2)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == [
        "age",
        "votes",
    ]
    assert_allclose([bar.get_width() for bar in display.bars_], display.shift)
    assert "standard deviations" in display.ax_.get_xlabel()


def test_infinite_shift_can_be_drawn():
    X = np.array([[0.0, 1], [0, 2], [1, 3], [1, 5]])
    display = DomainShiftDisplay.from_data(X, sample_domain=[1, 1, -1, -1])
    assert display.shift[0] == np.inf
    assert np.isfinite([bar.get_width() for bar in display.bars_]).all()


def test_names_must_fit(shifted):
    X, d = shifted
    with pytest.raises(ValueError, match="5 columns of X; got 2 names"):
        DomainShiftDisplay.from_data(X, sample_domain=d, feature_names=["a", "b"])


def test_both_sides_are_needed(shifted):
    X, _ = shifted
    with pytest.raises(ValueError, match="target"):
        DomainShiftDisplay.from_data(X, sample_domain=np.ones(len(X), dtype=int))


def test_parameters_are_checked(shifted):
    X, d = shifted
    for wrong in ({"measure": "median"}, {"max_features": 0}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
            DomainShiftDisplay.from_data(X, sample_domain=d, **wrong)
    with pytest.raises(ValueError, match="measure must be one of"):
        DomainShiftDisplay(names=["a"], shift=[1.0], measure="median").plot()
