"""The command line: what it prints, writes and refuses."""

import gzip
import io
import os
import re
import subprocess
import sys
import time
import unicodedata
import warnings

import numpy as np
import pytest
from handed import handed

from sktransfer import AutoTransferClassifier, AutoTransferRecommender
from sktransfer.__main__ import build_parser, main
from sktransfer.datasets import (
    make_bilingual_reviews,
    read_table,
    write_table,
)


def words(text):
    """A tokenizer that --tokenizer module:function can name."""
    return text.lower().split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of a small reviews task."""
    home = tmp_path_factory.mktemp("files")
    data = make_bilingual_reviews(150, source="en/books", target="de/music")
    source = data.sample_domain > 0
    write_table(
        home / "en.csv", {"text": data.data[source], "label": data.target[source]}
    )
    german, labels = data.data[~source], data.target[~source]
    write_table(home / "de.csv", {"text": german, "label": labels})
    write_table(home / "unlabelled.jsonl", {"text": german})
    some = labels.astype(object)
    some[40:] = None
    write_table(home / "some.csv.gz", {"text": german, "label": some})
    pairs = np.array(data.dictionary)
    write_table(home / "dictionary.csv", {"en": pairs[:, 0], "de": pairs[:, 1]})

    same = make_bilingual_reviews(150, source="en/books", target="en/music")
    music = same.sample_domain < 0
    write_table(
        home / "music.tsv", {"text": same.data[music], "label": same.target[music]}
    )
    return home


def run(capsys, *arguments):
    """Exit status, standard output and standard error of a command."""
    status = main([str(a) for a in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def reviews(folder, **options):
    files = {"source": "en.csv", "target": "de.csv", "dictionary": "dictionary.csv"}
    files |= options
    arguments = ["reviews"]
    for name, value in files.items():
        if value is not None:
            path = (
                folder / value if name in ("source", "target", "dictionary") else value
            )
            arguments += [f"--{name.replace('_', '-')}", path]
    return arguments


def test_reviews_with_labels_compares_and_writes(folder, tmp_path, capsys):
    output = tmp_path / "p.csv"
    status, out, err = run(capsys, *reviews(folder, output=output))
    assert status == 0
    assert err == ""
    for name in ("source only", "dictionary", "correspondence", "distilled", "bound"):
        assert name in out
    assert "Decision, without labels of the target: adapt: " in out
    assert "accuracy" in out
    table = read_table(output)
    assert list(table) == [
        "row",
        "label",
        "probability_negative",
        "probability_positive",
    ]
    assert table["row"].tolist() == [str(i) for i in range(1, 151)]
    p = np.array([table["probability_negative"], table["probability_positive"]], float)
    np.testing.assert_allclose(p.sum(axis=0), 1, atol=2e-6)
    assert np.all((p[1] > 0.5) == (table["label"] == "positive"))


def test_encodings_of_words_do_not_matter(folder, tmp_path, capsys):
    written = []
    for form in ("NFC", "NFD"):
        german, output = tmp_path / f"{form}.csv", tmp_path / f"{form}_out.csv"
        text = (folder / "de.csv").read_text(encoding="utf-8")
        german.write_text(unicodedata.normalize(form, text), encoding="utf-8")
        status, _, _ = run(capsys, *reviews(folder, target=german, output=output))
        assert status == 0
        written.append(output.read_text(encoding="utf-8"))
    assert written[0] == written[1]


def test_labels_of_the_target_only_score(folder, tmp_path, capsys):
    """Predictions do not depend on whether labels are there."""
    rows = []
    for target, setting in (
        ("de.csv", "score"),
        ("de.csv", "ignore"),
        ("unlabelled.jsonl", "score"),
    ):
        output = tmp_path / "p.csv"
        options = {"target": target, "target_labels": setting, "output": output}
        status, out, _ = run(capsys, *reviews(folder, **options))
        assert status == 0
        assert ("bound" in out) == (target == "de.csv" and setting == "score")
        assert ("shares of the classes" in out) != ("bound" in out)
        rows.append(output.read_text())
    assert rows[0] == rows[1] == rows[2]


def test_some_labels_are_trained_on_when_asked_for(folder, capsys):
    options = {"target": "some.csv.gz", "target_labels": "use"}
    status, out, _ = run(capsys, *reviews(folder, **options))
    assert status == 0
    assert "40 labelled target rows" in out
    assert "Decision, with labels of the target: " in out
    assert "target labels only" in out


def test_one_language_needs_no_dictionary(folder, capsys):
    options = {"target": "music.tsv", "dictionary": None}
    status, out, _ = run(capsys, *reviews(folder, **options))
    assert status == 0
    assert "source only" in out


def test_one_language_reads_marks_and_negations(folder):
    def tokens(**options):
        auto = handed(*reviews(folder, **options)).estimator
        _, alone = auto.candidates[0]
        return alone.estimator[0].build_analyzer()("Not good!!")

    one = {"target": "music.tsv", "dictionary": None}
    assert tokens(**one) == ["not", "not_good", "!!"]
    assert tokens(**one, tokenizer="whitespace") == ["Not", "good!!"]
    assert tokens() == ["not", "good"]


@pytest.mark.parametrize("tokenizer", ["whitespace", "characters", f"{__name__}:words"])
def test_tokenizers(folder, tokenizer, capsys):
    status, out, _ = run(capsys, *reviews(folder, tokenizer=tokenizer))
    assert status == 0
    assert "accuracy" in out


def test_tokenizers_serve_one_language_too(folder, capsys):
    options = {"target": "music.tsv", "dictionary": None}
    options |= {"tokenizer": "characters", "source_tokenizer": "characters"}
    status, out, _ = run(capsys, *reviews(folder, **options))
    assert status == 0
    assert "distilled" in out


def texts_handed(folder, **options):
    """What is fitted to of each side, and the mapper's tokenizers."""
    given = handed(*reviews(folder, **options))
    mapper = getattr(given.estimator.candidates[1][1], "mapper", None)
    sides = given.X[given.sample_domain > 0], given.X[given.sample_domain < 0]
    return *map(list, sides), getattr(mapper, "tokenizer", None)


def test_a_tokenizer_of_one_side_leaves_the_other_to_the_mapper(folder):
    english, german = texts_handed(folder)[:2]
    source, target, tokenizer = texts_handed(folder, tokenizer="characters")
    assert source == english
    assert target[0].startswith(" ".join(german[0].lower().replace(" ", "")[:5]))
    assert tokenizer["source"] is None
    assert tokenizer["target"]("ab c") == ["ab", "c"]


def test_in_one_language_the_tokenizer_serves_both_sides(folder):
    one = {"target": "music.tsv", "dictionary": None, "tokenizer": "characters"}
    both = texts_handed(folder, **one, source_tokenizer="characters")
    assert texts_handed(folder, **one) == both
    assert texts_handed(folder, **one, source_tokenizer="whitespace")[0] != both[0]


@pytest.mark.parametrize("target", ["de.csv", "unlabelled.jsonl", "music.tsv"])
def test_report_is_one_page_with_data_methods_and_decision(
    target, folder, tmp_path, capsys
):
    page = tmp_path / "report.html"
    one_language = target == "music.tsv"
    options = {"target": target, "report": page}
    if one_language:
        options["dictionary"] = None
    status, out, _ = run(capsys, *reviews(folder, **options))
    assert status == 0
    assert f"Report: {page}" in out
    html = page.read_text(encoding="utf-8")
    assert f"Transfer from en.csv to {target}" in html
    for name, side, labelled in (("en.csv", "source", 150), (target, "target", 0)):
        numbers = "".join(f'<td class="number">{n}</td>' for n in (150, labelled))
        assert f"<td>{name}</td><td>{side}</td>{numbers}" in html
    assert "dapt: &#x27;" in html
    assert "held out" in html
    assert ("<h2>Gain in accuracy" in html) == (target != "unlabelled.jsonl")
    assert ("Largest shifts" in html) == one_language
    assert "<script" not in html
    assert "http" not in html


def test_columns_and_labels_of_a_chinese_target(folder, tmp_path, capsys):
    """Columns have Chinese names; labels have the source's, or are not read."""
    german = read_table(folder / "de.csv")
    target = tmp_path / "中国.csv"
    write_table(target, {"评论": german["text"], "情感": german["label"]})
    options = {"target": target, "target_text_column": "评论"}
    options["target_label_column"] = "情感"
    status, out, _ = run(capsys, *reviews(folder, **options))
    assert (status, "(bound)" in out) == (0, True)
    named = np.where(german["label"] == "positive", "好评", "差评")
    write_table(target, {"评论": german["text"], "情感": named})
    status, out, err = run(capsys, *reviews(folder, **options))
    assert (status, out) == (2, "")
    assert "the labels '好评', '差评' are none of those of" in err
    assert "'negative', 'positive'; write them alike in both files" in err
    options["target_labels"] = "ignore"
    assert run(capsys, *reviews(folder, **options))[0] == 0


@pytest.mark.parametrize("home", ["en", "zh"])
def test_chinese_without_a_tokenizer(home, tmp_path, capsys):
    """Learned are the words of the mapper, and those of the bound and the source."""
    n = 190 if home == "en" else 300
    data = make_bilingual_reviews(n, source=f"{home}/books", target="zh/music")
    source = data.sample_domain > 0
    files = ["reviews"]
    for name, rows in (("source", source), ("target", ~source)):
        path = tmp_path / f"{name}.csv"
        table = {"text": data.data[rows], "label": data.target[rows]}
        write_table(path, table)
        files += [f"--{name}", path]
    if home == "en":
        pairs = np.array(data.dictionary)
        write_table(tmp_path / "words.csv", {"en": pairs[:, 0], "zh": pairs[:, 1]})
        files += ["--dictionary", tmp_path / "words.csv"]
    page = tmp_path / "r.html"
    status, out, _ = run(capsys, *files, "--report", page)
    assert status == 0
    _, *shifts = page.read_text(encoding="utf-8").split("Largest shifts")
    names = re.findall(r'text-anchor="end">(.*?)<', "".join(shifts))
    assert (len(names) > 0) == (home == "zh")
    assert all(len(name) <= 5 for name in names)  # words, not clauses
    accuracy = dict(re.findall(r"^  (.*?) +(0\.\d+) ", out, flags=re.M))
    assert float(accuracy["distilled"]) > 0.75
    assert float(accuracy["target-supervised (bound)"]) > 0.75


def text(path, content, *, encoding="utf-8"):
    data = content if isinstance(content, bytes) else content.encode(encoding)
    path.write_bytes(data)
    return path


BAD_REVIEWS = {
    "missing column": ("a,b\n1,2\n", "no column 'text'; the columns are a, b"),
    "empty file": ("", "the file is empty"),
    "header only": ("text,label\n", "header but no rows"),
    "undecodable": (b"text,label\n\xff\xfe,1\n", "line 2"),
    "one class": ("text,label\ngood,1\nbad,1\n", "one class only, '1'"),
    "one label": ("text,label\ngood,1\nbad,\n", "one class only, '1'"),
    "no label": ("text,label\ngood,\nbad,\n", "no label in any row"),
    "no text": ("text,label\n,1\n ,0\n", "holds no text in any row"),
}


@pytest.mark.parametrize("case", BAD_REVIEWS)
def test_bad_sources_are_explained_in_one_line(case, folder, tmp_path, capsys):
    content, message = BAD_REVIEWS[case]
    source = text(tmp_path / "bad.csv", content)
    output = tmp_path / "p.csv"
    options = {"source": source, "output": output}
    status, out, err = run(capsys, *reviews(folder, **options))
    assert status == 2
    assert out == ""
    assert err.startswith("sktransfer: error: ")
    assert message in err
    assert err.count("\n") == 1
    assert not output.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "nowhere.csv"}, "no such file"),
        ({"output": "p.xlsx"}, "must end in .csv"),
        ({"report": "r.pdf"}, "--report r.pdf: must end in .html"),
        ({"output": "no/such/folder/p.csv"}, "there is no folder"),
        ({"tokenizer": "magic"}, "words, whitespace, characters or module:function"),
        ({"tokenizer": "no_such_module:f"}, "no_such_module"),
        ({"tokenizer": "json:nothing"}, "nothing"),
        ({"target": "unlabelled.jsonl", "target_labels": "use"}, "needs labels"),
        ({"label_column": "stars"}, "no column 'stars'"),
        ({"text_column": "body"}, "no column 'body'"),
    ],
)
def test_bad_options_are_explained(options, message, folder, capsys):
    status, _, err = run(capsys, *reviews(folder, **options))
    assert status == 2
    assert message in err
    assert err.count("\n") == 1


def test_an_output_that_is_a_folder_is_refused(folder, tmp_path, capsys):
    path = tmp_path / "out.csv"
    path.mkdir()
    status, _, err = run(capsys, *reviews(folder, output=path))
    assert status == 2
    assert "is a folder" in err


def test_truncated_gzip_is_explained(folder, tmp_path, capsys):
    whole = gzip.compress(b"text,label\n" + b"good,1\nbad,0\n" * 500)
    source = text(tmp_path / "cut.csv.gz", whole[: len(whole) // 2])
    status, _, err = run(capsys, *reviews(folder, source=source))
    assert status == 2
    assert "cut.csv.gz" in err


@pytest.mark.slow
def test_no_command_shows_both_jobs(capsys):
    status, out, _ = run(capsys)
    assert status == 0
    reviews, recommendation = out.split("\n\n")
    assert reviews.startswith("Reviews: ")
    for target in ("German", "Chinese"):
        assert f"\n{target}: Transfer helps: " in reviews
    assert recommendation.startswith("Recommendation: ")
    assert recommendation.count("*: taken") == 1
    for n in (100, 300, 1000):  # a sentence for each size
        assert f"\n{n} users: Transfer " in recommendation
    for part in (reviews, recommendation):
        assert "(bound)" in part


@pytest.mark.parametrize("command", [[], ["reviews"], ["recommend"]])
def test_help(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    assert "example" in capsys.readouterr().out


def test_as_a_module():
    arguments = [sys.executable, "-m", "sktransfer", "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 0
    assert "example" in done.stdout


def test_unknown_commands_exit_with_2(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["translate"])
    assert stop.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        build_parser().parse_args(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith("sktransfer ")


def test_interruption_is_no_traceback(folder, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(AutoTransferClassifier, "fit", interrupted)
    status, _, err = run(capsys, *reviews(folder))
    assert status == 130
    assert err == "sktransfer: interrupted\n"


def test_a_reader_that_leaves_early_is_no_error(folder):
    command = [sys.executable, "-m", "sktransfer", *map(str, reviews(folder))]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.close()
    err = child.stderr.read().decode()
    child.stderr.close()
    assert child.wait() == 0
    assert "Traceback" not in err
    assert "Error" not in err


def test_warnings_are_notes_said_once(folder, capsys, monkeypatch):
    def fit(self, X, y, sample_domain):
        for text in ("few words", "few\n words", "no pivot"):
            warnings.warn(text, UserWarning, stacklevel=2)
        warnings.warn("of no interest", RuntimeWarning, stacklevel=2)
        raise ValueError("enough")

    monkeypatch.setattr(AutoTransferClassifier, "fit", fit)
    status, _, err = run(capsys, *reviews(folder))
    notes = ["note: few words", "note: no pivot"]
    assert (status, err.splitlines()) == (2, [*notes, "sktransfer: error: enough"])


class Terminal(io.StringIO):
    """A standard error that may be a terminal."""

    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


@pytest.mark.parametrize(
    "is_terminal", [True, pytest.param(False, marks=pytest.mark.slow)]
)
def test_progress_shows_on_a_terminal_after_a_while(is_terminal, monkeypatch, tmp_path):
    terminal = Terminal(is_terminal)

    def fit(self, *_, **__):
        self.callback("waiting")
        for _ in range(500 if is_terminal else 25):
            if terminal.getvalue():
                break
            time.sleep(0.1)
        raise KeyboardInterrupt

    monkeypatch.setattr(AutoTransferRecommender, "fit", fit)
    monkeypatch.setattr(sys, "stderr", terminal)
    write_table(tmp_path / "log.csv", {"user": ["u"], "item": ["a"]})
    assert main(["recommend", "--target", str(tmp_path / "log.csv")]) == 130
    written = terminal.getvalue().removesuffix("sktransfer: interrupted\n")
    if is_terminal:
        assert int(re.search(r"waiting \.\.\. (\d+) s", written)[1]) >= 2
        assert written.endswith("\r\x1b[K")
    else:
        assert written == ""


def test_a_failure_while_writing_leaves_the_old_file(
    folder, tmp_path, monkeypatch, capsys
):
    output = text(tmp_path / "p.csv", "old\n")

    def failing(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", failing)
    status, _, err = run(capsys, *reviews(folder, output=output))
    assert status == 2
    assert "disk full" in err
    assert output.read_text() == "old\n"
    assert [p.name for p in tmp_path.iterdir()] == ["p.csv"]
