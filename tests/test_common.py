"""scikit-learn's own checks, on every estimator that takes numbers."""

import importlib
import inspect
import pkgutil

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.metadata_routing import get_routing_for_object

import sktransfer

# Estimators of texts have checks of their own (tests/crosslingual/test_text_checks.py);
# word spaces are parameters of a mapper without a fit of their own on arrays; GibbsLDA
# needs an optional package (tests/selection/test_topic_models.py).
WORD_SPACES = {
    "AlignedEmbeddings",
    "DictionaryTranslation",
    "DistributionalCorrespondence",
    "WordSpaceUnion",
}
OTHER_INPUT = {
    "CrossLingualMapper",
    "EmbeddingVectorizer",
    "GibbsLDA",
    "ScriptNgramCounter",
    "SequenceEncoder",
    "WordTokenizer",
    "WordVectors",
} | WORD_SPACES
BASES = {"Alignment", "WordSpace"}


def public_estimators():
    found = {}
    for m in pkgutil.iter_modules(sktransfer.__path__, "sktransfer."):
        if m.name.split(".")[-1].startswith("_"):
            continue
        module = importlib.import_module(m.name)
        for name in getattr(module, "__all__", ()):
            obj = getattr(module, name)
            if (
                inspect.isclass(obj)
                and issubclass(obj, BaseEstimator)
                and not inspect.isabstract(obj)
            ):
                found[name] = obj
    for base in BASES:
        found.pop(base)
    return found


ESTIMATORS = public_estimators()
NUMERIC = [cls() for name, cls in sorted(ESTIMATORS.items()) if name not in OTHER_INPUT]


@parametrize_with_checks(NUMERIC)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_no_estimator_is_left_out():
    expected = {
        "ALSRecommender",
        "AutoTransferClassifier",
        "AutoTransferRecommender",
        "BiasedRidge",
        "BiasedRidgeClassifier",
        "BlendRecommender",
        "CORAL",
        "ClusterInstanceSelector",
        "ColdStartRecommender",
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


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_every_estimator_is_exported_at_the_top(name):
    assert getattr(sktransfer, name) is ESTIMATORS[name]
    assert name in sktransfer.__all__


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_only_the_first_parameter_is_positional(name):
    parameters = list(inspect.signature(ESTIMATORS[name]).parameters.values())
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters[1:])


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - WORD_SPACES))
def test_the_domain_is_requested_wherever_it_is_taken(name):
    cls = ESTIMATORS[name]
    instance = cls([("a", "b")]) if name == "CrossLingualMapper" else cls()
    for method in ("fit", "partial_fit", "transform", "predict"):
        function = getattr(cls, method, None)
        if function is None:
            continue
        if "sample_domain" in inspect.signature(function).parameters:
            request = getattr(get_routing_for_object(instance), method)
            assert request.requests["sample_domain"] is True
