"""What is asked too early, or of other columns, is refused in scikit-learn's words."""

import inspect

import numpy as np
import pytest
from needed import NEEDED
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sktransfer import CORAL, KMMInstanceWeighter, TransferClassifier
from sktransfer.utils.discovery import all_estimators

rng = np.random.default_rng(0)
X = rng.poisson(2.0, (80, 5)).astype(float)
DOMAIN = np.repeat([1, -1], 40)
NAMES = [f"c{i}" for i in range(5)]
METHODS = (
    "predict",
    "predict_proba",
    "decision_function",
    "transform",
    "score_samples",
    "recommend",
    "score",
)
ALIGNMENTS = {name for name, _ in all_estimators("alignment")}
# of texts or sequences, of no rows, or of an optional package
OTHERS = {
    "CrossLingualMapper",
    "EmbeddingVectorizer",
    "EncoderFeatures",
    "GibbsLDA",
    "ScriptNgramCounter",
    "SequenceEncoder",
    "SessionVectorizer",
    "WordTokenizer",
    "WordVectors",
} | {name for kind in ("strategy", "word_space") for name, _ in all_estimators(kind)}
MODELS = (
    {n: c(**NEEDED.get(n, {})) for n, c in all_estimators() if n not in OTHERS}
    | {
        "CORAL before": TransferClassifier(mapper=CORAL()),
        "weights": TransferClassifier(weighter=KMMInstanceWeighter()),
    }
    | {
        strategy: TransferClassifier(
            strategy=strategy, target_labels="use", mapper=mapper
        )
        for mapper in (None, CORAL())
        for strategy in ("augment", "fine_tune", "self_train", "distill", "boost")
    }
)


def fitted(name, rows=X):
    model = clone(MODELS[name])
    y = np.where(X[:, 0] > 2, "good", "bad")
    if name in ("AutoTransferRegressor", "BiasedRidge", "TransferRegressor"):
        y = X[:, 0]
    if name in ALIGNMENTS:
        y = X[::-1]
    given = {"y": y, "sample_domain": DOMAIN}
    if hasattr(model, "recommend"):
        del given["y"]
    own = inspect.signature(model.fit).parameters
    return model.fit(rows, **{k: v for k, v in given.items() if k in own})


def calls(model):
    """Methods of a model that take rows."""
    for method in METHODS:
        function = getattr(model, method, None)
        if function is not None:
            extra = (np.zeros(80),) if method == "score" else ()
            yield lambda rows, f=function, extra=extra: f(rows, *extra)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", MODELS)
def test_it_says_what_is_wrong(name):
    for call in calls(clone(MODELS[name])):
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            call(X)
    for call in calls(fitted(name)):
        with pytest.raises(ValueError, match=r"X has 3 features, but \w+ is expecting"):
            call(X[:, :3])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("name", MODELS)
def test_it_names_the_columns(name, library):
    frame = pytest.importorskip(library).DataFrame
    model = fitted(name, frame(dict(zip(NAMES, X.T))))
    assert list(model.feature_names_in_) == NAMES
    other = frame(dict(zip(["c1", "c0", "x", "c3", "c4"], X.T)))
    for call in calls(model):
        with pytest.raises(ValueError, match="feature names should match"):
            call(other)
