"""Draws of all kinds of input over all public estimators, functions and readers."""

import collections

import numpy as np
import pytest
import strategies as drawn
import subjects
from oracle import attempt, picture
from run import FAULTS, described, explore

from sktransfer.utils.discovery import all_estimators


def test_no_estimator_is_left_out():
    tried = " ".join(subjects.SUBJECTS)
    assert all(name in tried for name, _ in all_estimators())


def test_no_answer_is_wrong_and_no_error_unclear():
    found = []
    counts, _ = explore(300, record=lambda *fault: found.append(fault))
    faults = [
        f"{outcome.verdict}: {described(subject, args)}: {outcome.detail:.200}"
        for outcome, subject, args in found
        if outcome.verdict in FAULTS
    ]
    assert not faults, "\n".join(faults)
    total = sum(counts.values(), collections.Counter())
    assert total["equal"] > total.total() / 2  # what is refused tells little


COUNTS = np.random.default_rng(0).poisson(2.0, (40, 5)).astype(float)
PLAIN = {
    **dict.fromkeys(("rows", "interactions", "matrix"), COUNTS),
    **dict.fromkeys(("classes", "one label"), np.where(COUNTS[:, 0] > 2, "a", "b")),
    **dict.fromkeys(("ratings", "one rating"), COUNTS[:, 1]),
    "domains": np.repeat([1, -1], 20),
    "weights": np.ones(40),
}
TABLES = [n for n, s in subjects.SUBJECTS.items() if set(s.takes.values()) <= {*PLAIN}]


@pytest.mark.parametrize("stored", ["unsorted", "repeated", "explicit zeros", "64-bit"])
@pytest.mark.parametrize(
    "name", [n for n in TABLES if "X" in subjects.SUBJECTS[n].takes]
)
def test_sparse_rows_are_not_written_to(name, stored):
    """SciPy sorts and sums in place what it compares, multiplies or converts."""
    subject = subjects.SUBJECTS[name]
    given = {a: (lambda kind=kind: PLAIN[kind]) for a, kind in subject.takes.items()}
    free, fixed = (drawn.sparse_rows(COUNTS, "csr", "array", stored) for _ in "ab")
    for part in (fixed.data, fixed.indices, fixed.indptr):
        part.flags.writeable = False
    before = picture(free)
    found, of_fixed = (
        attempt(subject.run, given | {"X": lambda X=X: X}) for X in (free, fixed)
    )
    assert picture(free) == before
    assert type(found) is type(of_fixed), of_fixed
