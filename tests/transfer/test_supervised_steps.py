"""Mappers and steps that read labels learn from labelled rows, all others from all."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.compose import make_column_transformer
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import StackingClassifier
from sklearn.feature_selection import (
    RFE,
    SelectFdr,
    SelectFromModel,
    SelectKBest,
    SelectPercentile,
    f_regression,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import KBinsDiscretizer, StandardScaler, TargetEncoder

from sktransfer import (
    CORAL,
    AutoTransferClassifier,
    DomainScaler,
    KMMInstanceWeighter,
    TransferClassifier,
    TransferRegressor,
)

pytestmark = pytest.mark.filterwarnings("ignore:.TargetEncoder.shuffle:FutureWarning")

LABELLED = {
    "SelectKBest": SelectKBest(k=2),
    "SelectPercentile": SelectPercentile(percentile=50),
    "SelectFdr": SelectFdr(alpha=0.5),
    "SelectFromModel": SelectFromModel(LogisticRegression()),
    "RFE": RFE(LogisticRegression(), n_features_to_select=2),
    "LDA": LinearDiscriminantAnalysis(),
    "NCA": NeighborhoodComponentsAnalysis(n_components=2, max_iter=5, random_state=0),
    "TargetEncoder": TargetEncoder(random_state=0),
    "PLS": PLSRegression(n_components=2),
    "Stacking": StackingClassifier([("lr", LogisticRegression())], cv=2),
}
LABEL_FREE = {
    "StandardScaler": StandardScaler(),
    "PCA": PCA(2, random_state=0),
    "KBins": KBinsDiscretizer(3, encode="ordinal", random_state=0),
    "prefit": SelectFromModel(
        FrozenEstimator(LogisticRegression().fit(np.eye(4), [0, 1, 1, 0])), prefit=True
    ),
}
STRATEGIES = ["pool", "augment", "fine_tune", "self_train", "distill", "boost"]


@pytest.fixture
def shop(rng):
    """Rows of few values, classes 0 and 1, the first 15 target rows to be labelled."""
    d = np.repeat([1, -2], [80, 60])
    X = rng.integers(0, 4, (140, 4)) + np.where(d < 0, 1.0, 0)[:, None]
    y = np.where(X[:, 0] + X[:, 1] - (d < 0) + rng.normal(size=140) > 3, 1.0, 0)
    y[95:] = np.nan
    return X, y, d


def training_rows(step, X, y, rows):
    """What a step alone makes of all rows, fitted on some, and the fitted step."""
    step = clone(step).fit(X[rows], y[rows])
    Z = step.transform(X)
    if isinstance(step, TargetEncoder):
        Z[rows] = clone(step).fit_transform(X[rows], y[rows])
    return Z, step


@pytest.mark.parametrize("target_labels", ["ignore", "use"])
@pytest.mark.parametrize("name", LABELLED)
def test_a_mapper_that_reads_labels_learns_from_labelled_rows(
    shop, name, target_labels
):
    X, y, d = shop
    known = ~np.isnan(y) if target_labels == "use" else d > 0
    Z, step = training_rows(LABELLED[name], X, y, known)
    model = TransferClassifier(mapper=LABELLED[name], target_labels=target_labels)
    model.fit(X, y, sample_domain=d)
    assert type(model.mapper_) is type(step)
    assert_array_equal(model.mapper_.transform(X), step.transform(X))
    alone = LogisticRegression(max_iter=1000).fit(Z[known], y[known])
    expected = alone.predict_proba(step.transform(X))
    assert_allclose(model.predict_proba(X), expected, atol=1e-6)


@pytest.mark.parametrize("steps", [[], [CORAL()]], ids=["alone", "before CORAL"])
@pytest.mark.parametrize("name", LABELLED)
def test_all_rows_are_labelled(shop, name, steps):
    """PLS gives a pair where it maps what it was fitted on."""
    X, y, d = shop
    y = np.nan_to_num(y)
    Z, step = training_rows(LABELLED[name], X, y, slice(None))
    mapper = make_pipeline(LABELLED[name], *steps)
    model = TransferClassifier(mapper=mapper, target_labels="use")
    model.fit(X, y, sample_domain=d)
    assert type(model.mapper_[0]) is type(step)
    asked = step.transform(X)
    for part in steps:
        part = clone(part).fit(Z, y, sample_domain=d)
        Z, asked = part.transform(Z, sample_domain=d), part.transform(asked)
    alone = LogisticRegression(max_iter=1000).fit(Z, y)
    assert_allclose(model.predict_proba(X), alone.predict_proba(asked), atol=1e-6)


@pytest.mark.parametrize("name", LABEL_FREE)
def test_a_mapper_that_reads_no_labels_learns_from_all_rows(shop, name):
    X, y, d = shop
    model = TransferClassifier(mapper=LABEL_FREE[name]).fit(X, y, sample_domain=d)
    step = clone(LABEL_FREE[name]).fit(X)
    assert_array_equal(model.mapper_.transform(X), step.transform(X))


def test_each_step_of_a_composite_learns_from_its_own_rows(shop):
    """Selected columns of labelled rows, scales of all rows, domains where taken."""
    X, y, d = shop
    source = d > 0
    scaled = StandardScaler().fit_transform(X)
    selected = SelectKBest(k=2).fit(scaled[source], y[source]).transform(scaled)
    both = np.hstack([selected, DomainScaler().fit_transform(scaled, sample_domain=d)])
    expected = CORAL().fit_transform(both, sample_domain=d)
    mapper = make_pipeline(
        StandardScaler(), make_union(SelectKBest(k=2), DomainScaler()), CORAL()
    )
    model = TransferClassifier(mapper=mapper).fit(X, y, sample_domain=d)
    assert_allclose(model.mapper_.transform(X[~source]), expected[~source], atol=1e-8)
    assert repr(model.mapper_) == repr(mapper)


@pytest.mark.parametrize("container", ["array", "pandas", "polars"])
def test_columns_and_frames(shop, container):
    X, y, d = shop
    rows, columns = X, [[0, 1], [2, 3]]
    if container != "array":
        library = pytest.importorskip(container)
        rows = library.DataFrame({f"c{i}": X[:, i] for i in range(4)})
        columns = [["c0", "c1"], ["c2", "c3"]]
    mapper = make_column_transformer(
        (TargetEncoder(random_state=0), columns[0]), (StandardScaler(), columns[1])
    )
    output = "default" if container == "array" else container
    with config_context(transform_output=output):
        model = TransferClassifier(mapper=mapper).fit(rows, y, sample_domain=d)
        found = np.asarray(model.mapper_.transform(rows))
    source = d > 0
    encoder = TargetEncoder(random_state=0).fit(X[source][:, :2], y[source])
    scaler = StandardScaler().fit(X[:, 2:])
    expected = np.hstack([encoder.transform(X[:, :2]), scaler.transform(X[:, 2:])])
    assert_allclose(found, expected, atol=1e-12)
    assert type(model.mapper_.named_transformers_["targetencoder"]) is TargetEncoder
    assert repr(model.mapper_.transformers) == repr(mapper.transformers)


def test_a_weighter_behind_a_step_that_reads_labels(shop):
    X, y, d = shop
    weighter = make_pipeline(SelectKBest(k=1), KMMInstanceWeighter())
    model = TransferClassifier(weighter=weighter).fit(X, y, sample_domain=d)
    chosen = SelectKBest(k=1).fit(X[d > 0], y[d > 0]).transform(X)
    weights = KMMInstanceWeighter().fit(chosen, sample_domain=d).weights_
    assert_array_equal(model.sample_weight_[d > 0], weights[d > 0])


@pytest.mark.parametrize("labels", [str, int])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy(shop, strategy, labels):
    X, y, d = shop
    known = ~np.isnan(y)
    names = np.full(y.size, None, dtype=object)
    names[known] = y[known].astype(int).astype(labels)
    model = TransferClassifier(
        mapper=SelectKBest(k=2), strategy=strategy, target_labels="use"
    )
    model.fit(X, names, sample_domain=d)
    expected = SelectKBest(k=2).fit(X[known], y[known]).get_support()
    assert_array_equal(model.mapper_.get_support(), expected)
    assert np.mean(model.predict(X[known]) == names[known]) > 0.6


@pytest.mark.parametrize("strategy", ["pool", "augment", "fine_tune", "boost"])
@pytest.mark.parametrize("mapper", [SelectKBest(f_regression, k=2), PLSRegression(2)])
def test_numbers(shop, mapper, strategy):
    X, _, d = shop
    y = X[:, 0] - X[:, 3]
    y[95:] = np.nan
    known = ~np.isnan(y)
    model = TransferRegressor(mapper=mapper, strategy=strategy, target_labels="use")
    model.fit(X, y, sample_domain=d)
    step = clone(mapper).fit(X[known], y[known])
    assert_allclose(model.mapper_.transform(X), step.transform(X))
    assert model.score(X[known], y[known]) > 0.8


def test_candidates_of_the_automatic_choice(shop):
    """Their steps, which are fitted once for several, learn what they learn alone."""
    X, y, d = shop
    candidates = [
        ("mapped", TransferClassifier(mapper=make_pipeline(SelectKBest(k=2), CORAL()))),
        ("first", make_pipeline(SelectKBest(k=2), TransferClassifier())),
    ]
    model = AutoTransferClassifier(
        candidates, guard=False, eliminate=False, keep_candidates=True
    )
    model.fit(X, y, sample_domain=d)
    assert set(model.report_["status"]) == {"fitted"}
    for name, candidate in candidates:
        found, alone = model.estimators_[name], clone(candidate)
        if name == "mapped":
            alone.fit(X, y, sample_domain=d)
        else:
            chosen = SelectKBest(k=2).fit(X[d > 0], y[d > 0])
            alone = TransferClassifier().fit(chosen.transform(X), y, sample_domain=d)
            assert_array_equal(found[0].get_support(), chosen.get_support())
            found, X = found[1], chosen.transform(X)
        assert_allclose(found.predict_proba(X), alone.predict_proba(X), atol=1e-9)


class KeepsLabels(BaseEstimator):
    """No class of any library: its fit returns nothing, and it has no tags to ask."""

    def __init__(self, keep=True):
        self.keep = keep

    def fit(self, X, y=None):
        self.mean_ = X.mean(axis=0)
        if self.keep:
            self.y_ = y

    def transform(self, X):
        return X - self.mean_


@pytest.mark.parametrize("keep", [True, False])
def test_labels_that_are_kept_count_as_read(shop, keep):
    X, y, d = shop
    model = TransferClassifier(mapper=KeepsLabels(keep)).fit(X, y, sample_domain=d)
    rows = d > 0 if keep else slice(None)
    assert_array_equal(model.mapper_.mean_, X[rows].mean(axis=0))
    if keep:
        assert_array_equal(model.mapper_.y_, y[rows])


def test_errors_of_a_step_are_its_own(shop):
    X, y, d = shop
    for mapper in (SelectKBest(k=-1), PCA(99)):
        with pytest.raises(ValueError, match=r"k|n_components"):
            TransferClassifier(mapper=mapper).fit(X, y, sample_domain=d)
