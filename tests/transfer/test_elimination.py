import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sktransfer.adaptation import CORAL, DomainScaler
from sktransfer.transfer import (
    TransferClassifier,
    crosslingual_candidates,
    default_candidates,
)
from sktransfer.transfer.auto._decision import AccuracyEstimates, estimate_accuracies
from sktransfer.transfer.auto._elimination import (
    BEHIND,
    equal_parameters,
    needless_candidates,
    students_to_prefer,
    teachers_of,
)
from sktransfer.transfer.strategies import Distillation
from sktransfer.weighting import KMMInstanceWeighter


def scaled(**parameters):
    return TransferClassifier(mapper=DomainScaler(), **parameters)


def expected(scores, n=400, errors=0.0):
    """Candidates of given expected accuracies, which differ row by row or do not."""
    scores = np.asarray(scores, dtype=float)
    wave = errors * np.where(np.arange(n) % 2, 1.0, -1.0)
    likely = scores + wave[:, None] * np.arange(scores.size)
    return AccuracyEstimates(scores, likely, np.zeros((0, scores.size), dtype=bool))


class TestTeachers:
    def test_the_same_parts_and_another_strategy(self):
        models = [
            TransferClassifier(),
            scaled(),
            scaled(strategy=Distillation(teacher_weight=0.5)),
            scaled(strategy="self_train"),
            scaled(strategy="distill", weighter=KMMInstanceWeighter()),
            TransferClassifier(mapper=CORAL(), strategy="distill"),
            TransferClassifier(strategy="distill"),
            LogisticRegression(),
        ]
        assert teachers_of(models) == [None, None, 1, 1, None, None, 0, None]

    def test_other_settings_are_other_teachers(self):
        models = [
            scaled(estimator=LogisticRegression(C=1.0)),
            scaled(estimator=LogisticRegression(C=2.0), strategy="distill"),
        ]
        assert teachers_of(models) == [None, None]

    def test_of_the_default_candidates(self, rng):
        for found in (
            default_candidates(rng.normal(size=(20, 3))),
            default_candidates(rng.normal(size=(20, 60))),
            default_candidates(["good book", "bad pan"]),
            crosslingual_candidates([("good", "gut")]),
        ):
            names = [name for name, _ in found]
            taught = {
                names[j]: names[k]
                for j, k in enumerate(teachers_of([model for _, model in found]))
                if k is not None
            }
            assert taught in (
                {
                    "scaled, distilled": "scaled",
                    "scaled, self-trained": "scaled",
                    "unit rows, distilled": "unit rows, scaled",
                },
                {"scaled, distilled": "scaled", "scaled, self-trained": "scaled"},
                {"distilled": "profiles"},
                {"distilled": "correspondence"},
            )

    @pytest.mark.parametrize(
        ("first", "second", "equal"),
        [
            (make_pipeline(StandardScaler()), make_pipeline(StandardScaler()), True),
            (
                make_pipeline(StandardScaler()),
                make_pipeline(StandardScaler(with_mean=False)),
                False,
            ),
            (make_pipeline(StandardScaler()), StandardScaler(), False),
            (np.arange(3), np.arange(3), True),
            (np.arange(3), np.arange(4), False),
            ({"a": (1, None)}, {"a": (1, None)}, True),
            ({"a": 1}, {"b": 1}, False),
            (1, 1.0, False),
        ],
    )
    def test_equal_parameters(self, first, second, equal):
        assert equal_parameters(first, second) is equal

    def test_what_cannot_be_compared_is_not_equal(self):
        class Stubborn:
            def __eq__(self, other):
                raise ValueError("no")

            __hash__ = None

        assert not equal_parameters(Stubborn(), Stubborn())


class TestNeedless:
    models = (
        TransferClassifier(),
        scaled(),
        TransferClassifier(mapper=CORAL()),
        scaled(strategy="distill"),
        TransferClassifier(mapper=CORAL(), strategy="self_train"),
    )
    names = ("source only", "scaled", "coral", "distilled", "trained")

    def out(
        self, scores, agreement=(1.0, 0.7, 0.7), models=None, least_gain=0.02, **kwargs
    ):
        return needless_candidates(
            expected(scores, **kwargs),
            np.array(agreement),
            [0, 1, 2],
            list(models or self.models),
            list(self.names),
            least_gain,
        )

    def test_where_all_say_the_same_none_is_needed(self):
        found = self.out([0.9, 0.9, 0.9], (1.0, 0.99, 0.985))
        assert list(found) == [3, 4]
        assert "predict the same as 'source only' for more than 98%" in found[3]
        assert not self.out([0.9, 0.9, 0.9], (1.0, 0.99, 0.97))
        assert not self.out([0.9, 0.9, 0.9], (1.0, 1.0, 1.0), least_gain=0.0)

    def test_that_the_source_is_expected_to_be_right_is_no_reason(self):
        assert not self.out([0.999, 0.96, 0.96])

    def test_students_of_a_teacher_that_trails(self):
        found = self.out([0.7, 0.9, 0.9 - 2 * BEHIND])
        assert list(found) == [4]
        assert found[4] == (
            "its teacher 'coral' is expected to trail 'scaled' by 10.0%"
        )
        assert not self.out([0.7, 0.9, 0.9 - 0.9 * BEHIND])

    def test_but_not_within_the_noise(self):
        scores = [0.7, 0.9, 0.9 - 1.2 * BEHIND]
        assert list(self.out(scores)) == [4]
        assert not self.out(scores, errors=0.7)

    def test_nor_those_with_a_second_teacher(self):
        models = list(self.models)
        models[3] = scaled(strategy=Distillation(native_teacher=True))
        assert list(self.out([0.9, 0.7, 0.9])) == [3]
        assert not self.out([0.9, 0.7, 0.9], models=models)


class TestGoodStudents:
    taught_by = (None, None, 1, 1)

    def test_students_that_are_not_clearly_worse_the_best_first(self):
        teacher = list(self.taught_by)
        found = expected([0.7, 0.9, 0.88, 0.89], errors=0.5)
        assert students_to_prefer(found, [0, 1, 2, 3], teacher) == [3, 2]
        found = expected([0.7, 0.9, 0.88, 0.89])
        assert students_to_prefer(found, [0, 1, 2, 3], teacher) == []

    def test_places_among_the_fitted(self):
        found = expected([0.7, 0.9, 0.89], errors=0.5)
        teacher = [None, None, None, 2, 2]
        assert students_to_prefer(found, [0, 2, 4], teacher) == [4]

    def test_of_another_teacher(self):
        found = expected([0.7, 0.8, 0.9, 0.9], errors=0.5)
        assert students_to_prefer(found, [0, 1, 2, 3], list(self.taught_by)) == []


class TestComparison:
    def test_a_lead_and_its_error_by_hand(self):
        likely = np.array([[0.5, 1.0], [0.5, 0.5], [0.5, 0.9], [0.5, 0.4]])
        found = AccuracyEstimates(
            likely.mean(axis=0), likely, np.zeros((0, 2), dtype=bool)
        )
        lead, error = found.lead(1, 0)
        assert_allclose(lead, 0.2)
        assert_allclose(error, np.std([0.5, 0, 0.4, -0.1]) / 2)

    def test_labels_count_as_they_do_in_the_scores(self, rng):
        ratings = rng.integers(0, 2, size=(300, 3))
        right = rng.random((75, 3)) < [0.5, 0.9, 0.7]
        found, accuracy = estimate_accuracies(ratings, 2, right)
        assert_allclose(found.scores, 0.25 * accuracy + 0.75 * right.mean(axis=0))
        _, error = found.lead(1, 0)
        by_agreement = np.var(found.likely[:, 1] - found.likely[:, 0]) / 300
        by_labels = np.var(right[:, 1].astype(float) - right[:, 0]) / 75
        assert_allclose(error**2, 0.25**2 * by_agreement + 0.75**2 * by_labels)
