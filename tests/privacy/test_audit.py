"""Privacy audited from outside: what many releases give away about one row.

For a mu-GDP mechanism every test between two neighbouring inputs with error rates
alpha and beta has Phi^-1(1 - beta) - Phi^-1(alpha) <= mu. The rates of the best test,
the likelihood ratio at its middle, are bounded from many releases by Clopper and
Pearson, which bounds mu, and so epsilon at delta, from below. The right code must stay
below the claim, broken code must be caught.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from sktransfer.moments import ColumnMoments, GramMoments, Moments, PairMoments
from sktransfer.privacy import PrivacyBudget, gdp_epsilon, privatize
from sktransfer.privacy._privatize import (
    _with_noise,
    draw_releases,
    release_scales,
    sensitivity,
)

pytestmark = pytest.mark.usefixtures("repeatable_noise")

DELTA = 1e-6
ERROR = 1e-4
N_DRAWS = {1.0: 80_000, 3.0: 12_000, 8.0: 4_000}
OTHERS = np.array([[0.3, -0.2], [0.1, 0.5], [-0.4, 0.2]])
LONG = np.array([[4.0, 4.0]])  # both columns, and too long: the worst there is
ALONG_AN_AXIS = np.array([[9.0, 0.0]])


def flat(state, weight, sums, products):
    """Each released number once, releases in rows."""
    parts = [np.atleast_1d(weight)[:, None]]
    if sums is not None:
        parts.append(sums)
    if state.sums.products.ndim == 2:
        rows, columns = np.triu_indices(state.n_features)
        products = products[:, rows, columns]
    return np.hstack([*parts, products]).astype(float)


def scales_of(state, epsilon, parts="all"):
    """Noise that a release of the state gets."""
    mu = PrivacyBudget(epsilon, DELTA).charge()
    return release_scales(state, mu, parts=parts)


def released(state, scales, n_draws):
    return flat(state, *draw_releases(state.sums, scales, n_draws))


def exact_values(state, with_sums):
    sums = state.sums
    totals = sums.sums[None] if with_sums else None
    return flat(state, [sums.weight], totals, sums.products[None])[0]


def lower_bound(epsilon, without, with_row, parts="all", *, scales=None):
    """Lower bound of epsilon at DELTA that holds with probability 1 - ERROR."""
    n = N_DRAWS[epsilon]
    scales = scales_of(without, epsilon, parts) if scales is None else scales
    a, b = (released(state, scales, n) for state in (without, with_row))
    with_sums = not isinstance(without, GramMoments) and parts == "all"
    start = exact_values(without, with_sums)
    moved = exact_values(with_row, with_sums) - start
    # the direction that tells most, by the noise of releases that are not counted
    pilot = released(without, scales, 1000) - start
    told = pilot.any(axis=0) & (a != a[0]).any(axis=0)  # the rest is not released
    assert (a[:, ~told] == 0).all()
    assert (b[:, ~told] == 0).all()
    direction = np.where(told, moved, 0) / np.mean(pilot**2, axis=0).clip(1e-9)
    middle = direction @ (start + moved / 2)
    false = np.sum(a @ direction > middle)
    true = np.sum(b @ direction > middle)
    most_false = stats.beta.ppf(1 - ERROR / 2, false + 1, n - false)
    least_true = stats.beta.ppf(ERROR / 2, true, n - true + 1)
    mu = stats.norm.ppf(least_true) - stats.norm.ppf(most_false)
    return gdp_epsilon(max(mu, 0.0), DELTA)


def neighbours(kind=Moments, row=LONG, **options):
    if kind is PairMoments:
        empty = kind.empty((1, 1), arithmetic="exact", bits=12, row_norm=(1.0, 0.5))
        state = empty.update(OTHERS[:, :1], OTHERS[:, 1:])
        return state, state.update(row[:, :1], row[:, 1:])
    options = {"row_norm": 1.0, "bits": 12} | options
    state = kind.empty(2, arithmetic="exact", **options).update(OTHERS)
    return state, state.update(row, sample_weight=[options.get("max_weight", 1)])


@pytest.mark.parametrize("epsilon", N_DRAWS)
def test_the_code_keeps_its_claim(epsilon):
    found = lower_bound(epsilon, *neighbours())
    assert 0.75 * epsilon < found <= epsilon  # and it is no noisier than it must be


@pytest.mark.parametrize("kind", [ColumnMoments, GramMoments, PairMoments])
@pytest.mark.parametrize("row", [LONG, ALONG_AN_AXIS])
def test_every_kind_keeps_its_claim(kind, row):
    assert lower_bound(8.0, *neighbours(kind, row)) <= 8.0


@pytest.mark.parametrize("epsilon", N_DRAWS)
def test_what_a_regression_reads_keeps_its_claim(epsilon):
    found = lower_bound(epsilon, *neighbours(PairMoments), parts="regression")
    assert 0.75 * epsilon < found <= epsilon


def test_weights_are_paid_for():
    assert 6 < lower_bound(8.0, *neighbours(max_weight=5)) <= 8.0


@pytest.mark.parametrize("epsilon", N_DRAWS)
@pytest.mark.parametrize("factor", [0.8, pytest.param(0.5, marks=pytest.mark.slow)])
def test_less_noise_is_caught(epsilon, factor):
    """Such as that of half the sensitivity."""
    without, with_row = neighbours()
    whole = scales_of(without, epsilon)
    less = whole._replace(
        weight=int(factor * whole.weight),
        sums=(int(factor * whole.sums[0]),),
        squares=(int(factor * whole.squares[0]),),
        products=((int(factor * whole.products[0][0]),),),
    )
    assert lower_bound(epsilon, without, with_row, scales=less) > epsilon


@pytest.mark.parametrize("epsilon", N_DRAWS)
def test_rows_that_are_not_clipped_are_caught(epsilon):
    claimed, _ = neighbours(bound=9.0)
    long = neighbours(bound=9.0, row_norm=9.0)
    assert claimed.sums.unit == long[0].sums.unit
    assert lower_bound(epsilon, *long, scales=scales_of(claimed, epsilon)) > epsilon


def test_a_diagonal_with_the_noise_of_the_triangle_is_caught():
    without, with_row = neighbours(row=ALONG_AN_AXIS)
    scales = scales_of(without, 8.0)
    even = scales._replace(squares=(scales.products[0][0],))
    assert lower_bound(8.0, without, with_row, scales=even) > 8.0


def test_more_weight_than_was_claimed_is_caught():
    state, _ = neighbours(max_weight=1)
    heavy = neighbours(max_weight=2)[1]
    assert lower_bound(8.0, state, heavy) > 8.0


class Budget:
    """Of a fixed mu."""

    mu = 0.5

    def mu_of(self, share):
        return self.mu

    def charge(self, share, label):
        return self.mu


def draws(state, n=4000):
    scales = release_scales(state, 0.5)
    return scales, draw_releases(state.sums, scales, n)


@pytest.mark.parametrize("kind", [Moments, ColumnMoments, GramMoments, PairMoments])
def test_the_noise_has_its_standard_deviation_entry_by_entry(kind, rng):
    X = rng.normal(size=(50, 3))
    Y = rng.normal(size=(50, 2)) if kind is PairMoments else None
    n = (3, 2) if kind is PairMoments else 3
    norms = (2.0, 1.0) if kind is PairMoments else 2.0
    empty = kind.empty(n, arithmetic="exact", bits=14, row_norm=norms)
    state = empty.update(X, Y)
    noise = privatize(state, Budget()).noise_
    _, (weight, sums, products) = draws(state)
    unit = state.sums.unit

    def close(values, sigma):
        values = values.reshape(values.shape[0], -1)
        assert_allclose(values.std(axis=0), sigma, rtol=0.07)
        assert (np.abs(values.mean(axis=0)) < 4.5 * sigma / 4000**0.5).all()

    close((weight - state.sums.weight)[:, None] * 1.0, noise["weight"])
    error = (products - state.sums.products) * unit**2
    if kind is GramMoments:
        assert sums is None
    else:
        sigma = np.repeat(noise["sums"], (3, 2)) if Y is not None else noise["sums"]
        close((sums - state.sums.sums) * unit, sigma)
    if kind is ColumnMoments:
        close(error, noise["squares"])
        return
    assert_array_equal(error, error.transpose(0, 2, 1))
    left = error[:, :3, :3]
    first = (lambda v: v[0]) if kind is PairMoments else (lambda v: v)
    close(left[:, [0, 0, 1], [1, 2, 2]], first(noise["products"]))
    close(left[:, [0, 1, 2], [0, 1, 2]], first(noise["squares"]))
    # the same in every orthogonal basis: off the diagonal smaller by the root of 2
    ratio = first(noise["squares"]) / first(noise["products"])
    assert ratio == pytest.approx(2**0.5, rel=1e-3)
    if kind is PairMoments:
        close(error[:, :3, 3:], noise["products"][1])
        close(error[:, 3, 4][:, None], noise["products"][2])
        assert len(noise["squares"]) == len(noise["sums"]) == 2


def test_no_row_moves_the_state_by_more_than_the_sensitivity(rng):
    rows = 5 * rng.normal(size=(200, 3))
    none = Moments.empty(3, arithmetic="exact", bits=6, row_norm=2.0, max_weight=4)
    moved = sensitivity(none.sums, rows_per_user=3)
    lengths = []
    for row in rows:
        sums = none.update(np.tile(row, (3, 1)), sample_weight=[4, 4, 4]).sums
        assert sums.weight <= moved.weight
        assert np.linalg.norm(sums.sums) <= moved.sums[0]
        lengths.append(np.linalg.norm(sums.products) / moved.products[0][0])
    assert 0.9 < max(lengths) <= 1


def test_single_columns_use_the_bound_of_an_entry(rng):
    none = ColumnMoments.empty(8, arithmetic="exact", bits=12, row_norm=2.0, bound=1.0)
    moved = sensitivity(none.sums)
    worst = none.update(np.array([[1.0, 1, 1, 1, 0, 0, 0, 0]])).sums
    length = np.linalg.norm(worst.products)
    assert length == pytest.approx(moved.products[0][0], rel=1e-6)
    assert length <= moved.products[0][0]


def test_pairs_reach_every_sensitivity_at_once():
    none = PairMoments.empty((2, 2), arithmetic="exact", bits=12, row_norm=(1.0, 3.0))
    moved = sensitivity(none.sums)
    P = none.update(np.array([[9.0, 9.0]]), np.array([[0.0, 9.0]])).sums.products
    for i, a in enumerate((slice(2), slice(2, 4))):
        for j, b in enumerate((slice(2), slice(2, 4))):
            length = np.linalg.norm(P[a, b])
            assert 0.99 < length / moved.products[i][j] <= 1


def test_shares_of_the_noise_add_up_to_its_mu():
    for kind, n, norm in (
        (Moments, 2, 1.0),
        (GramMoments, 2, 1.0),
        (ColumnMoments, 2, 1.0),
        (PairMoments, (2, 2), (1.0, 0.5)),
    ):
        state = kind.empty(n, arithmetic="exact", row_norm=norm)
        moved = sensitivity(state.sums)
        scales = release_scales(state, 0.5)
        total = (moved.weight / scales.weight) ** 2
        blocks = range(len(scales.sums))
        total += sum(
            (moved.sums[i] / scales.sums[i]) ** 2 for i in blocks if scales.sums[i]
        )
        total += sum((moved.products[i][i] / scales.squares[i]) ** 2 for i in blocks)
        total += sum(
            (moved.products[i][j] / scales.products[i][j]) ** 2
            for i in blocks
            for j in range(i)
        )
        assert 0.98 * 0.25 < total <= 0.25


def test_sums_beyond_64_bits_stay_at_the_end():
    top = np.iinfo(np.int64).max
    noisy = _with_noise(np.array([top, -top, 0]), 1 << 40, 200)
    assert (noisy[:, 0] > top // 2).all()
    assert (noisy[:, 1] < -top // 2).all()
    assert (noisy[:, 0] == top).any()
    assert np.abs(noisy[:, 2]).max() < 1 << 44
