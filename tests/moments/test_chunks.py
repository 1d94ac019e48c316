"""Chunks hold all rows, each once, in order."""

import builtins

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sktransfer.moments import csr_chunks, interaction_chunks, read_chunks

pandas = pytest.importorskip("pandas")

FORMATS = ["csv", "csv.gz", "tsv", "parquet"]


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pandas.DataFrame(
        {
            "a": rng.normal(size=23),
            "n": rng.integers(0, 9, 23),
            "text": [f"word {i}" for i in range(23)],
        }
    )


def write(table, path):
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow")
        table.to_parquet(path)
    else:
        separator = "\t" if path.suffix == ".tsv" else ","
        table.to_csv(path, index=False, sep=separator)
    return path


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.coo_array, np.asarray])
@pytest.mark.parametrize("n_rows", [1, 4, 10, 99])
def test_csr_chunks_stack_to_the_matrix(make, n_rows):
    X = make(sparse.random_array((10, 3), density=0.5, rng=0).toarray())
    chunks = list(csr_chunks(X, n_rows))
    assert all(isinstance(chunk, sparse.csr_array) for chunk in chunks)
    assert [c.shape[0] for c in chunks[:-1]] == [n_rows] * (len(chunks) - 1)
    whole = X.toarray() if sparse.issparse(X) else X
    assert_array_equal(sparse.vstack(chunks).toarray(), whole)


def test_csr_chunks_are_of_a_matrix():
    with pytest.raises(ValueError, match="X must be two-dimensional"):
        next(csr_chunks(np.ones(3), 1))


def test_csr_chunks_leave_the_matrix_alone():
    X = sparse.csr_array(np.eye(4))
    for chunk in csr_chunks(X, 2):
        chunk.data[:] = 7
    assert_array_equal(X.toarray(), np.eye(4))


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("chunk_rows", [1, 7, 23, 100])
def test_files_give_the_rows_back(table, tmp_path, ending, chunk_rows):
    path = write(table, tmp_path / f"table.{ending}")
    chunks = list(read_chunks(path, columns=["n", "a"], chunk_rows=chunk_rows))
    assert max(len(chunk) for chunk in chunks) == min(chunk_rows, 23)
    np.testing.assert_allclose(np.vstack(chunks), table[["n", "a"]], rtol=1e-15)
    texts = read_chunks(str(path), columns="text", chunk_rows=chunk_rows)
    assert np.concatenate(list(texts)).tolist() == table["text"].tolist()


def test_several_files_and_float32(table, tmp_path):
    table = table[["a", "n"]]
    paths = [write(table, tmp_path / f"{i}.csv") for i in range(2)]
    # the order of columns in a second file does not matter
    write(table[["n", "a"]], paths[1])
    chunks = list(read_chunks(paths, chunk_rows=10, dtype=np.float32))
    assert [c.shape for c in chunks] == [(10, 2), (10, 2), (3, 2)] * 2
    assert chunks[0].dtype == np.float32
    assert_array_equal(chunks[3], chunks[0])


def test_missing_numbers_are_nan(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,\n2,3\n")
    (chunk,) = read_chunks(path)
    assert_array_equal(chunk, [[1, np.nan], [2, 3]])


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        (
            "table.csv",
            {"columns": ["a", "z"]},
            ValueError,
            "no column 'z'; the columns are 'a', 'n'",
        ),
        ("table.csv", {}, ValueError, "Column 'text' of table.csv does not hold numb"),
        ("table.csv", {"chunk_rows": 0}, ValueError, "chunk_rows must be an integer"),
        ("table.xls", {}, ValueError, "table.xls: unknown kind of table; name the"),
        ("table", {}, ValueError, "table: unknown kind of table"),
        ("other.csv", {}, FileNotFoundError, "There is no file"),
    ],
)
def test_errors(table, tmp_path, name, options, error, message):
    write(table, tmp_path / "table.csv")
    with pytest.raises(error, match=message):
        list(read_chunks(tmp_path / name, **options))
    with pytest.raises(ValueError, match="empty list of paths"):
        list(read_chunks([]))


def without(monkeypatch, *names):
    """Let imports of packages fail."""
    real = builtins.__import__

    def fake(name, *args, **kwargs):
        if name.split(".")[0] in names:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fake)


def test_polars_reads_parquet_as_pyarrow_does(table, tmp_path, monkeypatch):
    pytest.importorskip("polars")
    path = write(table, tmp_path / "t.parquet")
    expected = list(read_chunks(path, columns=["n", "a"], chunk_rows=9))
    without(monkeypatch, "pyarrow")
    got = list(read_chunks(path, columns=["n", "a"], chunk_rows=9))
    for a, b in zip(got, expected, strict=True):
        assert_array_equal(a, b)
    texts = list(read_chunks(path, columns="text", chunk_rows=9))
    assert np.concatenate(texts).tolist() == table["text"].tolist()
    (whole,) = read_chunks(write(table[["a"]], tmp_path / "u.csv"))
    assert whole.shape == (23, 1)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "csv.bz2", "tsv.xz"])
@pytest.mark.parametrize("quoted", [False, True])
def test_text_is_read_without_pandas_as_with_it(
    table, tmp_path, monkeypatch, ending, quoted
):
    table.loc[3, "a"] = np.nan
    table["flag"] = table["n"] > 4
    path = tmp_path / f"t.{ending}"
    separator = "\t" if "tsv" in ending else ","
    table.to_csv(path, index=False, sep=separator, quoting=int(quoted))
    options = {"columns": ["n", "a", "flag", "n"], "chunk_rows": 9}
    expected = list(read_chunks(path, **options))
    rows = table[["n", "a", "flag", "n"]].to_numpy(float)
    without(monkeypatch, "pandas")
    got = list(read_chunks(path, **options))
    for a, b in zip(got, expected, strict=True):
        assert_array_equal(a, b)
    assert_array_equal(np.vstack(got), rows)
    with pytest.raises(ValueError, match=r"Column 'text' of t.* does not hold numbers"):
        list(read_chunks(path))


def test_polars_reads_the_file_of_that_name_alone(table, tmp_path, monkeypatch):
    pytest.importorskip("polars")
    path = write(table[["a"]], tmp_path / "t[1].parquet")
    write(table[["a"]] + 1, tmp_path / "t1.parquet")  # what the name matches
    expected = table[["a"]].to_numpy()
    without(monkeypatch, "pandas", "pyarrow")
    (rows,) = read_chunks(path)
    assert_array_equal(rows, expected)


def test_missing_package(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").touch()
    without(monkeypatch, "pandas", "pyarrow", "polars")
    with pytest.raises(ImportError, match="pyarrow or polars, and neither"):
        list(read_chunks(tmp_path / "t.parquet"))


@pytest.mark.parametrize("reader", ["pyarrow", "polars"])
def test_damaged_parquet_is_named(tmp_path, monkeypatch, reader):
    pytest.importorskip(reader)
    if reader == "polars":
        without(monkeypatch, "pyarrow")
    for data in (b"", b"PAR1 and more"):
        (tmp_path / "a.parquet").write_bytes(data)
        with pytest.raises(ValueError, match=r"a\.parquet cannot be read: "):
            list(read_chunks(tmp_path / "a.parquet"))


LOG = {"user": "u", "item": "i", "items": ["x", "y", "z"]}


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("chunk_users", [1, 3, 7, 100])
@pytest.mark.parametrize("lines", [4, 31, 60])
def test_log_gives_whole_users(tmp_path, ending, chunk_users, lines):
    rng = np.random.default_rng(0)
    users = np.sort(rng.integers(0, 15, 60)) * 10
    columns = rng.integers(0, 3, 60)
    values = rng.integers(1, 5, 60)
    log = pandas.DataFrame({"u": users, "i": np.array(LOG["items"])[columns]})
    log["v"] = values
    paths = []
    for start in range(0, 60, lines):  # users go on in the next file
        paths.append(tmp_path / f"{start}.{ending}")
        write(log[start : start + lines], paths[-1])
    chunks = list(interaction_chunks(paths, chunk_users=chunk_users, value="v", **LOG))
    row = np.unique(users, return_inverse=True)[1]
    expected = np.zeros((row.max() + 1, 3))
    np.add.at(expected, (row, columns), values)
    assert {c.shape[0] for c in chunks[:-1]} <= {chunk_users}
    assert_array_equal(sparse.vstack(chunks).toarray(), expected)


@pytest.mark.slow
def test_long_log(tmp_path):
    """More lines than are read at once."""
    n = 2_500_000
    users, columns = np.sort(np.arange(n) % 1000), np.arange(n) % 3
    log = pandas.DataFrame({"u": users, "i": np.array(LOG["items"])[columns]})
    write(log, tmp_path / "log.csv")
    chunks = list(interaction_chunks(tmp_path / "log.csv", chunk_users=300, **LOG))
    assert [c.shape[0] for c in chunks] == [300, 300, 300, 100]
    expected = np.zeros((1000, 3))
    np.add.at(expected, (users, columns), 1)
    assert_array_equal(sparse.vstack(chunks).toarray(), expected)


def test_unknown_items_leave_empty_rows(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("u,i\n1,x\n2,new\n3,z\n")
    (chunk,) = interaction_chunks(path, unknown="ignore", **LOG)
    assert_array_equal(chunk.toarray(), [[1, 0, 0], [0, 0, 0], [0, 0, 1]])
    with pytest.raises(ValueError, match=r"log.csv has item 'new', which is not in"):
        list(interaction_chunks(path, **LOG))


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("u,i\n1,x\n2,x\n1,y\n", {}, "sorted by 'u'.*got 1 after 2"),
        ("u,i\nb,x\na,x\n", {}, "got a after b"),
        ("u,i\n1,x\n,x\n2,x\n", {}, "log.csv, column 'u', row 2: there is no id"),
        ("u,i\na,x\na,\n", {}, "log.csv, column 'i', row 2: there is no id"),
        ("u,i\n1,x\n", {"items": []}, "items must be a list"),
        ("u,i\n1,x\n", {"items": ["x", "x"]}, "each item once"),
        ("u,i\n1,x\n", {"unknown": "drop"}, "unknown must be"),
        ("u,i\n1,x\n", {"chunk_users": 0}, "chunk_users must be"),
        ("u,i\n1,x\n", {"item": "j"}, "no column 'j'"),
    ],
)
def test_log_errors(tmp_path, text, options, message):
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        list(interaction_chunks(path, **LOG | options))


def test_user_that_comes_back_in_a_later_file(tmp_path):
    paths = [tmp_path / "1.csv", tmp_path / "2.csv"]
    paths[0].write_text("u,i\n1,x\n2,x\n")
    paths[1].write_text("u,i\n1,y\n")
    with pytest.raises(ValueError, match=r"2.csv must be sorted .* got 1 after 2"):
        list(interaction_chunks(paths, **LOG))


def test_empty_log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("u,i\n")
    assert list(interaction_chunks(path, **LOG)) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "the file is empty"), (b'x\n"1\n2', "line 3: unexpected end of data")],
)
def test_damaged_text_is_named(tmp_path, data, message):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"a\.csv.*{message}"):
        list(read_chunks(path))


def test_no_column(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n")
    with pytest.raises(ValueError, match="names a column at least"):
        list(read_chunks(path, columns=[]))
