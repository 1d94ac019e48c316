"""Every public estimator keeps scikit-learn's checks and the laws of its kind."""

import inspect

import pytest
from needed import NEEDED
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.metadata_routing import get_routing_for_object

import sktransfer
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.recommend import ItemKNNRecommender
from sktransfer.testing import (
    alignment_checks_generator,
    mapper_checks_generator,
    recommender_checks_generator,
    strategy_checks_generator,
    weighter_checks_generator,
)
from sktransfer.utils.discovery import all_estimators

ESTIMATORS = dict(all_estimators())
WORD_SPACES = {name for name, _ in all_estimators("word_space")}
REVIEWS = make_bilingual_reviews(30, source="en/books", target="de/books")
STRATEGIES = {name for name, _ in all_estimators("strategy")}
# Strategies have no fit of their own; word spaces none on arrays, and WordVectors none
# either. Estimators of texts have checks of their own
# (tests/crosslingual/test_text_checks.py); GibbsLDA needs an optional package
# (tests/selection/test_topic_models.py).
OTHER_INPUT = (
    {
        "CrossLingualMapper",
        "EmbeddingVectorizer",
        "EncoderFeatures",
        "GibbsLDA",
        "ScriptNgramCounter",
        "SequenceEncoder",
        "WordTokenizer",
        "WordVectors",
    }
    | WORD_SPACES
    | STRATEGIES
)


# small ones where the default is slow, and what cannot be left out
PARAMETERS = NEEDED | {
    "AutoTransferRecommender": {"candidates": [("neighbours", ItemKNNRecommender())]},
    "Boosting": {"n_estimators": 2, "n_stages": 2},
    "CrossLingualMapper": {"dictionary": REVIEWS.dictionary},
}


def new(name):
    """An estimator to check."""
    return ESTIMATORS[name](**PARAMETERS.get(name, {}))


NUMERIC = [new(name) for name in sorted(set(ESTIMATORS) - OTHER_INPUT)]

GENERATORS = {
    "alignment": alignment_checks_generator,
    "mapper": mapper_checks_generator,
    "recommender": recommender_checks_generator,
    "strategy": strategy_checks_generator,
    "weighter": weighter_checks_generator,
}
OPTIONS = {
    "CrossLingualMapper": {
        "data": (REVIEWS.data, REVIEWS.target, REVIEWS.sample_domain),
        "expected_failed_checks": {
            "check_equal_domains": "the sides are of two languages"
        },
    },
    "EncoderFeatures": {
        "data": (REVIEWS.data, REVIEWS.target, REVIEWS.sample_domain),
    },
    "Distillation": {
        "tasks": ["classification"],
        "expected_failed_checks": {
            "check_target_weight_of_two": "folds are of rows",
            "check_without_domains": "a student is fitted to all rows",
        },
    },
    "FineTuning": {
        "tasks": ["classification"],
        "expected_failed_checks": {"check_target_weight_of_two": "folds are of rows"},
    },
    "InformationInstanceSelector": {
        "expected_failed_checks": dict.fromkeys(
            ["check_sparse_equals_dense", "check_sparse_scores"],
            'model="auto" is another one for sparse rows',
        )
    },
    "PopularityRecommender": {"personalized": False},
    "SelfLearningAlignment": {
        "expected_failed_checks": {"check_unequal_pairs": "its rows need not pair"}
    },
    "TableVectorizer": {
        "expected_failed_checks": {
            "check_one_side_alone": "it encodes the rows of one side as well"
        }
    },
    "SelfTraining": {"tasks": ["classification"]},
}


# their folds and steps are fitted once for each of a dozen containers and types
SLOW_IN_CONTAINERS = {
    "Boosting",
    "DiscriminatorInstanceWeighter",
    "Distillation",
    "FineTuning",
    "KLIEPInstanceWeighter",
    "LabelShiftInstanceWeighter",
    "RelativeDensityInstanceWeighter",
    "SelfTraining",
    "TopicFeatureSelector",
}


def laws():
    """Pairs of each estimator and a law of its kind."""
    for kind, generator in GENERATORS.items():
        for name, _ in all_estimators(kind):
            yield from generator(new(name), **OPTIONS.get(name, {}))
    for name in ("Distillation", "FineTuning"):
        yield from strategy_checks_generator(new(name), tasks=["regression"])


def marked(estimator, check):
    """The pair, marked where its law takes long."""
    name = type(estimator).__name__
    fits_often = "check_containers" in str(check) or "check_number_types" in str(check)
    slow = fits_often and name in SLOW_IN_CONTAINERS
    return pytest.param(estimator, check, marks=pytest.mark.slow if slow else ())


@parametrize_with_checks(NUMERIC)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [marked(*pair) for pair in laws()],
    ids=lambda v: getattr(v, "__name__", type(v).__name__),
)
def test_laws_of_its_kind(estimator, check):
    check(estimator)


def test_no_estimator_is_left_out():
    expected = {
        "ALSRecommender",
        "AutoTransferClassifier",
        "AutoTransferRecommender",
        "AutoTransferRegressor",
        "BiasedRidge",
        "BiasedRidgeClassifier",
        "BlendRecommender",
        "CORAL",
        "ClusterInstanceSelector",
        "ColdStartRecommender",
        "ConformalTransferClassifier",
        "CorrespondenceFeatures",
        "DiscriminatorInstanceWeighter",
        "DomainScaler",
        "EASERecommender",
        "GensimLDA",
        "InformationInstanceSelector",
        "ItemKNNRecommender",
        "KLIEPInstanceWeighter",
        "KMMInstanceWeighter",
        "KNNInstanceWeighter",
        "KernelAlignment",
        "LabelShiftInstanceWeighter",
        "LocalEASERecommender",
        "LogCountRatioScaler",
        "MeanMatchingInstanceWeighter",
        "MultiViewMapper",
        "NewItemLimiter",
        "NicheRecommender",
        "PLSA",
        "PopularityRecommender",
        "Procrustes",
        "RelativeDensityInstanceWeighter",
        "SelfLearningAlignment",
        "SequentialRecommender",
        "SessionVectorizer",
        "SpectralFeatureAlignment",
        "SubspaceAlignment",
        "TableVectorizer",
        "TopicFeatureSelector",
        "TransferClassifier",
        "TransferComponentAnalysis",
        "TransferFeatureSelector",
        "TransferRecommender",
        "TransferRegressor",
        "WhitenedAlignment",
    }
    assert {type(e).__name__ for e in NUMERIC} == expected
    assert expected | OTHER_INPUT == set(ESTIMATORS)


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - STRATEGIES))
def test_every_estimator_is_exported_at_the_top(name):
    assert getattr(sktransfer, name) is ESTIMATORS[name]
    assert name in sktransfer.__all__


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_only_the_first_parameter_is_positional(name):
    parameters = list(inspect.signature(ESTIMATORS[name]).parameters.values())
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters[1:])


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - WORD_SPACES))
def test_the_domain_is_requested_wherever_it_is_taken(name):
    for method in ("fit", "partial_fit", "transform", "predict"):
        function = getattr(ESTIMATORS[name], method, None)
        if function is None:
            continue
        if "sample_domain" in inspect.signature(function).parameters:
            request = getattr(get_routing_for_object(new(name)), method)
            assert request.requests["sample_domain"] is True
