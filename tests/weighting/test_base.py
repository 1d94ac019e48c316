import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.weighting import InstanceWeighter


class Given(InstanceWeighter):
    """Weights as they are given."""

    def __init__(self, *, raw=(), flatten=None):
        self.raw = raw
        self.flatten = flatten

    def raw_weights(self, X, y, sample_domain):
        return np.asarray(self.raw, float)


def fit(raw, **parameters):
    X, n = np.zeros((len(raw) + 1, 1)), len(raw)
    return Given(raw=raw, **parameters).fit(X, sample_domain=[1] * n + [-1])


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_any_scale_will_do(scale):
    w = fit([scale * v for v in (1.0, 2.0, 3.0)])
    assert_allclose(w.weights_, [0.5, 1, 1.5, 1])
    assert w.effective_sample_size_ == pytest.approx(36 / 14)


def test_effective_sample_size_by_hand():
    assert fit([1.0, 1.0, 1.0]).effective_sample_size_ == 3
    assert fit([3.0, 0.0, 0.0, 3.0]).effective_sample_size_ == 2
    assert fit([2.0, 1.0, 0.0]).effective_sample_size_ == pytest.approx(9 / 5)


@pytest.mark.filterwarnings("ignore:The 3 source rows")
@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1.0, 1e30, 1e307])
def test_flattened_by_hand(scale):
    for power, expected in (
        (1, [2.4, 0.6, 0]),
        (0.5, [2, 1, 0]),
        (0, [1.5, 1.5, 0]),
        (None, [2.4, 0.6, 0]),
    ):
        w = fit(scale * np.array([16.0, 4.0, 0.0]), flatten=power)
        assert_allclose(w.weights_[:3], expected)
        assert w.flatten_ == (1 if power is None else power)


@pytest.mark.filterwarnings("ignore:The 50 source rows")
def test_less_flattening_leaves_fewer_effective_rows(rng):
    raw = rng.lognormal(sigma=2, size=50)
    sizes = [fit(raw, flatten=a).effective_sample_size_ for a in np.linspace(0, 1, 9)]
    assert sizes[0] == pytest.approx(50)
    assert np.all(np.diff(sizes) < 0)


@pytest.mark.parametrize("sigma", [2, 4])
@pytest.mark.parametrize("dropped", [0, 30])
def test_auto_flattening_leaves_half_of_the_rows_that_weigh(sigma, dropped, rng):
    raw = np.r_[rng.lognormal(sigma=sigma, size=80), np.zeros(dropped)]
    w = fit(raw, flatten="auto")
    assert 0 < w.flatten_ < 1
    assert w.effective_sample_size_ == pytest.approx(40, rel=1e-6)
    assert fit(1e30 * raw, flatten="auto").flatten_ == pytest.approx(w.flatten_)


@pytest.mark.filterwarnings("ignore:The 5 source rows")
def test_auto_flattening_leaves_even_weights_alone(rng):
    assert fit(rng.uniform(0.9, 1.1, 40), flatten="auto").flatten_ == 1
    # dropped rows do not count: of the kept ones all are effective
    assert fit([0.0, 0, 0, 1, 1], flatten="auto").flatten_ == 1


def test_weights_of_mean_one_are_stored_to_the_last_digit():
    raw = np.array([0.1, 0.2, 0.3, 3.4])
    assert_array_equal(fit(raw).weights_[:4], raw)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.nan, r"Given.raw_weights must be finite; got nan in 1 of 2 rows.*Standard"),
        (np.inf, r"Given.raw_weights must be finite; got inf in 1 of 2 rows.*Standard"),
        (-1.0, r"Given.raw_weights must be at least 0; got minimum -1.0\."),
    ],
)
def test_weights_that_are_none_are_an_error(bad, message):
    with pytest.raises(ValueError, match=message):
        fit([1.0, bad])


def test_no_weight_at_all_is_warned_of_and_all_count():
    with pytest.warns(UserWarning, match="no source row that resembles"):
        w = fit([0.0, 0.0, 0.0])
    assert_array_equal(w.weights_, 1)


@pytest.mark.parametrize(
    ("n_heavy", "n_source", "warned"),
    [(21, 400, False), (19, 400, True), (45, 1000, True), (55, 1000, False)],
)
def test_the_warning_is_due_under_twenty_rows_or_a_twentieth(
    n_heavy, n_source, warned, recwarn
):
    w = fit(np.arange(n_source) < n_heavy)
    assert w.effective_sample_size_ == pytest.approx(n_heavy)
    assert bool(recwarn.list) == warned


def test_a_subclass_has_to_say_how():
    with pytest.raises(TypeError, match=r"abstract .*raw_weights"):
        InstanceWeighter()


@pytest.mark.parametrize("shape", [(3,), (2, 1)])
def test_one_weight_for_each_source_row(shape):
    w = Given(raw=np.ones(shape))
    with pytest.raises(ValueError, match="each of the 2 source rows; got an array of"):
        w.fit(np.zeros((3, 1)), sample_domain=[1, 1, -1])
