"""Tables are read strictly and written whole or not at all."""

import csv
import gzip
import json
import os
import stat
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sktransfer.datasets import (
    TableError,
    parse_numbers,
    read_table,
    write_table,
)


def put(path, text):
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def error_of(path, **options):
    """The one-line message about a hostile file."""
    with pytest.raises(TableError) as caught:
        read_table(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


CSV = 'text,stars\r\n"a ""sharp"", knife\nindeed",5\r\n\r\nschön,1\r\n'


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "T.CSV", "a.b.csv"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_with_quotes_line_breaks_crlf_and_byte_order_mark(tmp_path, name, mark):
    table = read_table(put(tmp_path / name, mark + CSV.encode()))
    assert list(table) == ["text", "stars"]
    assert table["text"].tolist() == ['a "sharp", knife\nindeed', "schön"]
    assert table["stars"].tolist() == ["5", "1"]
    assert table["text"].dtype == object


@pytest.mark.parametrize("name", ["t.tsv", "t.txt", "t.tsv.gz", "t.txt.gz"])
def test_tabulators(tmp_path, name):
    path = put(tmp_path / name, "user\titem\nann\tA, 7\n")
    assert read_table(path)["item"].tolist() == ["A, 7"]


def test_gzip_is_recognised_by_content(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(gzip.compress(b"a\n1\n") + gzip.compress(b"2\n"))
    assert read_table(path)["a"].tolist() == ["1", "2"]


def test_columns_are_chosen_and_ordered(tmp_path):
    path = put(tmp_path / "t.csv", "a,b,c\n1,2,3\n")
    assert list(read_table(path, columns=["c", "a"])) == ["c", "a"]


def test_other_forms(tmp_path):
    path = put(tmp_path / "u.item", 'x|"é|1\n'.encode("latin-1"))
    table = read_table(
        path, delimiter="|", names=["k", "t", "n"], quoting=False, encoding="latin-1"
    )
    assert [table[c][0] for c in table] == ["x", '"é', "1"]


def test_json_lines(tmp_path):
    text = '{"a": 1, "t": "ü"}\n\n{"t": null, "b": [1, 2]}\r\n'
    table = read_table(put(tmp_path / "t.jsonl.gz", "\ufeff" + text))
    assert table["a"].tolist() == [1, None]
    assert table["t"].tolist() == ["ü", None]
    assert table["b"].tolist() == [None, [1, 2]]
    picked = read_table(tmp_path / "t.jsonl.gz", columns=["b", "t"])
    assert list(picked) == ["b", "t"]


def test_missing_column_tells_which_there_are(tmp_path):
    path = put(tmp_path / "t.csv", "text,stars\nx,1\n")
    message = error_of(path, columns=["text", "label"])
    assert "no column 'label'; the columns are 'text', 'stars'" in message
    wide = put(
        tmp_path / "w.csv", ",".join(f"c{i}" for i in range(30)) + "\n" + "," * 29
    )
    assert "'c19', ..." in error_of(wide, columns=["c99"])
    lines = put(tmp_path / "t.jsonl", '{"text": "x"}\n')
    assert "the columns are 'text'" in error_of(lines, columns=["label"])


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.tsv", "t.jsonl"])
@pytest.mark.parametrize("content", ["", "\n\n"])
def test_empty_file(tmp_path, name, content):
    assert "the file is empty" in error_of(put(tmp_path / name, content))


def test_no_bytes_at_all_in_a_gz_file(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(b"")
    assert "the file is empty" in error_of(tmp_path / "t.csv.gz")


def test_header_alone(tmp_path):
    assert "header but no rows" in error_of(put(tmp_path / "t.csv", "a,b\n"))
    assert "is empty" in error_of(put(tmp_path / "e.csv", ""), names=["a"])


@pytest.mark.parametrize(
    ("told", "encoding", "text"),
    [
        ("gb2312", "gb18030", "房間很乾淨 𠮷"),
        ("gbk", "gb18030", "房間很乾淨 𠮷"),
        ("Shift-JIS", "cp932", "髙い①"),
        ("euc-kr", "cp949", "똠방각하"),
    ],
)
def test_encodings_are_read_with_what_was_added_to_them(told, encoding, text, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"text\n{text}\n", encoding=encoding)
    assert read_table(path, encoding=told)["text"].tolist() == [text]


def test_undecodable_bytes_tell_line_and_byte(tmp_path):
    path = put(tmp_path / "t.csv", b"a,b\n1,2\n3,\xfc\n")
    message = error_of(path)
    assert "line 3, byte 10: byte 0xfc is not UTF-8 text" in message
    assert "Save the file as UTF-8" in message
    late = put(tmp_path / "l.csv.gz", b"a\n" + b"x\n" * 500_000 + b"\xff\n")
    assert "line 500002, byte 1000002" in error_of(late)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.tsv", "t.jsonl", "t.json"])
@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("utf-8-sig", None),
        ("utf-16", None),
        ("utf-32", None),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "cp1252"),
        ("cp1252", "windows-1252"),
        ("utf-8-sig", "UTF8"),
    ],
)
def test_encodings(tmp_path, name, written, given):
    rows = [{"text": "schön", "stars": "5"}, {"text": "naïf", "stars": "1"}]
    mark = "\t" if ".tsv" in name else ","
    text = "".join(mark.join(r) + "\n" for r in [rows[0], *(r.values() for r in rows)])
    if ".json" in name:
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path = put(tmp_path / name, text.encode(written))
    table = read_table(path, encoding=given)
    assert table["text"].tolist() == ["schön", "naïf"]
    assert table["stars"].tolist() == ["5", "1"]


def test_other_encodings(tmp_path):
    text = "text,stars\nschön,5\n"
    message = error_of(put(tmp_path / "t.csv", text.encode("cp1252")))
    assert "line 2, byte 14: byte 0xf6 is not UTF-8 text" in message
    assert 'encoding="cp1252"' in message
    message = error_of(put(tmp_path / "u.csv", "a,b\n1,2\n".encode("utf-16-le")))
    assert "NUL byte" in message
    message = error_of(put(tmp_path / "v.csv", text.encode("utf-16")[:-1]))
    assert "not UTF-16 text" in message or "cut off" in message
    assert "no encoding 'cp0'" in error_of(tmp_path / "t.csv", encoding="cp0")


@pytest.mark.parametrize("keep", [5, 30, -9, -1])
def test_truncated_gzip(tmp_path, keep):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode() * 100)[:keep])
    assert "cut off or damaged" in error_of(path)


def test_damaged_gzip(tmp_path):
    data = bytearray(gzip.compress(os.urandom(5000).hex().encode()))
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "t.csv.gz").write_bytes(bytes(data))
    assert "damaged" in error_of(tmp_path / "t.csv.gz")
    (tmp_path / "u.csv.gz").write_bytes(b"a,b\n1,2\n")
    assert "not gzip data" in error_of(tmp_path / "u.csv.gz")


@pytest.mark.parametrize(("row", "n"), [("1", 1), ("1,2,3", 3)])
def test_wrong_number_of_fields_tells_the_line(tmp_path, row, n):
    path = put(tmp_path / "t.csv", f'a,b\n"x\ny",2\n{row}\n')
    assert f"line 4: {n} field(s), expected 2 ('a', 'b')" in error_of(path)


def test_unclosed_and_misplaced_quotation_marks(tmp_path):
    assert "line 3" in error_of(put(tmp_path / "t.csv", 'a,b\n1,"2\n3,4\n'))
    assert "line 2" in error_of(put(tmp_path / "u.csv", 'a,b\n1,"2"3\n'))


def test_header_twice(tmp_path):
    assert "names 'a' twice" in error_of(put(tmp_path / "t.csv", "a,b,a\n1,2,3\n"))


def test_no_such_file_directory_and_kind(tmp_path):
    assert "no such file" in error_of(tmp_path / "t.csv")
    (tmp_path / "d.csv").mkdir()
    assert "is a directory" in error_of(tmp_path / "d.csv")
    assert "unknown kind of table" in error_of(put(tmp_path / "t.xls", "x"))
    assert "unknown kind of table" in error_of(put(tmp_path / "t.gz", "x"))
    assert "File name too long" in error_of(tmp_path / ("x" * 300 + ".csv"))


def test_no_permission(tmp_path, monkeypatch):
    path = put(tmp_path / "t.csv", "a\n1\n")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    assert "no permission to read" in error_of(path)


def test_long_fields_are_fine_and_the_modules_limit_stays(tmp_path):
    before = csv.field_size_limit()
    path = put(tmp_path / "t.csv", f"a\n{'x' * 300_000}\n")
    assert len(read_table(path)["a"][0]) == 300_000
    assert csv.field_size_limit() == before


def test_sizes_beyond_the_limits(tmp_path):
    path = put(tmp_path / "t.csv.gz", "a\n" + "0\n" * 1_000_000)
    assert path.stat().st_size < 10_000
    assert "more than 100000 bytes" in error_of(path, max_bytes=100_000)
    limit = csv.field_size_limit()
    path = put(tmp_path / "u.csv.gz", f"a\n{'x' * (17 * 2**20)}\n")
    assert "line 2: field larger" in error_of(path)
    assert csv.field_size_limit() == limit
    path = put(tmp_path / "v.jsonl.gz", f"{{}}\n{'x' * (65 * 2**20)}\n")
    assert "line 2 is longer" in error_of(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ('{"a": NaN}', "write null"),
        ("[1]", "expected a JSON object"),
        ("[" * 100_000, "not JSON"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_bad_json_lines(tmp_path, line, message):
    path = put(tmp_path / "t.jsonl", '{"a": 1}\n' + line + "\n")
    assert message in error_of(path)


def test_numbers():
    options = {"path": "t.csv", "column": "stars"}
    assert_array_equal(parse_numbers(["1", " 2.5", "-3e2"], **options), [1, 2.5, -300])
    whole = parse_numbers(["7", 8], integer=True, **options)
    assert whole.dtype == np.int64
    assert_array_equal(whole, [7, 8])


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nan",
        "NaN",
        "inf",
        "five",
        "1_0",
        "٣",
        "1e999",
        None,
        True,
        float("nan"),
        [],
    ],
)
def test_what_is_no_number(value):
    with pytest.raises(TableError) as caught:
        parse_numbers(["1", value], path="t.csv", column="stars")
    assert str(caught.value).startswith(
        "t.csv, row 2, column 'stars': expected a finite number, got "
    )


@pytest.mark.parametrize("value", ["1.0", "1e3", 1.5, str(2**63), "9" * 500])
def test_what_is_no_whole_number(value):
    with pytest.raises(TableError, match="row 1, column 'id': expected a whole number"):
        parse_numbers([value], path="t.csv", column="id", integer=True)


def test_bounds_of_numbers():
    for low, high in ((1, 5), (1, np.inf)):
        with pytest.raises(TableError, match=r"(from 1 to 5|of at least 1), got '0'"):
            parse_numbers(["0"], path="t.csv", column="stars", low=low, high=high)


# Whatever Python calls text, except what no UTF-8 file can hold.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@settings(max_examples=150, deadline=None)
@example(rows=[("", ",,")], kind=".txt", names=["0", ",,"])
@example(rows=[("x\n\ny", ";")], kind=".csv", names=["a;;", "b"])
@given(
    rows=st.lists(st.tuples(TEXT, TEXT), min_size=1),
    kind=st.sampled_from(
        [".csv", ".tsv", ".txt", ".jsonl", ".csv.gz", ".tsv.gz", ".jsonl.gz"]
    ),
    names=st.lists(TEXT.filter(bool), min_size=2, max_size=2, unique=True),
)
def test_round_trip(tmp_path_factory, rows, kind, names):
    assume(all(sorted(row) != sorted(names) for row in rows))  # a header again
    path = tmp_path_factory.mktemp("round") / f"t{kind}"
    write_table(path, dict(zip(names, zip(*rows))))
    table = read_table(path, quoting=True)
    assert list(table) == names
    assert list(zip(*(table[n].tolist() for n in names))) == rows


@settings(max_examples=60, deadline=None)
@given(values=st.lists(TEXT, min_size=1), kind=st.sampled_from([".csv", ".tsv"]))
def test_round_trip_of_one_column(tmp_path_factory, values, kind):
    path = tmp_path_factory.mktemp("round") / f"t{kind}"
    write_table(path, {"text": values})
    assert read_table(path, quoting=True)["text"].tolist() == values


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1),
    st.sampled_from([".csv", ".jsonl"]),
)
def test_round_trip_of_numbers(tmp_path_factory, values, kind):
    path = tmp_path_factory.mktemp("round") / f"t{kind}"
    write_table(path, {"x": np.array(values)})
    back = parse_numbers(read_table(path)["x"], path=path, column="x")
    assert_array_equal(back, values)


def test_missing_values_and_numpy_types(tmp_path):
    columns = {
        "a": np.array([0.1, np.nan], dtype=np.float32),
        "b": np.array([True, False]),
        "c": ["x", None],
        "d": np.arange(2),
    }
    write_table(tmp_path / "t.csv", columns)
    text = (tmp_path / "t.csv").read_text()
    assert text == "a,b,c,d\n0.1,True,x,0\n,False,,1\n"
    write_table(tmp_path / "t.jsonl", columns)
    rows = [json.loads(s) for s in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert rows[0] == {"a": 0.1, "b": True, "c": "x", "d": 0}
    assert rows[1] == {"a": None, "b": False, "c": None, "d": 1}


def missing_kinds():
    """Columns of one value that is there and one that is missing."""
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    return {
        "none": ["x", None],
        "nan": [1.5, np.nan],
        "float32": np.array([1.5, np.nan], dtype=np.float32),
        "decimal": [Decimal("1.5"), Decimal("NaN")],
        "numpy_nat": np.array(["2026-11-24", "NaT"], dtype="datetime64[D]"),
        "numpy_span": np.array([3, "NaT"], dtype="timedelta64[D]"),
        "masked": np.ma.masked_array([1, 2], mask=[False, True]),
        "masked_text": np.ma.masked_array(["x", "y"], mask=[False, True]),
        "pandas_na": pandas.array([1, None], dtype="Int64"),
        "pandas_string": pandas.Series(["x", None], dtype="string"),
        "pandas_nat": pandas.Series(pandas.to_datetime(["2026-11-24", None])),
        "polars": polars.Series(["x", None]),
        "pyarrow": pyarrow.array(["x", None]),
        "pyarrow_chunks": pyarrow.chunked_array([["x"], [None]]),
    }


def test_what_is_missing_is_empty(tmp_path):
    columns = missing_kinds()
    write_table(tmp_path / "t.csv", columns)
    header, there, missing = (tmp_path / "t.csv").read_text().splitlines()
    assert header == ",".join(columns)
    assert missing == "," * (len(columns) - 1)
    assert there == (
        "x,1.5,1.5,1.5,2026-11-24,3 days,1,x,1,x,2026-11-24 00:00:00,x,x,x"
    )
    json_has_no = ("decimal", "numpy_nat", "numpy_span", "pandas_nat")
    columns = {n: v for n, v in columns.items() if n not in json_has_no}
    write_table(tmp_path / "t.jsonl", columns)
    lines = (tmp_path / "t.jsonl").read_text().splitlines()
    assert set(json.loads(lines[1]).values()) == {None}
    assert set(json.loads(lines[0]).values()) == {"x", 1, 1.5}


def test_lists_and_dicts_are_json(tmp_path):
    write_table(tmp_path / "t.csv", {"a": [["x", "é"], {"b": None}, []]})
    table = read_table(tmp_path / "t.csv")
    assert list(map(json.loads, table["a"])) == [["x", "é"], {"b": None}, []]


@pytest.mark.parametrize("value", [b"x", bytearray(b"x"), np.bytes_(b"x")])
@pytest.mark.parametrize("kind", [".csv", ".jsonl"])
def test_bytes_are_no_text(tmp_path, value, kind):
    with pytest.raises(TableError, match=r"is bytes, not text. Decode it first\."):
        write_table(tmp_path / f"t{kind}", {"a": ["fine", value]})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("values", ["abc", b"abc", np.zeros((2, 2)), np.array(3)])
def test_a_column_has_one_value_for_each_row(tmp_path, values):
    with pytest.raises(TableError, match="'a' must hold one value for each row"):
        write_table(tmp_path / "t.csv", {"a": values})


FORMULAS = [
    "=1+1",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "-",
    "=é",
]
PLAIN = ["-5", "-1.5", "-1,5", "-1e-05", "-1.234,56", "a=1", "'=1", "", "5-3", " x"]


@pytest.mark.parametrize("kind", [".csv", ".tsv"])
def test_formulas_are_written_so_that_no_spreadsheet_runs_them(tmp_path, kind):
    path = tmp_path / f"t{kind}"
    columns = {"=x": FORMULAS + PLAIN, "y": [-1.5, -2, -np.inf, *[0] * 15]}
    write_table(path, columns, escape_formulas=True)
    table = read_table(path)
    assert list(table) == ["'=x", "y"]
    assert table["'=x"].tolist() == [f"'{text}" for text in FORMULAS] + PLAIN
    assert table["y"][:3].tolist() == ["-1.5", "-2", "-inf"]
    write_table(path, columns)
    assert read_table(path)["=x"].tolist() == FORMULAS + PLAIN


def test_same_table_same_bytes(tmp_path):
    for name in ("a.csv.gz", "b.csv.gz"):
        write_table(tmp_path / name, {"x": [1, 2]})
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "one length"),
        ({"a": [1], "b": [1, 2]}, "one length"),
        ({"a": ["fine", "\0"]}, "NUL"),
        ({"a": ["fine", "\ud800"]}, "cannot be encoded"),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path, columns, message
):
    path = put(tmp_path / "t.csv", "old")
    with pytest.raises(TableError, match=message):
        write_table(path, columns)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["t.csv"]


def test_what_json_cannot_say(tmp_path):
    for value in (np.inf, object(), {1, 2}):
        with pytest.raises(TableError, match="cannot be written as JSON"):
            write_table(tmp_path / "t.jsonl", {"a": [value]})
    assert os.listdir(tmp_path) == []


def test_interrupted_write(tmp_path, monkeypatch):
    def interrupt(*args):
        assert len(os.listdir(tmp_path)) == 2  # written beside, not over
        raise KeyboardInterrupt

    path = put(tmp_path / "t.csv", "old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_table(path, {"a": [1]})
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["t.csv"]


def test_places_that_cannot_be_written(tmp_path, monkeypatch):
    with pytest.raises(TableError, match="there is no folder"):
        write_table(tmp_path / "none" / "t.csv", {"a": [1]})
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(TableError, match="a directory"):
        write_table(tmp_path / "d.csv", {"a": [1]})
    os.mkfifo(tmp_path / "p.csv")
    with pytest.raises(TableError, match="no regular file"):
        write_table(tmp_path / "p.csv", {"a": [1]})
    with pytest.raises(TableError, match="unknown kind"):
        write_table(tmp_path / "t.xlsx", {"a": [1]})

    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    def full(*args):
        raise OSError(28, "No space left on device")

    for failure, message in ((refuse, "no permission to write"), (full, "No space")):
        monkeypatch.setattr(os, "replace", failure)
        with pytest.raises(TableError, match=message):
            write_table(tmp_path / "t.csv", {"a": [1]})
    assert sorted(os.listdir(tmp_path)) == ["d.csv", "p.csv"]


def test_links_and_modes_stay(tmp_path):
    path = put(tmp_path / "t.csv", "old")
    path.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    write_table(link, {"a": [1]})
    assert link.is_symlink()
    assert path.read_text() == "a\n1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
