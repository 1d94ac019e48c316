"""Logs: what is read, and how items and users are numbered."""

import re

import pytest
from handed import handed
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.__main__ import main
from sktransfer.datasets import write_table

USERS, ITEMS = ["y", "x", "x", "x"], ["b", "b", "a", "b"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A source with items b, c, e and a target with items a, b and times."""
    monkeypatch.chdir(tmp_path)
    source = {"user": ["u", "u", "v", "v"], "item": ["b", "e", "c", "e"]}
    write_table("uk.csv", source)
    write_table("de.csv", {"user": USERS, "item": ITEMS, "timestamp": [5, 4, 9, 7]})
    write_table("items.csv", {"item": ["zz", "c", "a", "d"], "kind": list("pqpq")})
    return tmp_path


LOGS = ["--source", "uk.csv", "--target", "de.csv"]


def test_sold_items_come_first_then_those_known_elsewhere_then_new_ones(folder):
    log = handed("recommend", *LOGS, "--items", "items.csv")
    assert_array_equal(log.sample_domain, [1, 1, -2, -2])
    # items a, b, c, d, zz; a pair taken twice counts once
    expected = [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [1, 1, 0, 0, 0], [0, 1, 0, 0, 0]]
    assert_array_equal(log.X.toarray(), expected)
    content = log.estimator.item_features.toarray()
    assert_array_equal(content.any(axis=1), [True, False, True, True, True])
    assert_array_equal(content[[0, 2]], content[[4, 3]])


def test_without_a_table_the_items_are_those_sold(folder):
    log = handed("recommend", *LOGS)
    assert_array_equal(log.X.toarray(), [[0, 1], [0, 0], [1, 1], [0, 1]])
    assert log.estimator.item_features is None


def test_rows_of_the_output_are_the_users_in_order(folder, capsys):
    assert main(["recommend", *LOGS, "--output", "r.csv"]) == 0
    assert (folder / "r.csv").read_text().splitlines()[1].startswith("y,1,a,")


def test_markets_are_counted(folder, capsys):
    arguments = [*LOGS, "--items", "items.csv", "--report", "r.html"]
    assert main(["recommend", *arguments]) == 0
    sizes = "2 target users, 2 items and 3 new ones; uk: 2 users, 1 of the items."
    assert capsys.readouterr().out.startswith(sizes)
    page = (folder / "r.html").read_text(encoding="utf-8")
    data = page.split(">Data<")[1]
    rows = [re.findall(r"<td[^>]*>([^<]*)", row) for row in data.split("<tr")]
    assert ["uk", "source", "2", "3", "4", "1", "75 %"] in [row[:7] for row in rows]
    assert ["de", "target", "2", "2", "3", "2", "100 %"] in [row[:7] for row in rows]


def test_times_begin_at_1_and_of_repeated_pairs_the_last_counts(folder):
    log = handed("recommend", *LOGS)
    assert_array_equal(log.time.toarray(), [[0, 0], [0, 0], [6, 4], [0, 2]])
    # those of a source are not needed
    turned = handed("recommend", "--source", "de.csv", "--target", "uk.csv")
    assert turned.time is None


def times(values, users=USERS, items=ITEMS):
    write_table("times.csv", {"user": users, "item": items, "t": values})
    options = ["--target", "times.csv", "--time-column", "t"]
    return handed("recommend", *options).time.toarray()


def test_latest_takes_equal_times(folder):
    assert_array_equal(times([3.0, 3.0], ["x"] * 2, ["a"] * 2), [[1]])


def test_times_are_numbers_or_dates(folder):
    users, items = ["x"] * 4, list("abcd")
    found = times(["10", "9", "1.5", "-1"], users, items)
    assert_array_equal(found, [[12, 11, 3.5, 1]])
    dates = [
        "1970-01-02T00:00:01Z",
        "1970-01-02T00:00",
        "1970-01-02T01:00+02:00",  # an hour earlier
        "1970-01-01",
    ]
    days = [[2 + 1 / 86_400, 2, 1 + 23 / 24, 1]]
    assert_allclose(times(dates, users, items), days, rtol=1e-15)


def test_names_of_markets(folder, capsys):
    source = (folder / "uk.csv").read_text()
    for name in ("us.csv.gz", "=us.csv", "a=b.csv"):
        write_table(name, {"user": ["u"], "item": ["b"]})
    (folder / "other.csv").write_text(source)
    paths = [*("us.csv.gz", "usa=other.csv", "=us.csv", "a=b.csv"), folder / "uk.csv"]
    arguments = ["recommend", "--source", *map(str, paths), "--target", "de.csv"]
    assert main(arguments) == 0
    sizes = capsys.readouterr().out.split("\n")[0]
    assert re.findall(r" (\S+): \d users", sizes) == ["us", "usa", "=us", "a=b", "uk"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["yesterday"], "row 1, column 't': expected a number, or a date such as"),
        (["2026-11-24", "24.11."], "row 2, column 't': expected a number, or a date"),
        (["1", "soon"], "row 2, column 't': expected a finite number, got 'soon'"),
        (["1", "nan"], "row 2, column 't': expected a finite number"),
        (["2026-11-24", None], "row 2, column 't': expected a number, or a date"),
    ],
)
def test_bad_times(folder, values, message, capsys):
    n = len(values)
    write_table("times.jsonl", {"user": USERS[:n], "item": ITEMS[:n], "t": values})
    options = ["--target", "times.jsonl", "--time-column", "t"]
    assert main(["recommend", *options]) == 2
    assert f"times.jsonl, {message}" in capsys.readouterr().err
