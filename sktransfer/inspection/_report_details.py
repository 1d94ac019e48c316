"""Tables of a report: classes, words, texts to look at, and gaps of a dictionary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer._core.inputs import take_rows
from sktransfer._core.labels import label_array, missing_labels
from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.text.checks import is_text

N_WORDS, N_TEXTS, N_GAPS = 8, 10, 30
LONGEST = 160  # characters of a text that are shown
Columns = dict[str, list[Any]]


def report_details(
    estimator: Any,
    X: Any,
    sample_domain: ArrayLike,
    X_test: Any = None,
    y_test: ArrayLike | None = None,
) -> dict[str, Columns]:
    """Tables on what a fitted AutoTransferClassifier took, by heading."""
    model = getattr(estimator, "best_estimator_", None)
    if model is None:
        return {}
    target = np.flatnonzero(np.asarray(sample_domain) < 0)
    rows = take_rows(X, target) if X_test is None else X_test
    found = {
        "Each class": _expected_classes(estimator),
        "Words that speak for a class": _words(model, estimator.classes_),
    }
    if is_text(rows):
        found |= _texts_to_look_at(model, rows, y_test)
    for mapper in _mappers(estimator):
        words = mapper.untranslated_words_[:N_GAPS]
        found["Frequent words without a translation"] = {"word": list(words)}
    return {heading: own for heading, own in found.items() if any(own.values())}


def _expected_classes(estimator: Any) -> Columns:
    """Recall that is expected of each class."""
    expected = estimator.decision_.expected
    if expected is None:
        return {}
    return {
        "class": [str(c) for c in expected.recall],
        "expected recall": [own.value for own in expected.recall.values()],
        "from": [own.low for own in expected.recall.values()],
        "to": [own.high for own in expected.recall.values()],
    }


def _words(model: Any, classes: NDArray[Any]) -> Columns:
    """What speaks most for each class in both domains, where the model is linear."""
    columns: Columns = {"class": [], "target": [], "learned from": [], "source": []}
    for label in classes.tolist():
        try:
            own = model.top_features(label, N_WORDS)
            source = model.top_features(label, N_WORDS, side="source")
        except (AttributeError, TypeError, ValueError):  # not linear, or no names
            return {}
        origin = own.learned_from or [[] for _ in own.features]
        for k in range(max(len(own.features), len(source.features))):
            columns["class"].append(str(label) if k == 0 else "")
            inside = k < len(own.features)
            columns["target"].append(str(own.features[k]) if inside else "")
            columns["learned from"].append(", ".join(origin[k]) if inside else "")
            columns["source"].append(
                str(source.features[k]) if k < len(source.features) else ""
            )
    return columns


def _texts_to_look_at(
    model: Any, texts: Any, truth: ArrayLike | None
) -> dict[str, Columns]:
    """The least certain texts and, where labels are known, the worst errors."""
    if not hasattr(model, "predict_proba"):
        return {}
    probability = np.asarray(model.predict_proba(texts), dtype=float)
    classes = np.asarray(model.classes_)
    said, sure = classes[probability.argmax(axis=1)], probability.max(axis=1)
    order = np.argsort(sure, kind="stable")[:N_TEXTS]
    found = {"Least certain texts": _shown(texts, order, said, sure)}
    if truth is not None:
        labels = np.asarray(label_array(truth), dtype=object)
        known = np.flatnonzero(~missing_labels(labels))
        wrong = known[said[known].astype(str) != labels[known].astype(str)]
        worst = wrong[np.argsort(-sure[wrong], kind="stable")][:N_TEXTS]
        own = _shown(texts, worst, said, sure)
        own["label"] = [str(v) for v in labels[worst]]
        found["Worst errors"] = own
    return found


def _shown(texts: Any, rows: NDArray[np.intp], said: Any, sure: Any) -> Columns:
    cut = [" ".join(str(texts[i]).split()) for i in rows]
    return {
        "text": [t if len(t) <= LONGEST else t[: LONGEST - 1] + "…" for t in cut],
        "predicted": [str(said[i]) for i in rows],
        "probability": [float(sure[i]) for i in rows],
    }


def _mappers(estimator: Any) -> list[CrossLingualMapper]:
    """The cross-lingual mapper of the candidates that are kept, if any."""
    models = [estimator.best_estimator_, *estimator.estimators_.values()]
    mappers = [getattr(model, "mapper_", None) for model in models]
    return [m for m in mappers if isinstance(m, CrossLingualMapper)][:1]
