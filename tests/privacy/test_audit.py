"""Privacy audited from outside: what many releases give away about one row.

For a mu-GDP mechanism every test between two neighbouring inputs with error rates
alpha and beta has Phi^-1(1 - beta) - Phi^-1(alpha) <= mu. The rates of the best test,
the likelihood ratio at its middle, are bounded from many releases by Clopper and
Pearson, which bounds mu, and so epsilon at delta, from below. The right code must stay
below the claim, broken code must be caught.
"""

import numpy as np
import pytest
from scipy import stats

from sktransfer.moments import ColumnMoments, GramMoments, Moments, PairMoments, _clip
from sktransfer.privacy import PrivacyBudget, _privatize, gdp_epsilon
from sktransfer.privacy._gaussian_noise import _seeded_source_for_tests

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


def released(state, epsilon, n_draws, parts):
    mu = PrivacyBudget(epsilon, DELTA).charge()
    scales = _privatize.release_scales(state, mu, parts=parts)
    return flat(state, *_privatize.draw_releases(state.sums, scales, n_draws))


def exact_values(state, with_sums):
    sums = state.sums
    totals = sums.sums[None] if with_sums else None
    return flat(state, [sums.weight], totals, sums.products[None])[0]


def lower_bound(epsilon, without, with_row, parts="all"):
    """Lower bound of epsilon at DELTA that holds with probability 1 - ERROR."""
    n = N_DRAWS[epsilon]
    a, b = (released(state, epsilon, n, parts) for state in (without, with_row))
    with_sums = not isinstance(without, GramMoments) and parts == "all"
    start = exact_values(without, with_sums)
    moved = exact_values(with_row, with_sums) - start
    # the direction that tells most, by the noise of releases that are not counted
    pilot = released(without, epsilon, 1000, parts) - start
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


@pytest.fixture(autouse=True)
def _seeded():
    with _seeded_source_for_tests(20):
        yield


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
def test_less_noise_is_caught(epsilon, monkeypatch):
    draw = _privatize.rounded_gaussian
    monkeypatch.setattr(
        _privatize, "rounded_gaussian", lambda sigma, n: draw(int(0.8 * sigma), n)
    )
    assert lower_bound(epsilon, *neighbours()) > epsilon


@pytest.mark.parametrize("epsilon", N_DRAWS)
def test_rows_that_are_not_clipped_are_caught(epsilon, monkeypatch):
    monkeypatch.setattr(_clip, "_clipped", lambda values, owner, row_norm: values)
    assert lower_bound(epsilon, *neighbours()) > epsilon


@pytest.mark.parametrize("epsilon", N_DRAWS)
def test_half_the_sensitivity_is_caught(epsilon, monkeypatch):
    whole = _privatize.sensitivity

    def half(sums, rows_per_user=1):
        moved = whole(sums, rows_per_user)
        return _privatize.ReleaseParts(
            moved.weight / 2,
            tuple(s / 2 for s in moved.sums),
            tuple(tuple(p / 2 for p in row) for row in moved.products),
        )

    monkeypatch.setattr(_privatize, "sensitivity", half)
    assert lower_bound(epsilon, *neighbours()) > epsilon


def test_a_diagonal_with_the_noise_of_the_triangle_is_caught(monkeypatch):
    scale = _privatize.noise_scales

    def even(moved, shares, mu):
        scales = scale(moved, shares, mu)
        return scales._replace(squares=(scales.products[0][0],))

    monkeypatch.setattr(_privatize, "noise_scales", even)
    assert lower_bound(8.0, *neighbours(row=ALONG_AN_AXIS)) > 8.0


def test_more_weight_than_was_claimed_is_caught(monkeypatch):
    state, _ = neighbours(max_weight=1)
    heavy = neighbours(max_weight=2)[1]
    assert lower_bound(8.0, state, heavy) > 8.0
