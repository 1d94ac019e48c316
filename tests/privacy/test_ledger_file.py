"""The ledger in a file: nothing that was charged is forgotten, whoever dies."""

import itertools
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from sktransfer.moments import Moments
from sktransfer.privacy import (
    PrivacyBudget,
    PrivacyBudgetError,
    privatize,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "people.ledger"


def clipped():
    return Moments.empty(2, arithmetic="exact", row_norm=1.0).update(np.ones((5, 2)))


def test_a_later_process_goes_on_from_what_is_spent(path):
    first = PrivacyBudget(1.0, 1e-6, path=path)
    assert first.ledger == ()
    privatize(clipped(), first, share=0.25, label="May")
    first.charge(0.5)
    again = PrivacyBudget(1.0, 1e-6, path=str(path))
    assert again.ledger == first.ledger
    assert again.remaining == 0.25
    assert again.ledger[0].label == "May"
    assert str(again) == str(first)
    again.charge(0.25)
    assert first.remaining == 0  # both are the same budget
    for budget in (first, again):
        with pytest.raises(PrivacyBudgetError, match="0 is left of epsilon=1"):
            budget.charge(0.01)
    memory = PrivacyBudget(1.0, 1e-6)
    mus = [memory.charge(share) for share in (0.25, 0.5, 0.25)]
    assert [release.mu for release in again.ledger] == mus
    assert os.listdir(path.parent) == [path.name]  # no lock, no part is left


def test_the_charge_is_on_disk_before_the_draw(path, monkeypatch):
    def draw(n):
        assert json.loads(path.read_text())["ledger"][0]["share"] == 0.5
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "urandom", draw)
    with pytest.raises(KeyboardInterrupt):
        privatize(clipped(), PrivacyBudget(1.0, 1e-6, path=path), share=0.5)
    assert PrivacyBudget(1.0, 1e-6, path=path).spent == 0.5


def test_what_cannot_be_written_is_not_drawn(path, monkeypatch):
    budget = PrivacyBudget(1.0, 1e-6, path=path)
    budget.charge(0.1)

    def full(*args):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        patch.setattr(os, "urandom", None)  # would fail if called
        with pytest.raises(OSError, match="No space"):
            privatize(clipped(), budget, share=0.5)
    assert budget.spent == 0.1
    assert os.listdir(path.parent) == [path.name]


SPENDER = """
import os, signal, sys
from sktransfer.privacy import PrivacyBudget, PrivacyBudgetError
budget, n = PrivacyBudget(1.0, 1e-6, path=sys.argv[1]), 0
try:
    while True:
        budget.charge(0.02, label=sys.argv[2])
        n += 1
        if n == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
except PrivacyBudgetError:
    print(n)
"""


@pytest.mark.slow
def test_processes_at_the_same_time_cannot_overspend(path):
    PrivacyBudget(1.0, 1e-6, path=path)
    command = [sys.executable, "-c", SPENDER, str(path)]
    spenders = [
        subprocess.Popen([*command, name, "0"], stdout=subprocess.PIPE)
        for name in ("a", "b")
    ]
    killed = subprocess.run([*command, "c", "7"], check=False)
    counts = [int(p.communicate()[0]) for p in spenders]
    ledger = PrivacyBudget(1.0, 1e-6, path=path).ledger
    charged = [sum(r.label == name for r in ledger) for name in "abc"]
    assert charged[:2] == counts
    if killed.returncode == -signal.SIGKILL:  # else the others were faster
        assert charged[2] == 7
    assert len(ledger) == 50
    assert math.hypot(*(release.mu for release in ledger)) <= PrivacyBudget(1, 1e-6).mu


def test_threads_cannot_overspend(path):
    budget, taken = PrivacyBudget(1.0, 1e-6, path=path), []

    def spend():
        for _ in range(5):
            try:
                taken.append(budget.charge(0.1))
            except PrivacyBudgetError:
                pass

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(budget.ledger) == 10


def test_a_lock_that_stays_is_named(path, monkeypatch):
    budget = PrivacyBudget(1.0, 1e-6, path=path)
    lock = path.with_name("people.ledger.lock")
    lock.touch()
    seconds = itertools.count()
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    with pytest.raises(PrivacyBudgetError, match=r"lock is held.*has died, delete"):
        budget.charge(0.5)
    lock.unlink()
    assert budget.spent == 0


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        "{",
        '{"format": "sktransfer privacy budget 2"}',
        '{"format": "sktransfer privacy budget 1", "epsilon": 1.0, "delta": 1e-6}',
        *(
            '{"format": "sktransfer privacy budget 1", "epsilon": 1.0, "delta": 1e-6, '
            f'"ledger": [{{"label": {label}, "share": {share}}}]}}'
            for label, share in (
                ('"x"', "-0.5"),
                ('"x"', "NaN"),
                ('"x"', "1.5"),
                ('"x"', "true"),
                ('"x"', '"0.5"'),
                ("1", "0.5"),
            )
        ),
    ],
)
def test_a_damaged_ledger_spends_nothing(path, damage):
    budget = PrivacyBudget(1.0, 1e-6, path=path)
    path.write_text(damage)
    for refused in (
        lambda: budget.charge(0.1),
        lambda: budget.remaining,
        lambda: PrivacyBudget(1.0, 1e-6, path=path),
    ):
        with pytest.raises(PrivacyBudgetError, match="nobody knows what is spent"):
            refused()
    assert path.read_text() == damage
    path.unlink()
    with pytest.raises(PrivacyBudgetError, match="Restore the file"):
        budget.charge(0.1)


def test_the_file_of_another_budget_is_refused(path):
    PrivacyBudget(1.0, 1e-6, path=path).charge(0.5)
    for epsilon, delta in ((3.0, 1e-6), (1.0, 1e-5)):
        with pytest.raises(ValueError, match="A budget stays what it was"):
            PrivacyBudget(epsilon, delta, path=path)
