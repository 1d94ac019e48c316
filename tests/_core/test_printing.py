"""What an estimator prints does not grow with what its parameters hold."""

import inspect
import re

import numpy as np
import pytest
from needed import NEEDED
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.crosslingual import (
    AlignedEmbeddings,
    DictionaryTranslation,
    WordSpaceUnion,
)
from sktransfer.utils.discovery import all_estimators

CONTAINERS = r"dict|mapping|list|sequence|array|matrix|vectors|tuple|pairs|set of"


def container_parameters():
    """Parameters that may hold many values, by the types that their docstrings name."""
    for name, cls in all_estimators():
        types = {}
        for line in inspect.getdoc(cls).splitlines():
            names, colon, kinds = line.partition(" : ")
            if colon and re.fullmatch(r"[\w, ]+", names):
                types |= dict.fromkeys(names.split(", "), kinds)
        for parameter in cls._get_param_names():
            if re.search(CONTAINERS, types[parameter], re.I):
                yield pytest.param(cls, parameter, id=f"{name}-{parameter}")


class Counted:
    """Counts how often it is printed."""

    count = 0

    def __repr__(self):
        type(self).count += 1
        return "entry"


@pytest.fixture(autouse=True)
def _reset():
    Counted.count = 0


def containers(n=3000):
    words = [f"w{i}" for i in range(n)]
    entries = [Counted() for _ in words]
    return {
        "dict": dict(zip(words, entries)),
        "list": entries,
        "pairs": list(zip(words, entries)),
        "words and vectors": (words, entries),
        "nested": {"en": {"words": dict(zip(words, entries))}},
        "set": set(entries),
    }


def estimator_with(cls, parameter, value):
    return cls(**{**NEEDED.get(cls.__name__, {}), parameter: value})


@pytest.mark.parametrize(
    "container",
    [
        c if c in ("dict", "pairs") else pytest.param(c, marks=pytest.mark.slow)
        for c in containers(1)
    ],
)
@pytest.mark.parametrize(("cls", "parameter"), container_parameters())
def test_it_is_bounded(cls, parameter, container):
    if parameter in ("views", "word_spaces", "candidates") and cls.__name__ != (
        "AutoTransferRecommender"
    ):
        pytest.skip("its entries are parts with names")
    value = containers()[container]
    model = estimator_with(cls, parameter, value)
    for shown in (model, make_pipeline(model), TransferClassifier(mapper=model)):
        for changed_only in (True, False):
            with config_context(print_changed_only=changed_only):
                text = repr(shown)
                assert f"{parameter}=<{type(value).__name__} of length" in text
                assert len(text) < 2000
                if hasattr(model, "fit"):
                    assert len(shown._repr_html_inner()) < 200_000
    assert Counted.count < 30
    assert model.get_params()[parameter] is value
    assert model.get_params(deep=False)[parameter] is value


def test_small_values_are_printed_as_they_are():
    pairs = [(f"good{i}", f"gut{i}") for i in range(3)]
    assert repr(CrossLingualMapper(pairs)) == (
        "CrossLingualMapper(dictionary=[('good0', 'gut0'), ('good1', 'gut1'),\n"
        "                               ('good2', 'gut2')])"
    )


def test_searches_and_unions_are_bounded():
    vectors = {f"w{i}": np.zeros(2) for i in range(3000)}
    union = WordSpaceUnion(
        [
            ("own", AlignedEmbeddings(source_vectors=vectors, target_vectors=vectors)),
            ("words", DictionaryTranslation()),
        ],
        weights=dict.fromkeys(vectors, 1.0),
    )
    mapper = CrossLingualMapper({"good": "gut"}, word_space=union)
    search = GridSearchCV(TransferClassifier(mapper=mapper), {"target_weight": [1]})
    text = repr(search)
    assert text.count("<dict of length 3000>") == 3
    assert "w0" not in search._repr_html_inner()
    assert clone(union).get_params()["own__source_vectors"].keys() == vectors.keys()
