"""Files that the commands read and write: kept columns, refusals, one line each."""

import csv
import json
import os
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from handed import handed
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer.__main__ import main
from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.datasets import make_bilingual_reviews, read_table, write_table

N = 60  # texts of a side


@pytest.fixture(scope="module")
def data():
    """English and German reviews, with labels as str."""
    found = make_bilingual_reviews(N, source="en/books", target="de/music")
    source = found.sample_domain > 0
    return {
        "en": found.data[source].tolist(),
        "en_labels": found.target[source].tolist(),
        "de": found.data[~source].tolist(),
        "de_labels": found.target[~source].tolist(),
        "pairs": found.dictionary,
    }


@pytest.fixture
def folder(data, tmp_path, monkeypatch):
    """The working directory, with files of both commands."""
    monkeypatch.chdir(tmp_path)
    write_table("en.csv", {"text": data["en"], "label": data["en_labels"]})
    write_table("de.csv", {"text": data["de"]})
    en, de = zip(*data["pairs"])
    write_table("words.csv", {"en": en, "de": de})
    rows = [(f"u{u}", f"i{i}") for u in range(6) for i in range(u, u + 4)]
    user, item = zip(*rows)
    write_table("log.csv", {"user": user, "item": item})
    write_table("uk.csv", {"user": user, "item": item})
    ids = sorted(set(item))
    write_table("items.csv", {"item": ids, "kind": ["a", "b", "a"] * 3})
    return tmp_path


def run(capsys, *arguments):
    """Exit status, standard output and standard error of a command."""
    try:
        status = main([str(a) for a in arguments])
    except SystemExit as stop:
        status = stop.code
    return status, *capsys.readouterr()


REVIEWS = ["reviews", "--source", "en.csv", "--target", "de.csv"]
REVIEWS += ["--dictionary", "words.csv"]
RECOMMEND = ["recommend", "--source", "uk.csv", "--target", "log.csv"]
RECOMMEND += ["--items", "items.csv"]


def with_option(command, option, value):
    """The command with another value of an option."""
    found = list(command)
    if option in found:
        found[found.index(option) + 1] = value
        return found
    return [*found, option, value]


def refused(capsys, message, *arguments):
    """Status 2 and one line of explanation."""
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert err.splitlines()[-1].startswith("sktransfer: error: ")
    assert message in err.splitlines()[-1]
    assert "Traceback" not in err


BAD_FILES = {
    "nowhere": (None, "no such file"),
    "folder": ("folder", "is a directory"),
    "empty": ("", "is empty"),
    "header": ("{columns}\n", "has a header but no rows"),
    "twice": ("{columns},{first}\n1,2,3\n", "the header names '{first}' twice"),
    "column": ("a,b\n1,2\n", "no column '{first}'"),
    "bytes": (b"{columns}\n\xff\xfe,1\n", "is not UTF-8"),
}
INPUTS = [
    (REVIEWS, "--source", "text,label"),
    (REVIEWS, "--target", "text,id"),
    (RECOMMEND, "--source", "user,item"),
    (RECOMMEND, "--target", "user,item"),
    (RECOMMEND, "--items", "item,title"),
]


@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize(
    ("command", "option", "columns"),
    INPUTS,
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_each_file_that_cannot_be_read_gives_one_line(
    kind, command, option, columns, folder, capsys
):
    content, message = BAD_FILES[kind]
    first = columns.split(",")[0]
    if content == "folder":
        (folder / "bad.csv").mkdir()
    elif isinstance(content, bytes):
        (folder / "bad.csv").write_bytes(
            content.replace(b"{columns}", columns.encode())
        )
    elif content is not None:
        (folder / "bad.csv").write_text(content.format(columns=columns, first=first))
    arguments = [*with_option(command, option, "bad.csv"), "--output", "out.csv"]
    refused(capsys, message.format(first=first), *arguments)
    assert not (folder / "out.csv").exists()


BAD_DICTIONARIES = {
    "nowhere": (None, "there is no file 'bad.csv'"),
    "folder": ("folder", "no file in it is a table"),
    "empty": ("", "bad.csv: the file is empty"),
    "header": ("en,de\n", "--dictionary bad.csv: holds no pair of words"),
    "three columns": ("red,rot,1\n", "is no CSV file of two columns"),
    "other languages": ("rouge,rosso\nverde,vert\n", "no row has a word of the source"),
}


@pytest.mark.parametrize("kind", BAD_DICTIONARIES)
def test_each_dictionary_of_no_use_gives_one_line(kind, folder, capsys):
    content, message = BAD_DICTIONARIES[kind]
    if content == "folder":
        (folder / "bad.csv").mkdir()
    elif content is not None:
        (folder / "bad.csv").write_text(content)
    arguments = with_option(REVIEWS, "--dictionary", "bad.csv")
    refused(capsys, message, *arguments, "--output", "out.csv")
    assert not (folder / "out.csv").exists()


def test_a_dictionary_of_the_other_direction(data, folder, capsys):
    lines = [f"{en} @ {de}" for en, de in data["pairs"]]
    (folder / "de-en.dict").write_text("\n".join(lines))
    assert run(capsys, *REVIEWS, "--output", "out.csv")[0] == 0
    turned = with_option(REVIEWS, "--dictionary", "de-en.dict")
    turned += ["--dictionary-languages", "en,German"]
    assert run(capsys, *turned, "--output", "turned.csv")[0] == 0
    assert Path("out.csv").read_bytes() == Path("turned.csv").read_bytes()
    turned[-1] = "en,fr"
    refused(capsys, "the file has de-en", *turned)
    turned[-1] = "en"
    status, _, err = run(capsys, *turned)
    assert status == 2
    assert "must be two languages, such as en,ja; got 'en'" in err


@pytest.mark.parametrize(
    ("command", "read"),
    [
        *((REVIEWS, name) for name in ("en.csv", "de.csv", "words.csv")),
        *((RECOMMEND, name) for name in ("uk.csv", "log.csv", "items.csv")),
    ],
)
def test_a_file_that_is_read_is_not_replaced(command, read, folder, capsys):
    before = (folder / read).read_bytes()
    os.symlink(read, "link.csv")
    for name in (read, f"./{read}", folder / read, "link.csv"):
        refused(capsys, "would replace a file to read", *command, "--output", name)
    assert (folder / read).read_bytes() == before


def test_a_named_market_is_not_replaced_either(folder, capsys):
    arguments = with_option(RECOMMEND, "--source", "gb=uk.csv")
    refused(capsys, "would replace a file", *arguments, "--output", "uk.csv")


def test_an_output_is_no_part_of_a_folder_that_is_read(folder, capsys):
    (folder / "uk").mkdir()
    (folder / "uk.csv").rename(folder / "uk" / "part.csv")
    arguments = with_option(RECOMMEND, "--source", "uk")
    refused(capsys, "would replace a file", *arguments, "--output", "uk/out.csv")
    assert run(capsys, *arguments, "--output", "out.csv")[0] == 0
    assert run(capsys, *arguments, "--output", "uk.csv")[0] == 0


def test_predictions_keep_the_columns_of_the_target(data, folder, capsys):
    """In place, whatever their names are; text and label are not repeated."""
    columns = {
        "text": data["de"],
        "review_id": [f"r{i}" for i in range(N)],
        "label": data["de_labels"],
        "row": [str(100 + i) for i in range(N)],
        "probability_negative": ["x"] * N,
    }
    write_table("de.csv", columns)
    status, _, _ = run(capsys, *REVIEWS, "--output", "plain.csv")
    assert status == 0
    found = read_table("plain.csv")
    made = ["label", "probability_negative", "probability_positive"]
    kept = ["review_id", "target_row", "target_probability_negative"]
    assert list(found) == ["row", *kept, *made]
    assert found["row"].tolist() == [str(i + 1) for i in range(N)]
    for name in kept:
        assert found[name].tolist() == columns[name.removeprefix("target_")]
    arguments = [*REVIEWS, "--id-column", "review_id"]
    status, _, _ = run(capsys, *arguments, "--output", "id.csv")
    assert status == 0
    again = read_table("id.csv")
    assert list(again) == ["review_id", "row", "target_probability_negative", *made]
    for name in ("review_id", *made):
        assert again[name].tolist() == found[name].tolist()
    refused(capsys, "no column 'asin'", *REVIEWS, "--id-column", "asin")


def test_kept_columns_of_other_kinds(data, folder, capsys):
    """Ids with gaps stay whole, nested values are JSON, bytes are left out."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "text": data["de"],
        "asin": pyarrow.array([7, *range(2**53, 2**53 + N - 1)]),
        "tags": [["a", "ü"]] + [None] * (N - 1),
        "image": [b"x"] * N,
    }
    parquet.write_table(pyarrow.table(columns), "de.parquet")
    arguments = with_option(REVIEWS, "--target", "de.parquet")
    arguments += ["--id-column", "asin", "--output", "out.csv"]
    status, _, err = run(capsys, *arguments)
    assert status == 0
    assert err == "note: de.parquet: --output leaves out column 'image', bytes.\n"
    found = read_table("out.csv")
    assert list(found)[:3] == ["asin", "tags", "label"]
    assert found["asin"].tolist() == list(map(str, columns["asin"].to_pylist()))
    assert found["tags"][:2].tolist() == ['["a", "ü"]', ""]


def test_formulas_among_the_kept_columns(data, folder, capsys):
    names = ["=HYPERLINK(1)", "+1", "-2.5", "plain"] + ["@x"] * (N - 4)
    write_table("de.csv", {"text": data["de"], "name": names})
    for options, expected in (
        ([], names[:5]),
        (["--escape-formulas"], ["'=HYPERLINK(1)", "'+1", "-2.5", "plain", "'@x"]),
    ):
        arguments = [*REVIEWS, "--output", "out.csv", *options]
        assert run(capsys, *arguments)[0] == 0
        assert read_table("out.csv")["name"][:5].tolist() == expected


def test_formulas_among_ids(folder, capsys):
    log = read_table("log.csv")
    log["user"][:4] = "=u0"
    write_table("log.csv", log)
    arguments = [*RECOMMEND, "--output", "out.csv"]
    assert run(capsys, *arguments)[0] == 0
    assert "=u0" in read_table("out.csv")["user"]
    assert run(capsys, *arguments, "--escape-formulas")[0] == 0
    assert "'=u0" in read_table("out.csv")["user"]


def test_source_rows_without_a_label_train_the_mapper_only(data, folder, capsys):
    """The baseline is that of the labelled rows, by scikit-learn."""
    labels = [None if i % 3 == 0 else v for i, v in enumerate(data["en_labels"])]
    write_table("en.csv", {"text": data["en"], "label": labels})
    write_table("de.csv", {"text": data["de"], "label": data["de_labels"]})
    status, out, _ = run(capsys, *REVIEWS)
    assert status == 0
    assert out.startswith(
        "40 labelled and 20 unlabelled source texts, 60 target texts."
    )
    known = [i for i in range(N) if i % 3]
    words = TfidfVectorizer(sublinear_tf=True)
    model = make_pipeline(words, LogisticRegression(max_iter=1000))
    model.fit([data["en"][i] for i in known], [labels[i] for i in known])
    score = model.score(data["de"], data["de_labels"])
    line = next(x for x in out.splitlines() if x.startswith("  source only"))
    assert line.split()[2] == f"{score:.3f}"
    assert "distilled" in out


def test_a_missing_text_is_refused_as_in_python(data, folder, capsys):
    """An empty text is one; null is none, on the command line as in Python."""
    texts = ["", *data["de"][1:]]
    write_table("de.jsonl", {"text": texts})
    assert run(capsys, *with_option(REVIEWS, "--target", "de.jsonl"))[0] == 0
    texts[7] = None
    write_table("de.jsonl", {"text": texts})
    with open("de.jsonl", encoding="utf-8") as lines:
        assert json.loads(list(lines)[7]) == {"text": None}
    message = "takes texts of type str; got NoneType (None) in row 7. Replace missing"
    refused(capsys, message, *with_option(REVIEWS, "--target", "de.jsonl"))
    mapper = CrossLingualMapper(data["pairs"])
    domain = np.repeat([1, -1], N)
    with pytest.raises(TypeError, match="Replace missing texts by ''"):
        mapper.fit([*data["en"], *texts], sample_domain=domain)


def test_labels_of_one_class_score_but_cannot_choose(data, folder, capsys):
    labels = ["positive"] * 5 + [None] * (N - 5)
    write_table("de.csv", {"text": data["de"], "label": labels})
    use = [*REVIEWS, "--target-labels", "use"]
    message = "needs labels of two classes in column 'label'; got 'positive' alone"
    refused(capsys, message, *use)
    write_table("de.csv", {"text": data["de"], "label": [None] * N})
    refused(capsys, "in column 'label'; got none", *use)
    write_table("de.csv", {"text": data["de"], "label": ["positive"] * N})
    status, out, _ = run(capsys, *REVIEWS)
    assert status == 0
    bound = next(x for x in out.splitlines() if "(bound)" in x)
    assert bound.split()[2] == "-"


def rows_of(table):
    return [list(table), *zip(*table.values())]


def delimited(character, encoding="utf-8"):
    """Writer of a text file; None fits in no field of these tables."""

    def write(path, table):
        with open(path, "w", newline="", encoding=encoding) as stream:
            csv.writer(stream, delimiter=character).writerows(rows_of(table))

    return write


def json_rows(table):
    header, *rows = rows_of(table)
    return [dict(zip(header, row)) for row in rows]


def write_lines(path, table):
    lines = [json.dumps(row, ensure_ascii=False) for row in json_rows(table)]
    path.write_text("\n".join(lines), encoding="utf-8")


def write_parquet(path, table):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table(table), path)


def write_parts(path, table):
    """As Spark does it."""
    path.mkdir()
    (path / "_SUCCESS").touch()
    for part, rows in enumerate((slice(0, 9), slice(9, None))):
        name = path / f"part-{part}.parquet"
        write_parquet(name, {c: list(v)[rows] for c, v in table.items()})


def write_sheet(path, table):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows_of(table):
        book.active.append(list(row))
    book.save(path)


FORMS = {
    "semicolon": (".csv", delimited(";"), []),
    "tab": (".csv", delimited("\t"), []),
    "tsv": (".tsv", delimited("\t"), []),
    "bar": (".txt", delimited("|"), []),
    "caret": (".csv", delimited("^"), ["--sep", "^"]),
    "word": (".csv", delimited("\t"), ["--sep", "tab"]),
    "mark": (".csv", delimited(",", "utf-8-sig"), []),
    "utf16": (".csv", delimited(",", "utf-16"), []),
    "utf16 without mark": (
        ".csv",
        delimited(",", "utf-16-le"),
        ["--encoding", "utf-16-le"],
    ),
    "windows": (".csv", delimited(";", "cp1252"), ["--encoding", "cp1252"]),
    "seven bits": (".csv", delimited(",", "utf-7"), ["--encoding", "utf-7"]),
    "lines": (".jsonl", write_lines, []),
    "ndjson": (".ndjson", write_lines, []),
    "json": (
        ".json",
        lambda path, table: path.write_text(json.dumps(json_rows(table))),
        [],
    ),
    "parquet": (".parquet", write_parquet, []),
    "parts": ("", write_parts, []),
    "sheet": (".xlsx", write_sheet, []),
}


def written(folder, form):
    """Files of both commands in another form: names by option, and the options."""
    suffix, write, options = FORMS[form]
    (folder / "forms").mkdir()
    names = {}
    for name in ("en", "de", "log", "uk", "items", "words"):
        names[f"{name}.csv"] = str(folder / "forms" / f"{name}{suffix}")
        write(folder / "forms" / f"{name}{suffix}", read_table(f"{name}.csv"))
    return names, options


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_file_gives_the_same_texts(form, data, folder):
    write_table("de.csv", {"text": data["de"], "label": data["de_labels"]})
    names, options = written(folder, form)
    use = [*REVIEWS, "--target-labels", "use", *options]
    found = handed(*(names.get(a, a) for a in use))
    assert found.X.tolist() == [*data["en"], *data["de"]]
    assert found.y.tolist() == [*data["en_labels"], *data["de_labels"]]
    mapper = dict(found.estimator.candidates)["dictionary"].mapper
    assert set(mapper.dictionary) >= set(data["pairs"])


IN_SHORT = ("utf16", "parquet", "parts")  # a text, a typed file, a folder


@pytest.mark.parametrize(
    "form",
    [f if f in IN_SHORT else pytest.param(f, marks=pytest.mark.slow) for f in FORMS],
)
def test_every_kind_of_file_gives_the_same_ids(form, folder, capsys):
    """Also of ids that look like numbers or like nothing, and of umlauts."""
    log = read_table("log.csv")
    ids = dict(zip([f"u{u}" for u in range(6)], ["007", "7", "é", "NA", "1e5", "True"]))
    log["user"] = [ids[u] for u in log["user"]]
    write_table("log.csv", log)
    items = read_table("items.csv")
    items["item"][:2] = ["i0", "null"]
    write_table("items.csv", items)
    arguments = [*RECOMMEND, "--output", "out.csv"]
    assert run(capsys, *arguments)[0] == 0
    expected = (folder / "out.csv").read_text()
    names, options = written(folder, form)
    arguments = [names.get(a, a) for a in arguments] + options
    status, _, err = run(capsys, *arguments)
    assert (status, err) == (0, "")
    assert (folder / "out.csv").read_text() == expected
    found = read_table("out.csv")
    assert sorted(set(found["user"])) == sorted(ids.values())
    assert "null" in found["item"]


def test_a_source_of_one_encoding_and_a_target_of_another(data, folder, capsys):
    """--encoding is for the files that are not UTF-8."""
    names = ["Café", "Ñandú", "naïve", *["x"] * (N - 3)]
    delimited(";", "cp1252")(folder / "old.csv", {"text": data["de"], "n": names})
    write_table("new.csv", {"text": data["de"], "n": names})
    arguments = [*REVIEWS, "--encoding", "cp1252", "--output", "out.csv"]
    for target in ("old.csv", "new.csv"):
        assert run(capsys, *with_option(arguments, "--target", target))[0] == 0
        assert read_table("out.csv")["n"].tolist() == names
    hint = "say which encoding it has, such as --encoding cp1252 of Windows."
    refused(capsys, hint, *with_option(REVIEWS, "--target", "old.csv"))


@pytest.mark.parametrize(
    ("encoding", "place", "text"),
    [
        ("gb18030", "China", "房间很干净，早餐也不错，下次还会再来"),
        ("big5", "Taiwan", "房間很乾淨，早餐也不錯，下次還會再來"),
        ("cp932", "Japan", "部屋はとても清潔で、朝食も良かったです"),
        ("cp949", "Korea", "방이 아주 깨끗하고 아침 식사도 좋았습니다"),
        ("cp1252", "Windows", "Für Übernachtung & Frühstück: très agréable, señor!"),
    ],
)
def test_the_encoding_that_such_bytes_usually_have(
    encoding, place, text, data, folder, capsys
):
    texts = [text] * len(data["de"])
    texts[0] = {"gb18030": "而且", "cp932": "ア"}.get(encoding, text)  # of many
    delimited(",", encoding)(folder / "old.csv", {"text": texts})
    hint = f"say which encoding it has, such as --encoding {encoding} of {place}."
    refused(capsys, hint, *with_option(REVIEWS, "--target", "old.csv"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes that have a name")
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_files_from_a_pipe(encoding, folder, capsys):
    """Read once, whatever --encoding says, for there is no second time."""
    text = Path("log.csv").read_text().replace("u1", "ü1")
    os.mkfifo("log")
    writer = Thread(target=Path("log").write_bytes, args=[text.encode(encoding)])
    writer.start()
    arguments = with_option(RECOMMEND, "--target", "log")
    arguments += ["--output", "out.csv", "--encoding", encoding]
    assert run(capsys, *arguments)[0] == 0
    writer.join()
    assert {"ü1", "u0"} <= set(read_table("out.csv")["user"])


def test_quotation_marks_that_are_characters(folder, capsys):
    """Two users whose names begin with a quotation mark hide all between them."""
    log = read_table("log.csv")
    users = [f'"{u}' if u in ("u1", "u4") else u for u in log["user"]]
    lines = ["user\titem", *map("\t".join, zip(users, log["item"]))]
    (folder / "log.tsv").write_text("\n".join(lines))
    arguments = with_option(RECOMMEND, "--target", "log.tsv")
    refused(capsys, "--quoting no", *arguments)
    arguments += ["--quoting", "no", "--output", "out.csv"]
    status, out, err = run(capsys, *arguments)
    assert (status, err) == (0, "")
    assert out.startswith("6 target users, 9 items")
    assert {'"u1', '"u4', "u0"} <= set(read_table("out.csv")["user"])
    (folder / "log.csv").write_text('user,item\nu1,"i\n1"\n' + "u2,i2\n" * 3)
    _, _, err = run(capsys, *RECOMMEND)
    assert "log.csv: the field in quotation marks" in err
    assert "--quoting yes" in err
    assert "--quoting no" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sep", ";;"], "must be one character, or the word tab; got ';;'"),
        (["--sep", ""], "must be one character, or the word tab; got ''"),
        (["--encoding", "klingon"], "there is no encoding 'klingon'"),
        (["--quoting", "maybe"], "invalid choice: 'maybe'"),
    ],
)
@pytest.mark.parametrize("command", [REVIEWS, RECOMMEND])
def test_bad_options_of_files(command, options, message, folder, capsys):
    status, _, err = run(capsys, *command, *options)
    assert status == 2
    assert message in err.splitlines()[-1]


def test_labels_of_a_column_with_gaps_are_those_of_the_other_file(data, folder, capsys):
    """Parquet gives numbers with gaps as floats: 1.0 is the class 1 of the CSV file."""
    numbers = {"negative": 0, "positive": 1}
    labels = [numbers[v] for v in data["en_labels"]]
    write_table("en.csv", {"text": data["en"], "label": labels})
    some = [numbers[v] if i else None for i, v in enumerate(data["de_labels"])]
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"text": data["de"], "label": some})
    assert frame["label"].dtype == float
    frame.to_parquet("de.parquet")
    arguments = with_option(REVIEWS, "--target", "de.parquet")
    arguments += ["--target-labels", "use", "--output", "out.csv"]
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert "59 labelled target rows" in out
    assert set(read_table("out.csv")["label"]) <= {"0", "1"}
    header = list(read_table("out.csv"))
    assert header == ["row", "label", "probability_0", "probability_1"]
