"""Consoles and files whose encoding lacks a character; processes that are stopped."""

import io
import os
import subprocess
import sys

import pytest

from sktransfer.__main__ import main
from sktransfer.datasets import read_table, write_table


@pytest.fixture
def market(tmp_path):
    """A log of a market called 日本 with a user 健 and an item 茶."""
    rows = [(f"u{u}", f"i{i}") for u in range(6) for i in range(u, u + 4)]
    rows += [("健", "茶"), ("健", "i3"), ("u0", "茶")]
    user, item = zip(*rows)
    write_table(tmp_path / "日本.csv", {"user": user, "item": item})
    return tmp_path / "日本.csv"


def run_on(monkeypatch, encoding, *arguments):
    """Exit status, and the bytes of both outputs, on a console with an encoding."""
    raw = io.BytesIO(), io.BytesIO()
    out = io.TextIOWrapper(raw[0], encoding=encoding)
    err = io.TextIOWrapper(raw[1], encoding=encoding, errors="backslashreplace")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        try:
            status = main([str(a) for a in arguments])
        except SystemExit as stop:
            status = stop.code
        out.flush()
        err.flush()
    assert out.errors == "strict"  # the stream is the caller's
    return status, raw[0].getvalue(), raw[1].getvalue()


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437"])
def test_a_console_without_the_characters_of_a_name(
    market, tmp_path, monkeypatch, encoding
):
    page, output = tmp_path / "r.html", tmp_path / "r.csv"
    arguments = ["recommend", "--source", market, "--target", market]
    arguments += ["--output", output, "--report", page]
    status, out, _ = run_on(monkeypatch, encoding, *arguments)
    assert status == 0
    assert b"\\u65e5\\u672c: 7 users" in out
    ranked = read_table(output)
    assert "健" in ranked["user"]
    assert "茶" in ranked["item"]
    html = page.read_text(encoding="utf-8")
    assert "Recommendations for 日本 with 日本" in html


@pytest.mark.parametrize(
    "arguments",
    [
        ["recommend", "--target", "日本.csv"],
        ["recommend", "--target", "t.csv", "--日本", "x"],
        ["日本"],
        ["reviews", "--source", "s.csv", "--target", "t.csv", "--output", "日本"],
    ],
)
def test_errors_on_a_console_without_the_characters(arguments, monkeypatch):
    status, out, err = run_on(monkeypatch, "cp1252", *arguments)
    assert status == 2
    assert out == b""
    assert b"\\u65e5\\u672c" in err
    assert b"Traceback" not in err


def test_a_name_of_a_file_that_is_no_text(market, tmp_path, monkeypatch):
    path = tmp_path / os.fsdecode(b"\xff.csv")
    market.rename(path)
    page = tmp_path / "r.html"
    arguments = ["recommend", "--target", path, "--report", page]
    status, _, err = run_on(monkeypatch, "utf-8", *arguments)
    assert (status, err) == (0, b"")
    assert r"Recommendations for \udcff" in page.read_text(encoding="utf-8")


def test_without_a_console(market, tmp_path, monkeypatch):
    """As with pythonw, or where standard output is closed."""
    monkeypatch.setattr(sys, "stdout", None)
    output = tmp_path / "r.csv"
    arguments = ["recommend", "--target", str(market), "--output", str(output)]
    assert main(arguments) == 0
    assert "健" in read_table(output)["user"]


@pytest.mark.slow
def test_the_encoding_of_the_environment(market):
    command = [sys.executable, "-m", "sktransfer", "recommend"]
    command += ["--source", str(market), "--target", str(market)]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(command, capture_output=True, env=environment)
    assert done.returncode == 0
    assert done.stdout.startswith(b"7 target users, ")
    assert b"Traceback" not in done.stderr


@pytest.mark.slow
def test_control_c_gives_one_line(market, tmp_path):
    """Sent while the models are fitted."""
    program = """
import os, signal
from sktransfer.__main__ import main
from sktransfer.recommend import AutoTransferRecommender
AutoTransferRecommender.fit = lambda *_, **__: os.kill(os.getpid(), signal.SIGINT)
raise SystemExit(main())
"""
    output = tmp_path / "r.csv"
    arguments = ["recommend", "--target", market, "--output", output]
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
    )
    assert done.returncode == 130
    assert done.stderr == b"sktransfer: interrupted\n"
    assert not output.exists()
