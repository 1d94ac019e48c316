"""Logs: what is read, and how items and users are numbered."""

import argparse

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer._cli._console import CommandError
from sktransfer._cli._logs import (
    latest_times,
    market_name_and_path,
    parse_times,
    read_log,
)
from sktransfer.datasets import write_table

OPTIONS = {
    "user_column": "user",
    "item_column": "item",
    "time_column": None,
    "rating_column": None,
    "min_rating": None,
}


@pytest.fixture
def options(tmp_path):
    """A source with items b, c, e and a target with items a, b and times."""
    write_table(
        tmp_path / "uk.csv",
        {"user": ["u", "u", "v", "v"], "item": ["b", "e", "c", "e"]},
    )
    target = {"user": ["y", "x", "x", "x"], "item": ["b", "b", "a", "b"]}
    write_table(tmp_path / "de.csv", {**target, "timestamp": [5, 4, 9, 7]})
    return argparse.Namespace(
        source=[str(tmp_path / "uk.csv")], target=str(tmp_path / "de.csv"), **OPTIONS
    )


def test_sold_items_come_first_then_those_known_elsewhere_then_new_ones(options):
    log = read_log(options, ["zz", "c", "a", "d"])
    assert log.items.tolist() == ["a", "b", "c", "d", "zz"]
    assert (log.n_sold, log.n_taken) == (2, 3)
    assert log.users.tolist() == ["x", "y"]
    assert_array_equal(log.sample_domain, [1, 1, -2, -2])
    expected = [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [1, 1, 0, 0, 0], [0, 1, 0, 0, 0]]
    assert_array_equal(log.X.toarray(), expected)  # a pair taken twice counts once
    assert_array_equal(log.target.toarray(), expected[2:])
    uk, de = log.markets[1], log.markets[-2]
    assert uk[:7] == ("uk", "source", 2, 3, 4, 1, 0.75)
    assert de[:7] == ("de", "target", 2, 2, 3, 2, 1.0)


def test_without_a_table_the_items_are_those_sold(options):
    log = read_log(options)
    assert log.items.tolist() == ["a", "b"]
    assert log.n_taken == 2


def test_times_are_ranks_and_of_repeated_pairs_the_last(options):
    log = read_log(options)
    assert_array_equal(log.times.toarray(), [[4, 3], [0, 2]])
    options.source, options.target = [options.target], options.source[0]
    assert read_log(options).times is None  # those of a source are not needed


def test_latest_takes_equal_times():
    one = np.array([0, 0])
    times = latest_times(one, one, np.array([3.0, 3.0]), (1, 1))
    assert_array_equal(times.toarray(), [[1]])


def test_names_of_markets(tmp_path):
    assert market_name_and_path("data/us.csv.gz") == ("us", "data/us.csv.gz")
    assert market_name_and_path("usa=data/us.csv") == ("usa", "data/us.csv")
    assert market_name_and_path("=us.csv") == ("=us", "=us.csv")
    path = tmp_path / "a=b.csv"
    path.write_text("")
    assert market_name_and_path(str(path)) == ("a=b", str(path))


def test_times_are_numbers_or_dates():
    assert_array_equal(parse_times(["3", "1.5"], "f", "t"), [3, 1.5])
    dates = ["1970-01-01", "1970-01-02T00:00", "1970-01-02T00:00:01Z"]
    assert_array_equal(parse_times(dates, "f", "t"), [0, 86400, 86401])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["yesterday"], "row 1, column 't': expected a number, or a date such as"),
        (["2026-11-24", "24.11."], "row 2, column 't'.*got '24.11.'"),
        (["1", "soon"], "row 2, column 't': expected a finite number, got 'soon'"),
        (["1", "nan"], "expected a finite number"),
        (["2026-11-24", None], "got None"),
    ],
)
def test_bad_times(values, message):
    with pytest.raises((CommandError, ValueError), match=message):
        parse_times(values, "f", "t")
