"""Draws of all kinds of input over all public estimators, functions and readers."""

import collections

import subjects
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
