"""Files that are written whole or not at all."""

import os
import signal
import subprocess
import sys

import pytest

from sktransfer.inspection import TransferReport

WRITERS = {
    "table": """
from sktransfer.datasets import write_table
write_table(folder + "/new.csv.gz", {"a": range(5)})
""",
    "page": """
from sktransfer.inspection import TransferReport
TransferReport(title="x").write(folder + "/new.html")
""",
    "ledger": """
from sktransfer.privacy import PrivacyBudget
PrivacyBudget(1.0, 1e-6, path=folder + "/new.ledger")
""",
}


@pytest.mark.parametrize(
    ("writer", "number"),
    [
        ("table", signal.SIGTERM),
        pytest.param("table", signal.SIGHUP, marks=pytest.mark.slow),
        pytest.param("page", signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param("ledger", signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_a_signal_that_ends_the_process_leaves_nothing(tmp_path, writer, number):
    """Sent in the middle of writing: no part, no lock, and the status it gives."""
    program = f"""
import os, signal, sys
signal.signal({int(number)}, signal.SIG_DFL)  # nohup starts programs that ignore it
folder = sys.argv[1]
def told_to_end(*_):
    assert len(os.listdir(folder)) >= 1
    os.kill(os.getpid(), {int(number)})
os.fsync = told_to_end
{WRITERS[writer]}
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == -number
    assert done.stderr == b""
    assert os.listdir(tmp_path) == []


def test_signals_that_the_program_handles_stay_its_own(tmp_path, monkeypatch):
    received, fsync = [], os.fsync

    def signalled(file):
        os.kill(os.getpid(), signal.SIGTERM)
        fsync(file)

    monkeypatch.setattr(os, "fsync", signalled)
    before = signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    try:
        TransferReport(title="whole").write(tmp_path / "page.html")
        assert received == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "whole" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert os.listdir(tmp_path) == ["page.html"]
