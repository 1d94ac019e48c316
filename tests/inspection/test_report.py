"""TransferReport: one page, and nothing lost when it cannot be written."""

import json
import os
import warnings
from html import escape

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sktransfer import AutoTransferClassifier, TransferClassifier
from sktransfer.adaptation import DomainScaler
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.inspection import DomainShiftDisplay, TransferReport
from sktransfer.transfer import TransferDecision, crosslingual_candidates


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, size=300)
    X = rng.normal(size=(300, 3))
    X[:, 0] += 3 * y
    d = np.repeat([1, -2], [150, 150])
    X[150:] += [4, 0, 0]
    labels = np.where(y == 1, "yes", "no").astype(object)
    truth = labels[150:].astype(str)
    labels[150:] = None
    return X, labels, d, truth


@pytest.fixture(scope="module")
def auto(task):
    X, y, d, _ = task
    scaled = TransferClassifier(LogisticRegression(), mapper=DomainScaler())
    candidates = [("scaled", scaled)]
    return AutoTransferClassifier(candidates, guard=False, keep_candidates=True).fit(
        X, y, sample_domain=d
    )


def test_page_tells_data_shift_methods_and_decision(task, auto):
    X, y, d, truth = task
    report = TransferReport.from_estimator(
        auto,
        X,
        y,
        sample_domain=d,
        domain_names={1: "books", -2: "music"},
        feature_names=["price", "rating", "votes"],
        X_test=X[150:],
        y_test=truth,
        title="Books to music",
    )
    html = report.to_html()
    assert "<h1>Books to music</h1>" in html
    assert "<td>books</td><td>source</td>" in html
    assert "<td>music</td><td>target</td>" in html
    assert "<td>scaled</td>" in html
    assert html.count(">price</text>") == 1
    assert 'aria-label="Shift of features"' in html
    assert report.shift.names[0] == "price"
    assert "Gain in accuracy" in html
    assert report._repr_html_() == html
    # all candidates run on the same rows, so the gain is the difference
    scores = [np.mean(m.predict(X[150:]) == truth) for m in auto.estimators_.values()]
    assert_allclose(report.gains.gains, [scores[1] - scores[0]])


def test_without_labels_nothing_is_said_of_gains(task, auto):
    X, y, d, _ = task
    report = TransferReport.from_estimator(auto, X, y, sample_domain=d)
    assert report.gains is None
    assert "Gain in accuracy" not in report.to_html()
    assert report.domains[1] == ("-2", "target", 150, 0, "")


def test_gains_are_those_of_every_other_candidate(task, auto):
    X, y, d, truth = task
    report = TransferReport.from_estimator(
        auto, X, y, sample_domain=d, X_test=X[150:], y_test=truth
    )
    assert report.gains.names == ["scaled"]
    assert report.gains.gains.shape == report.gains.half_widths.shape == (1,)
    right = auto.estimators_["source only"].predict(X[150:]) == truth
    assert (report.gains.baseline, report.gains.baseline_score) == (
        "source only",
        right.mean(),
    )


def test_test_rows_need_labels(task, auto):
    X, y, d, truth = task
    for extra in ({"X_test": X}, {"y_test": truth}):
        with pytest.raises(ValueError, match="belong together"):
            TransferReport.from_estimator(auto, X, y, sample_domain=d, **extra)


def test_an_unfitted_estimator_is_refused(task):
    X, y, d, _ = task
    with pytest.raises(NotFittedError):
        TransferReport.from_estimator(AutoTransferClassifier(), X, y, sample_domain=d)


def test_written_page_is_what_was_made(tmp_path):
    path = tmp_path / "report.html"
    report = TransferReport(title="ä", decision=TransferDecision(True, "a", "why"))
    report.write(path)
    assert path.read_text(encoding="utf-8") == report.to_html()
    assert 'class="decision good"' in report.to_html()
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_page_takes_the_place_of_the_old_one(tmp_path):
    path, link = tmp_path / "real.html", tmp_path / "link.html"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    TransferReport(title="new").write(link)
    assert link.is_symlink()
    assert "new" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o640


def test_places_that_cannot_be_written_are_left_as_they_are(tmp_path):
    with pytest.raises(IsADirectoryError, match="a directory"):
        TransferReport().write(tmp_path)
    with pytest.raises(FileNotFoundError):
        TransferReport().write(tmp_path / "no" / "page.html")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("decision", ["", "Wait.", TransferDecision(False, "a", "")])
def test_an_empty_report_is_a_page(decision):
    report = TransferReport(decision=decision)
    assert report.to_html().endswith("</html>\n")
    assert json.loads(json.dumps(report.to_dict()))["domains"] == []


def test_equal_domains_differ_in_no_feature():
    html = TransferReport(shift=DomainShiftDisplay(names=[], shift=[])).to_html()
    assert "No feature differs." in html


class Decided(BaseEstimator):
    """An estimator with all that a report reads of a fitted one."""

    def fit(self, X, y=None):
        self.best_index_ = 0
        self.domain_distance_ = np.nan
        self.decision_ = TransferDecision(False, "a", "")
        self.report_ = {
            "candidate": ["a", "b"],
            "score": [0.5, 0.7],
            "accuracy": [np.nan, np.nan],
            "agreement": [0.5, 0.7],
            "warnings": ["", ""],
        }
        return self


def test_labels_are_counted_where_there_are_any():
    y = np.array(["a", "b", "b", None, np.nan], dtype=object)
    report = TransferReport.from_estimator(
        Decided().fit(None),
        np.zeros((5, 1)),
        y,
        sample_domain=[3, 3, 3, -1, -1],
        domain_names={3: "uk"},
    )
    assert report.domains == [
        ("uk", "source", 3, 3, "a 0.33, b 0.67"),
        ("-1", "target", 2, 0, ""),
    ]


def words_that_differ(texts):
    """Words of the report on texts, the first half of a source."""
    d = np.repeat([1, -2], [len(texts) // 2, len(texts) - len(texts) // 2])
    X, y = np.array(texts, dtype=object), np.full(len(texts), None)
    report = TransferReport.from_estimator(Decided().fit(None), X, y, sample_domain=d)
    assert report.shift.measure == "frequency"
    return report.shift.names


def test_words_of_texts_are_features():
    texts = ["good book"] * 5 + ["good pan"] * 5
    assert words_that_differ(texts) == ["book", "pan"]
    assert words_that_differ(["good rare", *texts[1:]]) == ["pan"]  # four books
    # too few texts for words that are in five of them
    assert words_that_differ(["a b", "b"]) == ["a"]


def test_columns_that_say_nothing_are_left_out():
    report = TransferReport.from_estimator(
        Decided().fit(None), np.zeros((2, 1)), ["x", None], sample_domain=[1, -1]
    )
    assert report.methods == {"candidate": ["a", "b"], "agreement": [0.5, 0.7]}


class TestDetails:
    """Classes, words, texts to look at and gaps of the dictionary."""

    @pytest.fixture(scope="class")
    def report(self):
        data = make_bilingual_reviews(150, source="en/books", target="de/music")
        X, y, d = data.data, data.target, data.sample_domain
        pairs = list(data.dictionary)[::2]
        auto = AutoTransferClassifier(crosslingual_candidates(pairs), guard=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            auto.fit(X, y, sample_domain=d)
        rows = np.flatnonzero(d < 0)
        found = TransferReport.from_estimator(
            auto,
            X,
            y,
            sample_domain=d,
            shared_features=False,
            X_test=X[rows],
            y_test=y[rows],
        )
        return found, auto, X[rows], y[rows]

    def test_one_decision_is_read(self, report):
        found, auto, _, _ = report
        html, decision = found.to_html(), auto.decision_
        assert found.decision is decision
        assert escape(f"Expected accuracy on the target: {decision.expected}") in html
        assert escape(decision.verdict) in html
        classes = found.details["Each class"]
        assert classes["expected recall"] == [
            own.value for own in decision.expected.recall.values()
        ]

    def test_texts_to_look_at(self, report):
        found, auto, X, y = report
        sure = auto.predict_proba(X).max(axis=1)
        least = found.details["Least certain texts"]
        assert_allclose(least["probability"], np.sort(sure)[:10])
        wrong = auto.predict(X) != y
        worst = found.details["Worst errors"]
        assert_allclose(worst["probability"], np.sort(sure[wrong])[::-1][:10])
        assert all(a != b for a, b in zip(worst["predicted"], worst["label"]))

    def test_gaps_of_the_dictionary_and_words(self, report):
        found, auto, X, _ = report
        words = found.details["Frequent words without a translation"]["word"]
        mapper = auto.best_estimator_.mapper_
        assert words == mapper.untranslated_words_[:30]
        texts = " ".join(X).lower()
        assert all(word in texts for word in words)
        spoken = found.details["Words that speak for a class"]
        assert {*spoken["class"]} == {"", *auto.classes_}

    def test_as_json_is_what_the_page_says(self, report):
        found, auto, _, _ = report
        content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        expected = auto.decision_.expected
        assert content["decision"]["expected"]["accuracy"]["value"] == (
            expected.accuracy.value
        )
        assert content["decision"]["verdict"] == auto.decision_.verdict
        assert content["methods"]["candidate"] == auto.report_["candidate"].tolist()
        assert list(content["details"]) == list(found.details)
