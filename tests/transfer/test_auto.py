import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sktransfer.adaptation import CORAL, DomainScaler
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.metrics import few_label_scorer, prediction_entropy_scorer
from sktransfer.model_selection import TargetKFold
from sktransfer.transfer import (
    AutoTransferClassifier,
    TransferClassifier,
    crosslingual_candidates,
    default_candidates,
)

SMALL = [
    ("scaled", TransferClassifier(mapper=DomainScaler())),
    ("coral", TransferClassifier(mapper=make_pipeline(StandardScaler(), CORAL()))),
    ("bayes", TransferClassifier(GaussianNB(), mapper=DomainScaler())),
]


@pytest.fixture(autouse=True)
def _quiet():
    """Candidates warn of what they are bad at; that is not the subject."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)
        yield


@pytest.fixture
def moved(rng):
    """Two classes; the target is measured at another location and scale."""
    n = 150
    y = np.where(rng.random(2 * n) < 0.5, "buys", "leaves").astype(object)
    X = rng.normal(size=(2 * n, 3))
    X[:, 0] += 3.0 * (y == "buys")
    d = np.repeat([1, -2], n)
    X[d < 0] = X[d < 0] * 2 + 5
    order = rng.permutation(2 * n)
    return X[order], y[order], d[order]


def dear_wines(seed, *, noise, overlap):
    """The target is what lies above the median of a feature that tells the class."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(1200, 4))
    y = (X[:, 0] + noise * rng.normal(size=1200) > 0).astype(int)
    d = np.where(X[:, 0] + overlap * rng.normal(size=1200) < 0, 1, -2)
    return X, y, d


def hidden(y, d, filler=None):
    y = y.copy()
    y[d < 0] = filler
    return y


def accuracy(model, X, y, d):
    return np.mean(model.predict(X[d < 0]) == y[d < 0])


class Says(ClassifierMixin, BaseEstimator):
    """A classifier that says what a column of its rows holds."""

    def __init__(self, column=0):
        self.column = column

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        return self

    def predict(self, X):
        return X[:, self.column].astype(int)


def raters(rng, accuracies, n=400):
    """Rows whose columns are the answers of raters of known accuracy."""
    y = np.r_[0, 1, rng.integers(0, 2, size=n - 2)]
    wrong = rng.random((n, len(accuracies))) >= np.array(accuracies)
    X = np.where(wrong, 1 - y[:, None], y[:, None])
    return X.astype(float), y, np.repeat([1, -2], n // 2)


class TestDecision:
    def test_a_moved_target_is_adapted_to(self, moved):
        X, y, d = moved
        auto = AutoTransferClassifier().fit(X, hidden(y, d), sample_domain=d)
        assert auto.decision_.adapt
        assert str(auto.decision_).startswith("adapt: ")
        assert auto.decision_.gain > 0.02
        assert accuracy(auto, X, y, d) > 0.85
        alone = make_pipeline(StandardScaler(), LogisticRegression())
        alone.fit(X[d > 0], y[d > 0].astype(str))
        assert accuracy(auto, X, y, d) > accuracy(alone, X, y, d) + 0.2
        assert auto.domain_distance_ > 1.5

    def test_identical_domains_are_not(self, moved):
        X, y, d = moved
        X, y = X[d > 0], y[d > 0]
        both = np.repeat([1, -2], len(X))
        auto = AutoTransferClassifier(SMALL)
        auto.fit(np.vstack([X, X]), np.tile(y, 2), sample_domain=both)
        assert not auto.decision_.adapt
        assert auto.decision_.candidate == "source only"
        assert str(auto.decision_).startswith("do not adapt: 'source only'")
        assert_array_equal(auto.report_["status"][1:], "skipped")
        alone = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        alone.fit(X, y.astype(str))
        assert_allclose(auto.predict_proba(X), alone.predict_proba(X))

    def test_two_halves_of_one_domain_are_not(self, rng):
        for _ in range(3):
            y = rng.integers(0, 2, size=300)
            X = rng.normal(size=(300, 3)) + y[:, None]
            d = rng.permutation(np.repeat([1, -2], 150))
            assert not AutoTransferClassifier(SMALL).fit(X, y, d).decision_.adapt

    def test_without_domains_there_is_nothing_to_adapt_to(self, moved):
        X, y, _ = moved
        auto = AutoTransferClassifier().fit(X, y)
        assert not auto.decision_.adapt
        assert np.isnan(auto.domain_distance_)
        assert "no sample_domain" in auto.decision_.reason

    def test_the_best_of_several_raters_is_found(self, rng):
        X, y, d = raters(rng, [0.6, 0.75, 0.9, 0.7, 0.72], n=3000)
        candidates = [("source only", Says(0))]
        candidates += [(f"rater {j}", Says(j)) for j in range(1, 5)]
        auto = AutoTransferClassifier(candidates).fit(X, y, sample_domain=d)
        # the domains are alike here: agreement alone is the subject
        assert not auto.decision_.adapt
        auto.set_params(guard=0.1).fit(X + 0.1 * (d < 0)[:, None], y, sample_domain=d)
        assert auto.decision_.candidate == "rater 2"
        found = auto.report_["score"]
        assert_array_equal(np.argsort(found)[[0, -2, -1]], [0, 1, 2])
        said = np.mean(X[d < 0, 0] == X[d < 0, 2])
        assert_allclose(auto.report_["agreement"][2], said)
        assert_allclose(auto.decision_.gain, found[2] - found[0])
        low, high = auto.decision_.gain_interval
        assert low < 0.3 < high

    def test_the_guard_keeps_the_source(self, rng):
        X, y, d = raters(rng, [0.8, 0.8, 0.82, 0.8], n=2000)
        X += 0.1 * (d < 0)[:, None]
        candidates = [("source only", Says(0))]
        candidates += [(f"rater {j}", Says(j)) for j in range(1, 4)]
        auto = AutoTransferClassifier(candidates).fit(X, y, sample_domain=d)
        assert not auto.decision_.adapt
        assert auto.decision_.gain < 0.1
        assert "count" in auto.decision_.reason
        free = clone(auto).set_params(guard=False).fit(X, y, sample_domain=d)
        assert free.best_index_ == np.argmax(free.report_["score"])

    def test_a_gain_within_its_standard_error_is_not_believed(self):
        """On 50 labels one candidate is right where the source errs 8 times, and errs
        6 times where it is right: a gain of .04, with a standard error of .075."""
        y = np.tile([0, 1], 400)
        X = np.repeat(y[:, None].astype(float), 4, axis=1)
        labelled = np.arange(400, 450)
        wrong = {0: np.arange(400, 408), 1: np.arange(408, 414)}
        # unlabelled rows: the candidate is right where the source alone errs
        wrong[0] = np.r_[wrong[0], np.arange(500, 520)]
        for column, rows in wrong.items():
            X[rows, column] = 1 - y[rows]
        d = np.repeat([1, -2], 400)
        X += 0.1 * (d < 0)[:, None]
        few = np.where((d > 0) | np.isin(np.arange(800), labelled), y, np.nan)
        candidates = [("source only", Says(0)), ("other", Says(1))]
        auto = AutoTransferClassifier(candidates, guard=0.0, target_labels="use")
        auto.fit(X, few, sample_domain=d)
        gain = np.diff(auto.report_["score"])[0]
        difference = np.repeat([1.0, -1.0, 0.0], [8, 6, 36])
        assert 0.02 < gain < difference.std() / np.sqrt(50)
        assert not auto.decision_.adapt
        assert "less than the 7.5% that count" in auto.decision_.reason
        free = clone(auto).set_params(guard=False).fit(X, few, sample_domain=d)
        assert free.decision_.candidate == "other"

    def test_few_labels_decide(self, rng):
        """Three raters err together, the labels give them away."""
        X, y, d = raters(rng, [0.9, 0.5], n=1000)
        X += 0.1 * (d < 0)[:, None]
        X = X[:, [0, 1, 1, 1]]
        candidates = [("source only", Says(0)), *[(f"{j}", Says(j)) for j in (1, 2, 3)]]
        wrong = AutoTransferClassifier(candidates, guard=0.1).fit(X, y, d)
        assert wrong.decision_.adapt
        few = y.astype(float)
        few[np.flatnonzero(d < 0)[100:]] = np.nan
        auto = AutoTransferClassifier(candidates, guard=0.1, target_labels="use")
        auto.fit(X, few, sample_domain=d)
        assert not auto.decision_.adapt
        known = np.flatnonzero(d < 0)[:100]
        assert_allclose(
            auto.report_["label_accuracy"],
            [np.mean(X[known, j].astype(int) == y[known]) for j in range(4)],
        )

    @pytest.mark.parametrize("seed", range(3))
    def test_dear_wines_are_no_other_scale(self, seed):
        """Methods that align the domains keep the shares of the classes, in unison."""
        X, y, d = dear_wines(seed, noise=1.5, overlap=0.3)
        auto = AutoTransferClassifier(SMALL)
        auto.fit(X, hidden(y, d, -1), sample_domain=d)
        assert not auto.decision_.adapt
        free = AutoTransferClassifier(SMALL, guard=False).fit(X, y, sample_domain=d)
        assert free.decision_.adapt
        assert accuracy(auto, X, y, d) > accuracy(free, X, y, d) + 0.15

    @pytest.mark.parametrize("seed", range(3))
    def test_default_candidates_do_not_all_align(self, seed):
        """Where the domains overlap enough, weights and trees do not go with them."""
        X, y, d = dear_wines(seed, noise=1.0, overlap=0.6)
        free = AutoTransferClassifier(SMALL, guard=False).fit(X, y, sample_domain=d)
        assert free.decision_.adapt
        every = AutoTransferClassifier().fit(X, y, sample_domain=d)
        assert accuracy(every, X, y, d) > accuracy(free, X, y, d) + 0.15

    def test_labels_settle_the_shares_of_the_classes(self, moved):
        """One-sided without labels, but right; with 40 labels it is taken."""
        X, y, d = moved
        X[d < 0] -= 2.5  # the source alone still sees both classes
        X[d < 0] /= 2
        auto = AutoTransferClassifier(SMALL).fit(X, hidden(y, d), sample_domain=d)
        assert not auto.decision_.adapt
        assert "a few labels can" in auto.decision_.reason
        few = hidden(y, d)
        known = np.flatnonzero(d < 0)[:40]
        few[known] = y[known]
        auto.set_params(target_labels="use").fit(X, few, sample_domain=d)
        assert auto.decision_.adapt

    def test_a_scorer_decides(self, moved):
        X, y, d = moved
        scorer = prediction_entropy_scorer()
        auto = AutoTransferClassifier(SMALL, scoring=scorer)
        auto.fit(X, hidden(y, d), sample_domain=d)
        best = int(np.argmax(auto.report_["score"]))
        assert auto.best_index_ == best
        model = auto.best_estimator_
        assert_allclose(auto.report_["score"][best], scorer(model, X, None, d))

    @pytest.mark.parametrize("guard", [True, 5.0])
    def test_a_score_has_its_own_margin(self, moved, guard):
        X, y, d = moved

        def scale(model, X, y=None, sample_domain=None):
            return 3.0 * isinstance(model.mapper, DomainScaler)

        auto = AutoTransferClassifier(SMALL[:2], scoring=scale, guard=guard)
        auto.fit(X, y, sample_domain=d)
        assert_array_equal(auto.report_["score"], [0, 3, 0])
        assert auto.decision_.gain == 3
        assert auto.decision_.adapt == (guard is True)
        assert ("below the margin of 5" in auto.decision_.reason) == (guard == 5)


class TestCandidates:
    def test_the_source_alone_is_always_there_and_first(self, moved):
        X, y, d = moved
        auto = AutoTransferClassifier(SMALL).fit(X, y, sample_domain=d)
        assert auto.report_["candidate"].tolist() == [
            "source only", "scaled", "coral", "bayes",
        ]  # fmt: skip
        own = [*SMALL, ("source only", LogisticRegression(C=0.1))]
        auto = AutoTransferClassifier(own).fit(X, y, sample_domain=d)
        assert auto.report_["candidate"][0] == "source only"
        assert len(auto.report_["candidate"]) == 4
        for name in ("score", "expected_accuracy", "agreement", "seconds"):
            assert np.isfinite(auto.report_[name]).all()

    def test_the_base_estimator(self, moved):
        X, y, d = moved
        base = LogisticRegression(C=0.01)
        found = dict(default_candidates(X, estimator=base))
        assert found["scaled"].estimator.C == 0.01
        assert found["scaled"].estimator is not base
        auto = AutoTransferClassifier(SMALL, estimator=base).fit(X[d > 0], y[d > 0])
        assert auto.best_estimator_.estimator_[-1].C == 0.01

    def test_default_candidates_by_kind(self, moved):
        X, _, _ = moved
        texts = dict(default_candidates(np.array(["good", "bad"], dtype=object)))
        assert isinstance(texts["source only"].mapper[0], TfidfVectorizer)
        assert len(default_candidates(X)) == 6
        assert len(default_candidates(np.tile(X, 20))) == 10
        counts = [n for n, _ in default_candidates(sp.csr_array(abs(X)))]
        assert "profiles" in counts
        numbers = [n for n, _ in default_candidates(sp.csr_matrix(X))]
        assert numbers == ["source only", "scaled", "distilled"]

    def test_a_candidate_that_fails_is_reported(self, moved):
        X, y, d = moved

        class Broken(Says):
            def fit(self, X, y):
                raise RuntimeError("no luck")

        class Mute(Says):
            def predict(self, X):
                raise RuntimeError("nothing to say")

        auto = AutoTransferClassifier([*SMALL, ("b", Broken()), ("m", Mute())])
        with pytest.warns(UserWarning, match="'b' failed and is left out"):
            auto.fit(X, y, sample_domain=d)
        assert auto.report_["status"].tolist()[-2:] == [
            "RuntimeError: no luck",
            "RuntimeError: nothing to say",
        ]
        assert np.isnan(auto.report_["score"][-2:]).all()
        assert auto.decision_.adapt
        for bad, message in ((Broken(), "no luck"), (Mute(), "nothing to say")):
            with pytest.raises(RuntimeError, match=message):
                AutoTransferClassifier([("source only", bad)]).fit(X, y, d)

    @pytest.mark.parametrize("margin", [0.1, 1.5])
    def test_only_the_candidate_taken_warns(self, moved, margin):
        X, y, d = moved

        class Loud(TransferClassifier):
            def fit(self, X, y, sample_domain=None):
                warnings.warn("mind the gap", UserWarning, stacklevel=2)
                return super().fit(X, y, sample_domain)

        loud = [("loud", Loud(mapper=DomainScaler())), *SMALL[2:]]
        auto = AutoTransferClassifier(loud, guard=margin)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            auto.fit(X, y, sample_domain=d)
        said = [str(w.message) for w in caught if w.category is UserWarning]
        assert "mind the gap" in auto.report_["warnings"][1]
        assert said == ["mind the gap"] * (auto.decision_.candidate == "loud")

    def test_a_student_of_a_poor_teacher_is_not_fitted(self, moved):
        X, y, d = moved
        wrong = FunctionTransformer(np.abs)
        candidates = [
            ("bayes", SMALL[2][1]),
            ("scaled", SMALL[0][1]),
            ("one", TransferClassifier(mapper=wrong)),
            ("taught by one", TransferClassifier(mapper=wrong, strategy="distill")),
            ("coral", SMALL[1][1]),
        ]
        auto = AutoTransferClassifier(candidates, keep_candidates=True)
        auto.fit(X, hidden(y, d), sample_domain=d)
        status = auto.report_["status"]
        assert status[4].startswith("eliminated: its teacher 'one' is expected to")
        assert (np.delete(status, 4) == "fitted").all()
        assert "taught by one" not in auto.estimators_
        assert np.isnan(auto.report_["seconds"][4])
        every = clone(auto).set_params(eliminate=False).fit(X, hidden(y, d), d)
        assert (every.report_["status"] == "fitted").all()
        assert every.decision_.candidate == auto.decision_.candidate
        scored = clone(auto).set_params(scoring=prediction_entropy_scorer())
        scored.fit(X, hidden(y, d), sample_domain=d)
        assert (scored.report_["status"] == "fitted").all()

    def test_where_all_agree_the_rest_is_not_fitted(self, rng):
        X, y, d = raters(rng, [0.8], n=1000)
        X = X[:, [0, 0, 0, 0, 0]] + 0.1 * (d < 0)[:, None]
        candidates = [(f"{j}", Says(j)) for j in range(1, 5)]
        auto = AutoTransferClassifier([("source only", Says(0)), *candidates])
        auto.fit(X, y, sample_domain=d)
        assert auto.report_["status"][:4].tolist() == ["fitted"] * 4
        assert "predict the same as 'source only'" in auto.report_["status"][4]

    def test_no_time(self, moved):
        X, y, d = moved
        auto = AutoTransferClassifier(SMALL, max_seconds=1e-9).fit(X, y, d)
        assert auto.report_["status"].tolist() == ["fitted", *["skipped"] * 3]
        assert not auto.decision_.adapt

    def test_two_languages(self):
        data = make_bilingual_reviews(120, source="en/books", target="de/music")
        candidates = crosslingual_candidates(data.dictionary)
        auto = AutoTransferClassifier(candidates)
        auto.fit(data.data, data.target, sample_domain=data.sample_domain)
        assert auto.decision_.adapt
        target = data.sample_domain < 0
        assert np.mean(auto.predict(data.data[target]) == data.target[target]) > 0.7

    @pytest.mark.parametrize("kind", ["texts", "counts", "csc", "negative"])
    def test_other_rows(self, kind):
        data = make_bilingual_reviews(150, target="en/music")
        X, y, d = data.data, data.target, data.sample_domain
        if kind != "texts":
            X = TfidfVectorizer(min_df=3).fit_transform(X)
        if kind == "csc":
            X = sp.csc_array(X)
        if kind == "negative":
            X = X - sp.csr_array((np.full(X.nnz, 0.01), X.indices, X.indptr), X.shape)
        auto = AutoTransferClassifier().fit(X, y, sample_domain=d)
        assert (auto.report_["status"] == "fitted").all()
        rows = np.flatnonzero(d < 0)
        found = np.mean(auto.predict(X.tocsr()[rows] if kind != "texts" else X[rows])
                        == y[rows])  # fmt: skip
        assert found > 0.65


class TestLaws:
    def test_target_labels_that_are_ignored_change_no_bit(self, moved):
        X, y, d = moved
        expected = None
        for filler in (None, "buys", "rubbish", 3.5):
            auto = AutoTransferClassifier(SMALL).fit(X, hidden(y, d, filler), d)
            found = auto.predict_proba(X[d < 0])
            expected = found if expected is None else expected
            assert_array_equal(found, expected)

    def test_decisions_are_reproducible(self, moved):
        X, y, d = moved
        first, again = (AutoTransferClassifier().fit(X, y, d) for _ in range(2))
        assert first.decision_ == again.decision_
        assert_array_equal(first.report_["score"], again.report_["score"])

    def test_names_of_the_classes_do_not_matter(self, moved):
        X, y, d = moved
        codes = (y == "leaves").astype(int)
        names = AutoTransferClassifier(SMALL).fit(X, y, d)
        numbers = AutoTransferClassifier(SMALL).fit(X, codes, d)
        assert str(names.decision_) == str(numbers.decision_)
        assert names.decision_.gain_interval == numbers.decision_.gain_interval
        first, second = names.decision_.expected, numbers.decision_.expected
        assert first.accuracy == second.accuracy
        assert [*first.recall.values()] == [*second.recall.values()]
        assert [*first.recall] == ["buys", "leaves"]
        assert_array_equal(names.classes_[numbers.predict(X)], names.predict(X))

    def test_more_target_rows_than_are_compared(self, rng):
        y = rng.integers(0, 2, size=5200)
        X = rng.normal(size=(5200, 2))
        X[:, 0] += 3.0 * y
        d = np.repeat([1, -2], [1500, 3700])
        X[d < 0] = X[d < 0] * 2 + 5
        auto = AutoTransferClassifier(SMALL[:2], keep_candidates=True)
        auto.fit(X, y, sample_domain=d)
        assert auto.decision_.adapt
        assert auto.decision_.expected.n_target == 2000
        share = auto.report_["agreement"] * 4000
        assert_allclose(share, np.rint(share))
        exact = [
            np.mean(
                m.predict(X[d < 0]) == auto.estimators_["source only"].predict(X[d < 0])
            )
            for m in auto.estimators_.values()
        ]
        assert_allclose(auto.report_["agreement"], exact, atol=0.05)

    def test_inputs_stay(self, moved):
        X, y, d = moved
        before = X.copy(), y.copy(), d.copy()
        params = [clone(m).get_params() for _, m in SMALL]
        AutoTransferClassifier(SMALL).fit(X, y, sample_domain=d)
        for old, new in zip(before, (X, y, d)):
            assert_array_equal(old, new)
        assert str(params) == str([m.get_params() for _, m in SMALL])

    def test_pickle(self, moved):
        X, y, d = moved
        auto = AutoTransferClassifier().fit(X, y, sample_domain=d)
        again = pickle.loads(pickle.dumps(auto))
        assert_array_equal(again.predict(X), auto.predict(X))
        assert again.decision_ == auto.decision_

    def test_every_method_of_the_winner(self, moved):
        X, y, d = moved
        auto = AutoTransferClassifier(SMALL).fit(X, y, sample_domain=d)
        model = auto.best_estimator_
        for method in (
            "predict", "predict_proba", "predict_log_proba", "decision_function",
        ):  # fmt: skip
            if hasattr(model, method):
                expected = getattr(model, method)(X, sample_domain=d)
                found = getattr(auto, method)(X, sample_domain=d)
                assert_array_equal(found, expected)
            else:
                assert not hasattr(auto, method)

    def test_labels_of_the_target_train_the_winner(self, moved):
        X, y, d = moved
        few = hidden(y, d)
        known = np.flatnonzero(d < 0)[:20]
        few[known] = y[known]
        auto = AutoTransferClassifier(SMALL, target_labels="use").fit(X, few, d)
        assert auto.decision_.adapt
        assert auto.best_estimator_.target_labels == "use"
        assert np.all(auto.best_estimator_.sample_weight_[known] == 1)


class TestSearches:
    @pytest.mark.parametrize("routing", [False, True])
    def test_in_a_search(self, moved, routing):
        X, y, d = moved
        with config_context(enable_metadata_routing=routing):
            search = GridSearchCV(
                make_pipeline(StandardScaler(), AutoTransferClassifier(SMALL)),
                {"autotransferclassifier__guard": [True, 1.5]},
                cv=TargetKFold(2),
                scoring=few_label_scorer(),
                error_score="raise",
            )
            if routing:
                search.fit(X, y, sample_domain=d)
            else:
                search.fit(X, y, groups=d, autotransferclassifier__sample_domain=d)
        scores = search.cv_results_["mean_test_score"]
        assert scores[0] > scores[1] + 0.1
        assert search.best_params_ == {"autotransferclassifier__guard": True}


class TestRefusals:
    @pytest.mark.parametrize(
        ("parameters", "error", "message"),
        [
            ({"guard": -1}, ValueError, "guard of AutoTransferClassifier must be"),
            ({"target_labels": "some"}, ValueError, r"target_labels of \w+ must be"),
            ({"max_seconds": 0}, ValueError, r"max_seconds of \w+ must be"),
            ({"scoring": "accuracy"}, ValueError, r"scoring of \w+ must be"),
            ({"candidates": [1, 2]}, ValueError, "candidates must be a list"),
            ({"candidates": SMALL * 2}, ValueError, "different names"),
            ({"candidates": [("x", 3)]}, TypeError, "must be a classifier"),
        ],
    )
    def test_parameters(self, moved, parameters, error, message):
        X, y, d = moved
        with pytest.raises(error, match=message):
            AutoTransferClassifier(**parameters).fit(X, y, sample_domain=d)

    def test_rows(self, moved):
        X, y, d = moved
        auto = AutoTransferClassifier(SMALL)
        with pytest.raises(ValueError, match="got none"):
            auto.fit(X, y, sample_domain=abs(d))
        with pytest.raises(ValueError, match="requires y"):
            auto.fit(X, None)
        with pytest.raises(ValueError, match="no labelled row"):
            auto.fit(X, y, sample_domain=-abs(d))
        with pytest.raises(ValueError, match="one class"):
            auto.fit(X, np.full(len(y), "buys"), sample_domain=d)

    def test_one_target_row(self, moved):
        X, y, d = moved
        rows = np.r_[np.flatnonzero(d > 0), np.flatnonzero(d < 0)[:1]]
        auto = AutoTransferClassifier([("guess", DummyClassifier())])
        auto.fit(X[rows], y[rows], sample_domain=d[rows])
        assert np.isnan(auto.domain_distance_)
        assert set(auto.predict(X)) <= {"buys", "leaves"}
