"""The same table in every kind of file gives the same users, items, values, times."""

import bz2
import gzip
import json
import lzma
import os
import sys
import tracemalloc
import warnings
from datetime import date
from importlib.util import find_spec
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sktransfer.datasets import TableError, parse_numbers, read_table, write_table
from sktransfer.moments import (
    ColumnMoments,
    Moments,
    interaction_chunks,
    read_chunks,
    reduce_states,
)

# sorted by user as text; every id but the numbers was lost or changed by some reader
USERS = ["007", "1e5", "7", "NA", "True", "null"]
ITEMS = ["00", "0", "None", "x;y", "nan", "-1"]
VALUES = [1.5, 2.0, 3.0, 4.0, 5.0, 0.25]
TIMES = ["2026-11-24T18:30:00", *["2026-11-25T00:00:01"] * 5]
TABLE = {"user": USERS, "item": ITEMS, "value": VALUES, "time": TIMES}
ROWS = [dict(zip(TABLE, row)) for row in zip(*TABLE.values())]


def text(separator, quote=""):
    rows = [list(TABLE), *([str(v) for v in row.values()] for row in ROWS)]
    lines = (separator.join(f"{quote}{field}{quote}" for field in row) for row in rows)
    return "".join(line + "\n" for line in lines)


def parquet(path, table=TABLE, **changes):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    columns = {name: pyarrow.array(values) for name, values in table.items()}
    write_table(pyarrow.table(columns | changes), path)


def timed_parquet(path, unit):
    pyarrow = pytest.importorskip("pyarrow")
    times = pyarrow.array(np.array(TIMES, f"M8[{unit}]"))
    parquet(path, time=times, item=pyarrow.array(ITEMS).dictionary_encode())


def spark_folder(path):
    """Parts as Spark writes them, with a column in the names of folders."""
    for user, row in zip(USERS, ROWS):
        part = path / f"user={user}"
        part.mkdir(parents=True)
        inner = {name: [row[name]] for name in ("item", "value", "time")}
        parquet(part / "part-00000-af.snappy.parquet", inner)
        (part / ".part-00000-af.snappy.parquet.crc").write_bytes(b"crc")
    (path / "_SUCCESS").write_bytes(b"")
    (path / "_temporary").mkdir()
    (path / "_temporary" / "part-00009.parquet").write_bytes(b"half")


def csv_folder(path):
    path.mkdir()
    lines = text(",").splitlines(keepends=True)
    (path / "part-00000.csv").write_text("".join(lines[:4]))
    swapped = [",".join(reversed(s.strip().split(","))) for s in [lines[0], *lines[4:]]]
    (path / "part-00001.csv").write_text("\n".join(swapped) + "\n")
    (path / "part-00002.csv").write_bytes(b"")
    (path / "_SUCCESS").write_bytes(b"")


def excel(path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in [list(TABLE), *(list(r.values()) for r in ROWS)]:
        book.active.append(row)
    book.save(path)


def json_lines(path):
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def nested_json(path):
    rows = [{"of": {"user": {"$oid": r["user"]}, "item": r["item"]}} | r for r in ROWS]
    for row in rows:
        row["time"] = {"$date": row["time"]}
        row["value"] = {"$numberDouble": str(row["value"])}
        del row["user"], row["item"]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text.replace('"of"', '"a"'))


def zstandard(path):
    pyarrow = pytest.importorskip("pyarrow")
    with pyarrow.CompressedOutputStream(str(path), "zstd") as file:
        file.write(text(",").encode())


KINDS = {
    "t.csv": lambda p: p.write_text(text(",")),
    "t.csv.gz": lambda p: p.write_bytes(gzip.compress(text(",").encode())),
    "t.csv.bz2": lambda p: p.write_bytes(bz2.compress(text(",").encode())),
    "t.tsv.xz": lambda p: p.write_bytes(lzma.compress(text("\t").encode())),
    "t.csv.zst": zstandard,
    "quoted.csv": lambda p: p.write_text(text(",", '"')),
    "semicolon.csv": lambda p: p.write_text(text(";", '"')),
    "tab.csv": lambda p: p.write_text(text("\t")),
    "open.csv": lambda p: p.write_text(
        text(",").replace("\n", ",\n").replace("time,\n", "time\n")
    ),
    "open_header.csv": lambda p: p.write_text(text(",").replace("\n", ",\n")),
    "utf16.csv": lambda p: p.write_text(text(","), encoding="utf-16"),
    "crlf.csv": lambda p: p.write_bytes(text(",").replace("\n", "\r\n").encode()),
    "t.tsv": lambda p: p.write_text(text("\t")),
    "t.txt": lambda p: p.write_text(text("\t")),
    "bar.txt": lambda p: p.write_text(text("|")),
    "t.jsonl": json_lines,
    "t.ndjson": json_lines,
    "lines.json": json_lines,
    "list.json": lambda p: p.write_text(json.dumps(ROWS, indent=1)),
    "t.parquet": parquet,
    "seconds.parquet": lambda p: timed_parquet(p, "s"),
    "nanoseconds.parquet": lambda p: timed_parquet(p, "ns"),
    "t.xlsx": excel,
    "spark": spark_folder,
    "folder": csv_folder,
}


@pytest.fixture(params=KINDS)
def path(request, tmp_path):
    path = tmp_path / request.param
    KINDS[request.param](path)
    return path


def without(monkeypatch, *packages):
    for name in packages:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture(params=["pyarrow", "polars"])
def reader(request, monkeypatch):
    """Reader of Parquet; without pyarrow there is no pandas either."""
    pytest.importorskip(request.param)
    pytest.importorskip("pyarrow")  # writes
    if request.param == "pyarrow":
        return lambda: None
    return lambda: without(monkeypatch, "pandas", "pyarrow.parquet")


def test_table(path, reader):
    reader()
    table = read_table(path)
    assert set(table) == set(TABLE)
    assert table["user"].tolist() == USERS
    assert table["item"].tolist() == ITEMS
    assert table["time"].tolist() == TIMES
    values = parse_numbers(table["value"], path=path, column="value")
    assert_array_equal(values, VALUES)
    picked = read_table(path, columns=["value", "user"])
    assert list(picked) == ["value", "user"]
    assert picked["user"].tolist() == USERS


@pytest.mark.parametrize("chunk_users", [1, 4, 100])
def test_log(path, chunk_users, reader):
    reader()
    names = {"user": "user", "item": "item", "value": "value"}
    chunks = interaction_chunks(path, items=ITEMS, chunk_users=chunk_users, **names)
    rows = np.vstack([chunk.toarray() for chunk in chunks])
    assert_array_equal(rows, np.diag(VALUES))


@pytest.mark.parametrize("chunk_rows", [1, 4, 100])
def test_numbers_and_columns(path, chunk_rows, reader):
    reader()
    chunks = read_chunks(path, columns=["value"], chunk_rows=chunk_rows)
    assert_array_equal(np.vstack(list(chunks))[:, 0], VALUES)
    chunks = read_chunks(path, columns="user", dtype=str, chunk_rows=chunk_rows)
    assert np.concatenate(list(chunks)).tolist() == USERS


def test_nested_json_of_mongodb(tmp_path):
    nested_json(tmp_path / "t.json")
    table = read_table(tmp_path / "t.json")
    assert list(table) == ["a.user", "a.item", "value", "time"]
    assert table["a.user"].tolist() == USERS
    assert table["value"].tolist() == VALUES
    assert table["time"].tolist() == TIMES
    (chunk,) = interaction_chunks(
        tmp_path / "t.json", user="a.user", item="a.item", items=ITEMS
    )
    assert_array_equal(chunk.toarray(), np.eye(6))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"$date": "2024-01-02T03:04:05Z"}, "2024-01-02T03:04:05Z"),
        ({"$date": 86_400_000}, "1970-01-02T00:00:00+00:00"),
        ({"$date": {"$numberLong": "1500"}}, "1970-01-01T00:00:01.500000+00:00"),
        ({"$oid": "5f1e"}, "5f1e"),
        ({"$numberLong": "9007199254740993"}, 2**53 + 1),
        ({"$numberDecimal": "0.25"}, 0.25),
        ([{"a": 1}], [{"a": 1}]),
    ],
)
def test_extended_json(tmp_path, value, expected):
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"v": value, "w": 1}) + "\n")
    assert read_table(path, columns=["v"])["v"].tolist() == [expected]


def test_fields_of_structures_in_parquet(tmp_path, reader):
    inner = [{"name": user, "at": {"item": item}} for user, item in zip(USERS, ITEMS)]
    parquet(tmp_path / "t.parquet", {"event": inner, "value": VALUES})
    reader()
    table = read_table(tmp_path / "t.parquet")
    assert list(table) == ["event.name", "event.at.item", "value"]
    assert table["event.name"].tolist() == USERS
    picked = read_table(tmp_path / "t.parquet", columns=["event.at.item"])
    assert picked["event.at.item"].tolist() == ITEMS


IDS = [3, 7, 10, 2**53 + 1, 2**62]


@pytest.mark.parametrize("kind", ["int64", "uint64", "string", "decimal", "binary"])
def test_numbers_of_users_are_those_of_text(tmp_path, reader, kind):
    pyarrow = pytest.importorskip("pyarrow")
    kinds = {"decimal": pyarrow.decimal128(20, 0)}
    ids = [str(i) for i in IDS] if kind in ("string", "binary") else IDS
    ids = pyarrow.array(ids).cast(kinds.get(kind, kind))
    parquet(tmp_path / "t.parquet", {}, u=ids, i=ids)
    reader()
    (tmp_path / "t.csv").write_text("u,i\n" + "".join(f"{i},{i}\n" for i in IDS))
    for items in (IDS, [str(i) for i in IDS], np.array(IDS)):
        for name in ("t.csv", "t.parquet"):
            log = {"user": "u", "item": "i", "items": items}
            (chunk,) = interaction_chunks(tmp_path / name, **log)
            assert_array_equal(chunk.toarray(), np.eye(5))


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([7.0, 8.0, None], r"column 'u', row 3: there is no id, as in 1 of 3 rows"),
        ([7, 2**53 + 1, None], r"column 'u', row 3: there is no id"),
        ([7.0, 2.0**53], r"row 2: 9007199254740992.0 is a float, which does not hold"),
        ([7.0, 7.5], r"row 2: an id is a text or a whole number; got 7.5"),
        ([True, False], r"row 1: an id is a text or a whole number; got True"),
        (["a", ""], r"row 2: there is no id"),
        ([["a"], ["b"]], r"row 1: an id is a text or a whole number; got \['a'\]"),
    ],
)
def test_what_is_no_id(tmp_path, reader, ids, message):
    parquet(tmp_path / "t.parquet", {"u": ids, "i": ["x"] * len(ids)})
    reader()
    log = interaction_chunks(tmp_path / "t.parquet", user="u", item="i", items=["x"])
    with pytest.raises(ValueError, match=message):
        list(log)


def test_whole_floats_are_their_digits(tmp_path):
    parquet(tmp_path / "t.parquet", {"u": [7.0, 10.0, 2.0**52], "i": [7, 10, 2**52]})
    log = {"user": "u", "item": "i", "items": ["7", "10", "4503599627370496"]}
    (chunk,) = interaction_chunks(tmp_path / "t.parquet", **log)
    assert_array_equal(chunk.toarray(), np.eye(3))


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_digits_then_letters(tmp_path, ending):
    n = 140_000  # more than a reader looks at to guess a type
    users = [*range(10**6, 10**6 + n), "abc"]
    if ending == "csv":
        text = "u,i\n" + "".join(f"{u},x\n" for u in users)
    else:
        text = "".join(f'{{"u": {json.dumps(u)}, "i": "x"}}\n' for u in users)
    path = tmp_path / f"t.{ending}"
    path.write_text(text)
    log = interaction_chunks(path, user="u", item="i", items=["x"], chunk_users=n + 1)
    assert [chunk.shape for chunk in log] == [(n + 1, 1)]
    with pytest.raises(
        ValueError, match=r"numbers at first, and 'abc' later.*dtype=str"
    ):
        list(read_chunks(path, columns="u"))
    texts = list(read_chunks(path, columns="u", dtype=str))
    assert texts[0][0] == "1000000"
    assert texts[-1][-1] == "abc"


def test_column_of_codes_is_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n007,1,yes\n7,2.5,\n,,NA\n")
    read = [next(read_chunks(path, columns=c)).tolist() for c in ("a", "b", "c")]
    assert read[0] == ["007", "7", None]
    assert read[1][:2] == [1, 2.5]
    assert np.isnan(read[1][2])
    assert read[2] == ["yes", None, "NA"]


FIELD = st.text(st.sampled_from("ab7 \t,;\"'|#\\\r\nñ\u2028"), max_size=4)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(FIELD, FIELD, FIELD), min_size=1, max_size=5),
    kind=st.sampled_from([".csv", ".tsv"]),
    chunk_rows=st.integers(1, 3),
)
def test_fields_are_read_as_they_were_written(tmp_path_factory, rows, kind, chunk_rows):
    path = tmp_path_factory.mktemp("fields") / f"t{kind}"
    write_table(path, dict(zip("xyz", zip(*rows))))
    options = {"dtype": str, "quoting": True, "chunk_rows": chunk_rows}
    for place, name in enumerate("xyz"):
        expected = [row[place] or None for row in rows]
        with pytest.MonkeyPatch.context() as patch:
            for _ in range(2):  # by pandas, then without
                chunks = list(read_chunks(path, columns=name, **options))
                assert np.concatenate(chunks).tolist() == expected
                assert {len(c) for c in chunks[:-1]} <= {chunk_rows}
                without(patch, "pandas")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "the first sheet is empty"),
        ([["a", "b"]], "header but no rows"),
        ([["a", "b"], [1, 2, 3]], "row 2 of the first sheet: 3 cells, expected 2"),
        ([["a", "a"], [1, 2]], "the header names 'a' twice"),
    ],
)
def test_spreadsheets_that_are_no_table(tmp_path, rows, message):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / "t.xlsx")


def test_spreadsheet_with_gaps_and_dates(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in ([], ["id", "when", "note"], [7, date(2026, 11, 24)], [], ["07"]):
        book.active.append(row)
    book.create_sheet("other").append(["not", "read"])
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx")
    assert table["id"].tolist() == [7, "07"]
    assert table["when"].tolist() == ["2026-11-24T00:00:00", None]
    assert table["note"].tolist() == [None, None]


def test_damaged_spreadsheet_and_missing_package(tmp_path, monkeypatch):
    (tmp_path / "t.xlsx").write_bytes(b"PK and more")
    if find_spec("openpyxl"):
        with pytest.raises(TableError, match=r"t\.xlsx cannot be read"):
            read_table(tmp_path / "t.xlsx")
    without(monkeypatch, "openpyxl")
    with pytest.raises(ImportError, match=r"openpyxl.*'sktransfer\[excel\]'"):
        read_table(tmp_path / "t.xlsx")


@pytest.mark.parametrize(
    ("ending", "pack"), [("bz2", bz2.compress), ("xz", lzma.compress)]
)
def test_damaged_archives(tmp_path, ending, pack):
    path = tmp_path / f"t.csv.{ending}"
    path.write_bytes(pack(text(",").encode() * 100)[:-9])
    with pytest.raises(TableError, match="cut off or damaged"):
        read_table(path)
    path.write_text(text(","))
    with pytest.raises(TableError, match=rf"not .* data, although .* in \.{ending}"):
        read_table(path)


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_missing_file(tmp_path, ending, reader):
    reader()
    with pytest.raises(TableError, match=r"no_table.*: no such file"):
        read_table(tmp_path / f"no_table{ending}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes that have a name")
def test_pipes(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def written(content):
        Thread(target=pipe.write_bytes, args=[content], daemon=True).start()
        return pipe

    log = b"user;item\nann;pen\nbob;ink\n"
    assert read_table(written(log))["user"].tolist() == ["ann", "bob"]
    assert read_table(written(gzip.compress(log)))["user"].tolist() == ["ann", "bob"]
    chunks = interaction_chunks(
        written(log), user="user", item="item", items=["ink", "pen"]
    )
    assert next(chunks).toarray().tolist() == [[0, 1], [1, 0]]
    with pytest.raises(TableError, match=r'0xfc is not UTF-8.*encoding="cp1252"'):
        read_table(written("user,item\nü,x\n".encode("cp1252")))
    with pytest.raises(TableError, match="is a pipe, which can be read once only"):
        reduce_states([pipe], Moments.empty(1))


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
def test_the_kind_of_a_link_is_that_of_its_file(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"user": "ann"}\n')
    (tmp_path / "log").write_text("user\nann\n")
    link, bare = tmp_path / "latest", tmp_path / "bare"
    link.symlink_to("log.jsonl")
    bare.symlink_to("log")
    assert read_table(link)["user"].tolist() == ["ann"]
    with pytest.raises(TableError, match="bare: unknown kind of table"):
        read_table(bare)


def test_two_bytes_a_character(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes("user,item\nü,x\n".encode("utf-16-le"))
    with pytest.raises(TableError, match='such as encoding="utf-16-le"'):
        read_table(path)
    assert read_table(path, encoding="utf-16-le")["user"].tolist() == ["ü"]


def test_folder_without_tables(tmp_path):
    (tmp_path / "_SUCCESS").touch()
    with pytest.raises(TableError, match="is a directory, and no file in it is a"):
        read_table(tmp_path)
    (tmp_path / "notes.doc").write_text("x")
    with pytest.raises(TableError, match=r"notes\.doc: unknown kind of table"):
        read_table(tmp_path)


def test_names_of_folders_are_columns_of_text(tmp_path):
    for name in ("007", "7", "a%3Db", "__HIVE_DEFAULT_PARTITION__"):
        (tmp_path / f"shop={name}").mkdir()
        (tmp_path / f"shop={name}" / "part-0.csv").write_text("v\n1\n")
    assert read_table(tmp_path)["shop"].tolist() == ["007", "7", "", "a=b"]
    chunks = read_chunks(tmp_path, columns="shop", dtype=str)
    assert np.concatenate(list(chunks)).tolist() == ["007", "7", None, "a=b"]
    (tmp_path / "shop=8").mkdir()
    (tmp_path / "shop=8" / "part-0.csv").write_text("w\n1\n")
    with pytest.raises(TableError, match="no column 'v'; the columns are 'w'"):
        read_table(tmp_path)


# rows that look like rows of something else


def test_rows_that_end_in_a_delimiter(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("price,rating\n10,4,\n20,5,\n")
    assert next(read_chunks(path, columns=["price"])).tolist() == [[10], [20]]
    assert next(read_chunks(path)).tolist() == [[10, 4], [20, 5]]
    assert next(read_chunks(path, columns="price")).tolist() == [10, 20]
    assert read_table(path)["rating"].tolist() == ["4", "5"]
    for rows in ("10,4,\n20,5\n", "10,4,\n20,5,6\n", "10,4\n20,5,\n", "1,2,3\n"):
        path.write_text("price,rating\n" + rows)
        for numeric in (["price"], "price"):
            with pytest.raises(TableError, match=r"line \d: \d field\(s\), expected 2"):
                list(read_chunks(path, columns=numeric))


@pytest.mark.parametrize("pandas", [True, False])
def test_header_between_rows(tmp_path, monkeypatch, pandas):
    if not pandas:
        without(monkeypatch, "pandas")
    path = tmp_path / "t.csv"
    path.write_text("u,i,v\n1,x,2\nu,i,v\n2,x,3\nu,i,v\n")
    with pytest.warns(UserWarning, match=r"repeated 2 time\(s\), first in line 3"):
        (chunk,) = interaction_chunks(path, user="u", item="i", value="v", items=["x"])
    assert chunk.toarray().tolist() == [[2], [3]]
    with pytest.warns(UserWarning, match="header is repeated"):
        (rows,) = read_chunks(path, columns=["v"])
    assert rows.tolist() == [[2], [3]]
    path.write_text("u,i,v\n1,x,2\ni,u,v\ny,2,3\n")
    with pytest.raises(
        TableError, match=r"line 3: a second header, with the columns in"
    ):
        list(read_chunks(path, columns=["v"]))


def test_a_row_may_equal_a_header_of_numbers(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("0,1\n0,1\n1,0\n")
    assert next(read_chunks(path)).tolist() == [[0, 1], [1, 0]]


def test_quotation_marks_in_a_dump(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text('user\titem\na\t"x\nb\ty\nc\tz"\nd\tx\n')
    with pytest.warns(UserWarning, match=r"ends in line 4 began 2 line.*quoting=False"):
        assert len(read_table(path)["user"]) == 2
    log = {"user": "user", "item": "item", "items": ["x", '"x', "y", 'z"']}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_table(path, quoting=True)["item"][0] == "x\nb\ty\nc\tz"
        table = read_table(path, quoting=False)
        (chunk,) = interaction_chunks(path, quoting=False, **log)
        items = next(read_chunks(path, columns="item", quoting=False))
    assert table["user"].tolist() == ["a", "b", "c", "d"]
    assert table["item"].tolist() == items.tolist() == ['"x', "y", 'z"', "x"]
    assert chunk.indices.tolist() == [1, 2, 3, 0]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a;b\n1,5;2\n", ["a", "b"]),
        ("a;b,c;d\n1;2;3\n", ["a", "b,c", "d"]),
        ('"a;b;c",d\n1,2\n', ["a;b;c", "d"]),
        ("a|b\n1|2\n", ["a", "b"]),
        ("text\nwell\n", ["text"]),
        ("id;price, net, EUR\n7;2\n", ["id", "price, net, EUR"]),
        ("a;b;c\n1,5;2,5;3\n", ["a", "b", "c"]),
        ("a;b\n1;2;\n", ["a", "b"]),
        ('\n"a\n\n;b",c\n\n1,2\n', ["a\n\n;b", "c"]),
    ],
)
def test_the_delimiter_is_found(tmp_path, text, columns):
    (tmp_path / "t.csv").write_text(text)
    assert list(read_table(tmp_path / "t.csv", quoting=True)) == columns


@pytest.mark.parametrize("n_rows", [1, 2, 3, 600])
@pytest.mark.parametrize("start", ["", "\n\n"])
@pytest.mark.parametrize("named", [True, False])
def test_no_row_is_lost(tmp_path, n_rows, start, named):
    path = tmp_path / "t.csv"
    header = "" if named else "id;text\n"
    rows = [f'{i};"a\n\nb {i}"\n\n' for i in range(n_rows)]
    path.write_text(start + header + "".join(rows))
    names = ["id", "text"] if named else None
    table = read_table(path, names=names, quoting=True)
    assert table["id"].tolist() == [str(i) for i in range(n_rows)]
    assert table["text"].tolist() == [f"a\n\nb {i}" for i in range(n_rows)]


def test_delimiter_that_is_given(tmp_path):
    (tmp_path / "t.csv").write_text("a;b,c\n1;2,3\n")
    assert list(read_table(tmp_path / "t.csv", delimiter=",")) == ["a;b", "c"]
    assert next(read_chunks(tmp_path / "t.csv", columns="c", delimiter=",")) == [3]
    with pytest.raises(ValueError, match=r"must be one character.*got '::'"):
        read_table(tmp_path / "t.csv", delimiter="::")


# order of columns


def write_two(folder, kind):
    """Two files of the same columns in another order, and what they hold."""
    tables = [{"a": [1.0, 2], "b": [30.0, 40]}, {"b": [50.0, 60], "a": [3.0, 4]}]
    paths = [folder / f"{i}.{kind}" for i in range(2)]
    for path, table in zip(paths, tables):
        if kind == "parquet":
            parquet(path, table)
        elif kind == "jsonl":
            rows = (json.dumps(dict(zip(table, row))) for row in zip(*table.values()))
            path.write_text("\n".join(rows))
        else:
            rows = [table, *zip(*table.values())]
            path.write_text("\n".join(",".join(map(str, row)) for row in rows))
    return paths, np.array([[1, 30], [2, 40], [3, 50], [4, 60]])


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("how", ["serial", "n_jobs", "dask", "delayed"])
def test_columns_are_matched_by_name(tmp_path, kind, how):
    paths, rows = write_two(tmp_path, kind)
    options = {"n_jobs": 2} if how == "n_jobs" else {}
    blocks = paths
    if how in ("dask", "delayed"):
        dask = pytest.importorskip("dask")
        options = {"backend": "dask"}
        if how == "delayed":
            blocks = [dask.delayed(str)(path) for path in paths]
    empty = ColumnMoments.empty(2)
    state = reduce_states(blocks, empty, **options)
    assert_array_equal(state.mean, rows.mean(axis=0))
    assert_array_equal(np.vstack(list(read_chunks(paths))), rows)
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in paths:
        path.rename(folder / path.name)
    assert_array_equal(reduce_states([folder], empty).mean, rows.mean(axis=0))
    assert read_table(folder)["b"].astype(float).tolist() == rows[:, 1].tolist()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("a,c", "1.csv' has the columns a, c, but the first file has a, b"),
        ("a,b,c", "1.csv' has the columns a, b, c, but"),
    ],
)
def test_files_of_other_columns(tmp_path, header, message):
    paths, _ = write_two(tmp_path, "csv")
    paths[1].write_text(f"{header}\n1,2{',3' * (len(header) - 3 > 0)}\n")
    with pytest.raises(ValueError, match=message):
        reduce_states(paths, ColumnMoments.empty(2))


def test_paths_in_a_bag_are_refused(tmp_path):
    pytest.importorskip("dask")
    bag = pytest.importorskip("dask.bag")
    paths, _ = write_two(tmp_path, "csv")
    blocks = bag.from_sequence([str(path) for path in paths], npartitions=2)
    with pytest.raises(ValueError, match=r"not known in a bag\. Pass a list of paths"):
        reduce_states(blocks, ColumnMoments.empty(2), backend="dask")


# size: memory is that of what the file holds


def peak_bytes(function):
    tracemalloc.start()
    try:
        result = function()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("n", [2000, 8000])
def test_rows_of_json_with_keys_of_their_own(tmp_path, n):
    path = tmp_path / "t.jsonl"
    path.write_text("".join(f'{{"user": "u{i}", "k{i}": 1}}\n' for i in range(n)))

    def refuse():
        with pytest.raises(TableError, match=rf"{n} rows have {n + 1} different keys"):
            read_table(path)

    peak, _ = peak_bytes(refuse)
    assert peak < 100 * path.stat().st_size  # a table has n ** 2 fields
    peak, table = peak_bytes(lambda: read_table(path, columns=["user"]))
    assert len(table["user"]) == n
    assert peak < 100 * path.stat().st_size


def test_many_columns(tmp_path):
    n = 10_000
    path = tmp_path / "t.csv"
    names = ",".join(f"c{i}" for i in range(n))
    path.write_text(names + "\n" + (",".join("1" * n) + "\n") * 2)
    table = read_table(path)
    assert len(table) == n
    assert table[f"c{n - 1}"].tolist() == ["1", "1"]
    (rows,) = read_chunks(path)
    assert rows.shape == (2, n)
    rows = "".join(json.dumps(dict.fromkeys(table, i)) + "\n" for i in range(2))
    (tmp_path / "t.jsonl").write_text(rows)
    table = read_table(tmp_path / "t.jsonl")
    assert table[f"c{n - 1}"].tolist() == [0, 1]


def test_one_long_id(tmp_path):
    n, long = 20_000, "x" * 8000
    path = tmp_path / "t.csv"
    path.write_text("u,i\n" + "".join(f"{i:06},a\n" for i in range(n)) + f"{long},a\n")
    log = {"user": "u", "item": "i", "items": ["a"], "chunk_users": n + 1}
    peak, chunks = peak_bytes(lambda: list(interaction_chunks(path, **log)))
    assert chunks[0].shape == (n + 1, 1)
    assert peak < 50 * 2**20  # an array of fixed width takes 640 MB
