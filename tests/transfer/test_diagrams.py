"""What notebooks show of transfer estimators."""

import re

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from sktransfer import (
    CORAL,
    AutoTransferClassifier,
    KMMInstanceWeighter,
    TransferClassifier,
    TransferRegressor,
)
from sktransfer.transfer.strategies import Distillation


def shown(estimator):
    """Words of the diagram, without its style and scripts."""
    html = estimator._repr_html_()
    html = re.sub(r"(?s)<(style|script).*?</\1>", "", html)
    return re.sub(r"<[^>]+>", " ", html)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    return X, np.where(X[:, 0] > 0, "yes", "no"), np.repeat([1, -2], 100)


def test_parts_strategy_and_student(rows):
    X, y, d = rows
    model = TransferClassifier(
        mapper=CORAL(), weighter=KMMInstanceWeighter(), strategy="distill"
    )
    before = shown(model)
    for name in (
        "mapper: CORAL",
        "weighter: KMMInstanceWeighter",
        "estimator: LogisticRegression",
        "strategy: Distillation",
        "student: that suits the rows",
    ):
        assert name in before
    after = shown(model.fit(X, y, sample_domain=d))
    assert "student: Pipeline" in after
    assert "Ridge" in after
    assert "that suits the rows" not in after
    alone = shown(model.without_teacher())
    assert "CORAL" not in alone


def test_parts_that_are_none_are_left_out(rows):
    text = shown(TransferRegressor(Ridge()))
    assert "mapper:" not in text
    assert "student:" not in text
    assert "strategy: Pooling" in text
    given = TransferClassifier(strategy=Distillation(Ridge(alpha=3)))
    assert "student: Ridge" in shown(given)


def test_wrong_parameters_are_still_shown():
    assert "nonsense" in shown(TransferClassifier(strategy="nonsense"))
    assert "nonsense" in shown(AutoTransferClassifier(candidates="nonsense"))


def test_candidates_and_the_winner(rows):
    X, y, d = rows
    X = X + 5 * (d[:, None] < 0)
    scaled = TransferClassifier(mapper=StandardScaler())
    candidates = [("plain", LogisticRegression()), ("scaled", scaled)]
    auto = AutoTransferClassifier(candidates)
    text = shown(auto)
    assert "plain" in text
    assert "scaled" in text
    assert "taken:" not in text
    assert "suit the rows" in shown(AutoTransferClassifier())
    auto = AutoTransferClassifier([*candidates, ("bad", LogisticRegression(C=-1))])
    with pytest.warns(UserWarning, match="bad"):
        auto.fit(X, y, sample_domain=d)
    text = shown(auto)
    taken = re.findall(r"taken: ([a-z ]*[a-z])", text)
    assert set(taken) == {auto.report_["candidate"][auto.best_index_]}
    for name in ("source only", "plain", "scaled", "bad"):
        assert name in text


def test_of_many_candidates_some_are_drawn():
    many = [(f"c{j}", TransferClassifier()) for j in range(3000)]
    html = AutoTransferClassifier(many)._repr_html_inner()
    assert len(html) < 1.02 * len(AutoTransferClassifier(many[:20])._repr_html_inner())
    assert "and 2980 more" in html
    assert "c19" in html
    assert "c20" not in html
