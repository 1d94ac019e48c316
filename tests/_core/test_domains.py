"""Encoding, validation and masks of domains."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import StandardScaler

from sktransfer import CORAL, DomainScaler, encode_domains
from sktransfer.utils.validation import check_sample_domain


def test_sign_is_side_and_absolute_value_is_domain():
    d = encode_domains(["b", "a", "c", "a"], target=["a", "c"])
    assert_array_equal(d, [2, -1, -3, -1])
    assert d.dtype == np.int64


def test_codes_do_not_depend_on_the_order_of_rows(rng):
    labels = rng.choice(["uk", "de", "mx", "in"], size=60)
    order = rng.permutation(60)
    whole = encode_domains(labels, target="mx")
    assert_array_equal(encode_domains(labels[order], target="mx"), whole[order])


@pytest.mark.parametrize("kind", [list, tuple, set, np.array])
def test_target_may_be_any_collection(kind):
    d = encode_domains([10, 20, 30], target=kind([10, 30]))
    assert_array_equal(d, [-1, 2, -3])


def test_labels_of_several_types_have_an_order():
    labels = np.array(["x", 3, "x"], dtype=object)
    assert_array_equal(np.sign(encode_domains(labels, target=3)), [1, -1, 1])


@pytest.mark.parametrize(
    ("labels", "target", "message"),
    [
        (["a", None], "a", "missing label in 1 row.*index 1"),
        (np.array([1.0, np.nan]), 1.0, "missing label"),
        (["a", "b"], "c", "one or several of the labels.*got 'c'"),
        (["a", "b"], [], "one or several of the labels"),
        ([["a", "b"], ["b", "a"]], "a", "one-dimensional"),
        ([str(i) for i in range(20)], "x", r", \.\.\.\]"),
    ],
)
def test_bad_labels_are_explained(labels, target, message):
    with pytest.raises(ValueError, match=message):
        encode_domains(labels, target=target)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, object])
def test_integers_of_any_type_are_accepted(dtype):
    d = np.array([1, -2, 3]).astype(dtype)
    assert_array_equal(check_sample_domain(d, 3), [1, -2, 3])


@pytest.mark.parametrize(
    ("d", "message"),
    [
        ([0, 1], "got 0 in 1 row"),
        ([1, 2, 3], "3 entries for 2 rows"),
        ([[1, 2]], "one-dimensional"),
        ([0.5, 1], "signed integers"),
        (["a", "b"], "signed integers"),
    ],
)
def test_bad_domains_are_explained(d, message):
    with pytest.raises(ValueError, match=message):
        check_sample_domain(d, 2)


def test_a_column_is_a_vector():
    assert_array_equal(check_sample_domain([[1], [-2]], 2), [1, -2])


def test_no_domain_means_both_sides_in_fit_and_target_in_transform(rng):
    X = rng.normal(size=(30, 2)) * 3 + 1
    plain = DomainScaler().fit(X)
    assert_allclose(plain.transform(X), StandardScaler().fit_transform(X))
    d = np.repeat([1, -2], 15)
    both = DomainScaler().fit(X, sample_domain=d)
    assert_allclose(both.transform(X), both.transform(X, sample_domain=np.full(30, -2)))
    assert np.abs(both.transform(X) - both.transform(X, sample_domain=d)).max() > 0.1


def test_rows_are_of_the_side_of_their_sign(rng):
    X, d = rng.normal(size=(30, 2)) * 3 + 1, np.tile([1, -2], 15)
    Z = DomainScaler().fit_transform(X, sample_domain=d)
    for side in (1, -2):
        own = StandardScaler().fit_transform(X[d == side])
        assert_allclose(Z[d == side], own)


@pytest.mark.parametrize(("d", "side"), [([1, 2], "target"), ([-1, -1], "source")])
def test_a_side_without_rows_is_named(d, side):
    with pytest.raises(ValueError, match=f"CORAL needs .* got no {side} row"):
        CORAL().fit(np.eye(2), sample_domain=d)


@pytest.mark.parametrize("d", [[1.0, -2.0, 3.0], [np.int8(1), -2.0, np.uint64(3)]])
def test_whole_numbers_in_an_array_of_objects_are_domains(d):
    assert_array_equal(check_sample_domain(np.array(d, dtype=object), 3), [1, -2, 3])


@pytest.mark.parametrize(
    "d",
    [
        np.array([1.0, -np.inf]),
        np.array([1, 2**64 - 1], dtype=np.uint64),  # is -1 in 64 signed bits
        np.array([1, -(2**70)], dtype=object),
        np.array([1.0, -1e30]),
    ],
)
def test_numbers_beyond_64_bits_are_no_domains(d):
    with pytest.raises(ValueError, match="must hold signed integers"):
        check_sample_domain(d, 2)
