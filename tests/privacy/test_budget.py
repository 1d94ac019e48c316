"""The ledger: charged before anything is drawn, and never beyond the budget."""

import copy
import math
import os
import pickle
import threading

import numpy as np
import pytest

from sktransfer.moments import Moments
from sktransfer.privacy import (
    PrivacyBudget,
    PrivacyBudgetError,
    gdp_epsilon,
    gdp_mu,
    privatize,
)


def clipped(**options):
    empty = Moments.empty(2, arithmetic="exact", row_norm=1.0, **options)
    return empty.update(np.ones((5, 2)))


def test_releases_compose_to_the_budget_and_no_further():
    budget = PrivacyBudget(2.0, 1e-6)
    shares = [0.5, 0.2, 0.3]
    mus = [budget.charge(share) for share in shares]
    assert math.hypot(*mus) <= budget.mu == gdp_mu(2.0, 1e-6)
    assert gdp_epsilon(math.hypot(*mus), 1e-6) == pytest.approx(2.0, rel=1e-6)
    assert budget.spent == 1
    assert budget.remaining == 0
    assert budget.spent_epsilon == pytest.approx(2.0, rel=1e-6)
    with pytest.raises(PrivacyBudgetError, match="nothing was drawn"):
        budget.charge(1e-3)
    assert len(budget.ledger) == 3


def test_ten_tenths_are_the_whole():
    budget = PrivacyBudget(1.0, 1e-6)
    mus = [budget.charge(0.1) for _ in range(10)]
    assert math.hypot(*mus) <= budget.mu
    with pytest.raises(PrivacyBudgetError):
        budget.charge(0.1)


def test_tiny_shares_cannot_creep_past_the_budget():
    budget = PrivacyBudget(1.0, 1e-6)
    total = budget.charge(1.0) ** 2
    for _ in range(50):
        try:
            total += budget.charge(1e-10) ** 2
        except PrivacyBudgetError:
            break
    assert math.sqrt(total) <= budget.mu


def test_ledger_is_readable():
    budget = PrivacyBudget(1.0, 1e-6)
    assert budget.spent == budget.spent_epsilon == 0
    privatize(clipped(), budget, share=0.25, label="May")
    privatize(clipped(), budget, share=0.25)
    first, second = budget.ledger
    assert (first.label, second.label) == ("May", "Moments")
    assert first.mu == pytest.approx(budget.mu / 2)
    assert first.epsilon < budget.spent_epsilon < budget.epsilon
    assert "May" in str(budget)
    assert "50 % spent" in str(budget)
    assert budget.delta == 1e-6


def test_a_refusal_draws_nothing_and_charges_nothing(monkeypatch):
    budget = PrivacyBudget(1.0, 1e-6)
    budget.charge(0.9)
    monkeypatch.setattr(os, "urandom", None)  # would fail if called
    ledger = budget.ledger
    with pytest.raises(PrivacyBudgetError):
        privatize(clipped(), budget, share=0.2)
    for state in (Moments.empty(2), Moments.empty(2, arithmetic="exact", bound=1.0)):
        with pytest.raises(ValueError, match="row_norm"):
            privatize(state, budget, share=0.1)
    with pytest.raises(ValueError, match="rows_per_user"):
        privatize(clipped(), budget, share=0.1, rows_per_user=0)
    with pytest.raises(ValueError, match="fewer bits"):
        privatize(clipped(bits=24, max_weight=1 << 40), budget, share=0.01)
    for share in (0, -1, 1.5, np.nan, "1", True):
        with pytest.raises(ValueError, match="share"):
            privatize(clipped(), budget, share=share)
    with pytest.raises(TypeError, match="PrivacyBudget"):
        privatize(clipped(), 1.0)
    assert budget.ledger == ledger


def test_the_charge_stands_before_the_draw(monkeypatch):
    budget = PrivacyBudget(1.0, 1e-6)

    def draw(n):
        assert budget.spent == 0.5
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "urandom", draw)
    with pytest.raises(KeyboardInterrupt):
        privatize(clipped(), budget, share=0.5)
    assert budget.spent == 0.5  # what may have been seen is paid for


def test_threads_cannot_overspend():
    budget, taken = PrivacyBudget(1.0, 1e-6), []

    def spend():
        for _ in range(20):
            try:
                taken.append(budget.charge(0.02))
            except PrivacyBudgetError:
                pass

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(budget.ledger) == 50
    assert math.hypot(*taken) <= budget.mu


def test_a_budget_is_one(monkeypatch):
    budget = PrivacyBudget(1.0, 1e-6)
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="spend it again"):
            duplicate(budget)
    here = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: here + 1)
    with pytest.raises(PrivacyBudgetError, match="another process"):
        budget.charge(0.1)
