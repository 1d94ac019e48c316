"""Every pair of options of the transfer estimators works, or is refused by name."""

from itertools import combinations, product

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import StandardScaler

from sktransfer.adaptation import CORAL
from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.transfer import TransferClassifier, TransferRegressor
from sktransfer.transfer.strategies import Boosting, Distillation, FineTuning
from sktransfer.weighting import (
    ClusterInstanceSelector,
    DiscriminatorInstanceWeighter,
    LabelShiftInstanceWeighter,
)

pytestmark = pytest.mark.filterwarnings("ignore")

N = 60  # rows a domain
WORDS = {  # of each class, and others
    "en": {"good": "good great fine", "bad": "bad poor dull", "": "the book song of a"},
    "de": {
        "good": "gut toll fein",
        "bad": "schlecht mies fad",
        "": "das buch lied von",
    },
}
DICTIONARY = [
    pair
    for kind in WORDS["en"]
    for pair in zip(WORDS["en"][kind].split(), WORDS["de"][kind].split())
]
TEXT_MAPPERS = {
    "cross-lingual": CrossLingualMapper(DICTIONARY),
    "tf-idf": TfidfVectorizer(),
}
MAPPERS = {
    None: None,
    "CORAL": CORAL(),
    "scaler": StandardScaler(with_mean=False),
    **TEXT_MAPPERS,
}
WEIGHTERS = {
    None: None,
    "discriminator": DiscriminatorInstanceWeighter(),
    "clusters": ClusterInstanceSelector(random_state=0),
    "label shift": LabelShiftInstanceWeighter(),
}
STRATEGIES = {
    **{name: name for name in ("pool", "augment", "fine_tune", "self_train")},
    "distill": "distill",
    "blend": Distillation(teacher_weight=0.5),
    "two teachers": Distillation(native_teacher=True, refine=1, match_shares=True),
    "strength": FineTuning(1.0),
    "boost": Boosting(3, n_stages=2),
}
TASKS = ("classification", "regression")
OPTIONS = {
    "strategy": list(STRATEGIES),
    "mapper": list(MAPPERS),
    "weighter": list(WEIGHTERS),
    "source_shares": ["equal", "target"],
    "target_labels": ["ignore", "use"],
    "target_weight": [1.0, 5.0],
    "n_sources": [1, 2, 3],
    "n_targets": [1, 2],
    "labels": [
        "all",
        "source",
        "some of the source",
        "not of a source",
        "one class of a source",
        "few of the target",
        "one of the target",
        "target",
    ],
    "rows": ["dense", "float32", "sparse"],
    "sample_weight": [None, "some 0", "random"],
}


NEEDS_LABELS = ("augment", "fine_tune", "strength", "boost")
CLASSES_ONLY = ("self_train", "two teachers")


def refused(options):
    """Whether the options contradict each other; some may be open."""
    labels, strategy = options.get("labels"), options.get("strategy")
    unread = options.get("target_labels") == "ignore"
    unlabelled = labels in ("source", "some of the source", "one class of a source")
    return (
        (options.get("target_labels") == "use" and unlabelled)
        or (labels == "target" and (unread or options.get("weighter") == "label shift"))
        or (strategy in NEEDS_LABELS and (unread or unlabelled))
        or (
            options["task"] == "regression"
            and (strategy in CLASSES_ONLY or options.get("weighter") == "label shift")
        )
    )


def covering_rows(task, strength):
    """Combinations in which every `strength` values of different options meet."""
    names = list(OPTIONS)
    open_ = {
        tuple(zip(chosen, values))
        for chosen in combinations(names, strength)
        for values in product(*(OPTIONS[name] for name in chosen))
    }
    open_ = {group for group in open_ if not refused({"task": task, **dict(group)})}
    while open_:
        row = {"task": task, **dict(min(open_, key=repr))}
        for name in [name for name in names if name not in row]:
            gains = [
                (met(open_, {**row, name: value}, name, strength), -i)
                for i, value in enumerate(OPTIONS[name])
                if not refused({**row, name: value})
            ]
            row[name] = OPTIONS[name][-max(gains)[1]]
        row = {name: row[name] for name in ("task", *names)}
        open_ -= set(combinations(row.items(), strength))
        yield row


def met(open_, row, name, strength):
    """How many open groups a row closes by its value of one option."""
    others = [n for n in OPTIONS if n in row and n != name]
    groups = combinations(others, strength - 1)
    return sum(
        tuple((n, row[n]) for n in OPTIONS if n in (*group, name)) in open_
        for group in groups
    )


def made_rows(options, rng):
    """X, classes, sample_domain and sample_weight of an easy problem."""
    sources = range(1, options["n_sources"] + 1)
    d = np.repeat([*sources, *range(-options["n_targets"], 0)], N)
    target = d < 0
    if options["mapper"] in TEXT_MAPPERS:
        y = rng.permutation(np.resize(["good", "bad"], d.size))
        german = target & (options["mapper"] == "cross-lingual")
        X = np.array(
            [
                " ".join(
                    rng.choice(WORDS[language][kind].split())
                    for kind in (label, label, "", "", rng.choice(["good", "bad"]))
                )
                for label, language in zip(y, np.where(german, "de", "en"))
            ],
            dtype=object,
        )
    else:
        X = rng.normal(size=(d.size, 6)) + 0.5 * target[:, None] * [0, 1, 0, 0, 0, 0]
        y = np.where(X[:, 0] + 0.1 * rng.normal(size=d.size) > 0, "good", "bad")
        X = np.where(np.abs(X) > 0.1, X, 0)
        if options["rows"] == "float32":
            X = X.astype(np.float32)
        elif options["rows"] == "sparse" and options["mapper"] != "CORAL":
            X = sp.csr_array(X)
    w = None
    if options["sample_weight"] == "some 0":
        w = (np.arange(d.size) % 4 > 0).astype(float)
    elif options["sample_weight"] == "random":
        w = rng.uniform(0.5, 2, size=d.size)
    return X, y, d, w


def known_labels(options, y, d):
    """Mask of the rows whose labels are given."""
    known, target = np.ones(d.size, dtype=bool), np.flatnonzero(d < 0)
    labels = options["labels"]
    if "source" in labels and "not" not in labels:
        known[target] = False
    if labels == "some of the source":
        known[d > 0] = np.arange(np.sum(d > 0)) % 3 > 0
    if labels == "not of a source" and options["n_sources"] > 1:
        known[d == options["n_sources"]] = False
    if labels == "one class of a source" and options["n_sources"] > 1:
        known[(d == options["n_sources"]) & (y == y[0])] = False
    if labels in ("few of the target", "one of the target"):
        known[target[12 if labels == "few of the target" else 2 :]] = False
        known[target[0]] = labels == "few of the target"
    if labels == "target":
        known[d > 0] = False
    return known


ROWS = [row for task in TASKS for row in covering_rows(task, 2)]
FIRST = {
    "task": "classification",
    **{name: values[0] for name, values in OPTIONS.items()},
}
ROWS.append(
    FIRST
    | {"mapper": "cross-lingual", "strategy": "distill", "source_shares": "target"}
    | {"n_sources": 3, "labels": "source"}
)


def fitted(options, rng):
    """The fitted estimator, its rows, and the true labels."""
    X, y, d, w = made_rows(options, rng)
    known, cls = known_labels(options, y, d), TransferClassifier
    if options["task"] == "regression":
        cls = TransferRegressor
        y = np.where(y == "good", 1.0, -1.0) + 0.1 * rng.normal(size=d.size)
    model = cls(
        mapper=MAPPERS[options["mapper"]],
        weighter=WEIGHTERS[options["weighter"]],
        strategy=STRATEGIES[options["strategy"]],
        source_shares=options["source_shares"],
        target_labels=options["target_labels"],
        target_weight=options["target_weight"],
    )
    labels = np.where(known, y.astype(object), None)
    return model.fit(X, labels, sample_domain=d, sample_weight=w), X, y, d


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(row, marks=pytest.mark.slow if k % 3 else ())
        for k, row in enumerate(ROWS)
    ],
    ids=range(len(ROWS)),
)
def test_pairs_of_options(options, rng):
    model, X, y, d = fitted(options, rng)
    target = np.flatnonzero(d < 0)
    predicted = model.predict(X[target], sample_domain=d[target])
    assert model.predict(X, sample_domain=d).shape == (d.size,)
    assert model.predict(X[target[:1]]).shape == (1,)
    if options["task"] == "classification":
        assert set(predicted) <= set(model.classes_) == set(y)
        assert np.isfinite(model.predict_proba(X[target])).all()
        assert np.mean(predicted == y[target]) > 0.65
    else:
        assert np.isfinite(predicted).all()
        assert np.corrcoef(predicted, y[target])[0, 1] > 0.3
    assert np.isfinite(model.sample_weight_).all()
    if options["source_shares"] == "target" and options["n_sources"] > 1:
        assert model.source_shares_.shape == (options["n_sources"],)
        assert model.source_shares_.sum() == pytest.approx(1)


CONTRADICTIONS = [
    ({"target_labels": "use", "labels": "source"}, "target_labels='use', but none"),
    *[
        ({"strategy": name, "target_labels": "ignore"}, "Pass target_labels='use'")
        for name in NEEDS_LABELS
    ],
    ({"task": "regression", "strategy": "self_train"}, "Use TransferClassifier"),
    ({"task": "regression", "strategy": "two teachers"}, "native_teacher of Dist"),
    ({"task": "regression", "weighter": "label shift"}, "use another weighter"),
]


@pytest.mark.parametrize(("options", "message"), CONTRADICTIONS)
def test_contradictions_are_refused_by_name(options, message, rng):
    options = FIRST | options
    assert refused(options)
    with pytest.raises(ValueError, match=message):
        fitted(options, rng)
