"""Laws of every kind of state in both kinds of arithmetic: merging, forgetting, shards.

2000 examples a law. Exact states agree to the last bit, those in float64 to rounding.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from threadpoolctl import threadpool_limits

from sktransfer.moments import (
    ClassMoments,
    ColumnMoments,
    GramMoments,
    Moments,
    PairMoments,
)

KINDS = [Moments, ColumnMoments, GramMoments, PairMoments, ClassMoments]
SETTINGS = {
    "float64": {},
    "exact": {"arithmetic": "exact", "bound": 9.0, "bits": 20},
}

rows = st.integers(0, 9).flatmap(
    lambda n: arrays(np.float64, (n, 3), elements=st.floats(-9, 9, width=32))
)


def empty(kind, arithmetic):
    options = SETTINGS[arithmetic]
    if kind is PairMoments:
        return kind.empty((2, 1), **options)
    if kind is ClassMoments:
        return kind.empty(3, classes=["low", "high", "never"], **options)
    return kind.empty(3, **options)


def parts(kind, X):
    """What `update` takes of rows."""
    if kind is PairMoments:
        return X[:, :2], X[:, 2]
    if kind is ClassMoments:
        return X, np.where(X[:, 0] > 0, "high", "low")
    return (X,)


def state(kind, arithmetic, X, w=None):
    return empty(kind, arithmetic).update(*parts(kind, X), sample_weight=w)


def assert_same(a, b, atol=1e-8):
    assert type(a) is type(b)
    assert (a.n_rows, a.shards) == (b.n_rows, b.shards)
    if a.arithmetic == "exact":
        assert a.to_bytes() == b.to_bytes()
        return
    assert_allclose(a.weight, b.weight, atol=1e-9)
    for x, y in zip(a.sums.arrays().values(), b.sums.arrays().values(), strict=True):
        assert_allclose(x, y, rtol=1e-10, atol=atol)


each_kind = pytest.mark.parametrize("kind", KINDS)
each_arithmetic = pytest.mark.parametrize("arithmetic", SETTINGS)


@each_kind
@each_arithmetic
@settings(max_examples=200, deadline=None)
@given(a=rows, b=rows, c=rows)
def test_merge_is_commutative_associative_and_has_a_unit(kind, arithmetic, a, b, c):
    a, b, c = (state(kind, arithmetic, X) for X in (a, b, c))
    unit = empty(kind, arithmetic)
    assert_same(a.merge(b), b.merge(a))
    assert_same(a.merge(b).merge(c), a.merge(b.merge(c)))
    for merged in (a.merge(unit), unit.merge(a)):
        assert merged.to_bytes() == a.to_bytes()


@each_kind
@each_arithmetic
@settings(max_examples=200, deadline=None)
@given(a=rows, b=rows, data=st.data())
def test_merge_then_forget_is_the_identity(kind, arithmetic, a, b, data):
    w = data.draw(arrays(np.int64, len(b), elements=st.integers(0, 3)))
    before = state(kind, arithmetic, a)
    both = before.merge(state(kind, arithmetic, b, w))
    assert_same(both.forget(*parts(kind, b), sample_weight=w), before, atol=1e-7)
    assert_same(both.unmerge(state(kind, arithmetic, b, w)), before, atol=1e-7)


@each_kind
@pytest.mark.parametrize("n_shards", [1, 2, 7, 100])
def test_shards_order_tree_and_threads_do_not_matter(kind, n_shards, rng):
    X = rng.normal(size=(400, 3)).clip(-9, 9)
    for arithmetic in SETTINGS:
        with threadpool_limits(1):
            whole = state(kind, arithmetic, X)
        with threadpool_limits(2):
            cut = np.array_split(X[rng.permutation(400)], n_shards)
            states = [state(kind, arithmetic, part) for part in cut]
        while len(states) > 1:  # a random tree
            i, j = sorted(rng.choice(len(states), 2, replace=False))
            second = states.pop(j)
            states[i] = states[i].merge(second)
        assert_same(states[0], whole)


@each_kind
def test_forgetting_is_a_refit_bit_for_bit(kind, rng):
    X = rng.normal(size=(30, 3)).clip(-9, 9)
    left = state(kind, "exact", X).forget(*parts(kind, X[10:]))
    again = state(kind, "exact", X[:10])
    assert left.to_bytes() == again.to_bytes()
    for x, y in zip(left.sums.arrays().values(), again.sums.arrays().values()):
        assert_array_equal(x, y)
