"""What AutoTransferClassifier tries where it is given no candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, Normalizer, StandardScaler
from sklearn.utils.validation import _num_samples

from sktransfer._core.inputs import csr_of_frame
from sktransfer._core.sparse import is_sparse
from sktransfer.adaptation import (
    CorrespondenceFeatures,
    DomainScaler,
    SpectralFeatureAlignment,
)
from sktransfer.crosslingual import (
    CrossLingualMapper,
    DictionaryTranslation,
    DistributionalCorrespondence,
)
from sktransfer.embedding import TableVectorizer
from sktransfer.embedding.table_columns import holds_texts, needs_encoding
from sktransfer.text.checks import is_text
from sktransfer.text.forms import WORDS_OF_TEXTS
from sktransfer.text.tokenizers import default_tokenizer, find_tokenizer
from sktransfer.transfer._classifier import TransferClassifier
from sktransfer.transfer._regressor import TransferRegressor
from sktransfer.transfer.strategies import Distillation
from sktransfer.transfer.strategies._default_student import (
    linear_student,
    text_student,
)
from sktransfer.weighting import KMMInstanceWeighter

SOURCE_ONLY = "source only"
_N_LATENT = 100
_MANY = 300  # texts of which rare words are left out
_ALL_ROWS = 2000  # most rows that are matched without landmarks
_LANDMARKS = 256
# fewer columns have units of their own, and the length of a row means nothing
_MANY_FEATURES = 50

CandidateList = list[tuple[str, TransferClassifier]]


def _base(estimator: Any, C: float = 1.0) -> Any:
    if estimator is None:
        return LogisticRegression(C=C, max_iter=1000)
    return clone(estimator)


def _tfidf(n_rows: int) -> TfidfVectorizer:
    return TfidfVectorizer(
        **WORDS_OF_TEXTS,
        ngram_range=(1, 2),
        sublinear_tf=True,
        min_df=3 if n_rows >= _MANY else 1,
        max_features=50_000,
    )


def _is_counts(X: Any) -> bool:
    return is_sparse(X) and (X.nnz == 0 or X.tocsr().data.min() >= 0)


def _encoder(X: Any) -> TableVectorizer:
    """First step of all candidates for a table."""
    # candidates for counts take no negative numbers
    return TableVectorizer(scale="rank" if holds_texts(X) else "standard")


def source_only_classifier(X: Any, *, estimator: Any = None) -> TransferClassifier:
    """The source alone, with the features that suit the rows."""
    X, base = csr_of_frame(X), _base(estimator)
    if is_text(X):
        return TransferClassifier(base, mapper=make_pipeline(_tfidf(len(X))))
    if needs_encoding(X):
        return TransferClassifier(base, mapper=make_pipeline(_encoder(X)))
    if _is_counts(X):
        return TransferClassifier(base)
    scaler = MaxAbsScaler() if is_sparse(X) else StandardScaler()
    return TransferClassifier(make_pipeline(scaler, base))


def default_candidates(
    X: Any, *, estimator: Any = None, tokenizer: Any = None
) -> CandidateList:
    """Make the candidates of AutoTransferClassifier for rows of one kind.

    Parameters
    ----------
    X : array-like, sparse matrix, frame or sequence of texts
        Rows; only their kind matters: texts of one language, sparse counts or tf-idf,
        other numbers, or a table with columns of several kinds, or with missing values,
        which :class:`~sktransfer.embedding.TableVectorizer` encodes.
    estimator : classifier, default=None
        Base estimator. None: logistic regression.
    tokenizer : callable or str, default=None
        From a text to its words, for features of words, or its name "module:function"
        such as "jieba:lcut". None: words of two or more letters or digits, or what
        :class:`~sktransfer.text.WordSegmenter` learns from the texts if they have words
        of Chinese, Japanese, Thai, Lao, Khmer or Burmese.

    Returns
    -------
    candidates : list of (str, TransferClassifier)
        The source alone first, then by cost, the cheapest first. They differ in the
        features, the weights or the strategy; those that cost time and did not add to
        what is gained on pairs of real domains, such as
        :class:`~sktransfer.adaptation.CORAL` and most weighters, are not among them,
        nor are near copies of one method, which would vote together. Dense rows of 50
        features and more are tried at unit length, too.

    See Also
    --------
    crosslingual_candidates : For texts of two languages.

    Examples
    --------
    >>> from sktransfer.transfer import default_candidates
    >>> [name for name, _ in default_candidates(["good book", "bad pan"])]
    ['source only', 'spectral', 'native', 'profiles', 'distilled']
    """
    X = csr_of_frame(X)
    if is_text(X):
        found = _text_candidates(X, estimator)
        tokenizer = find_tokenizer(tokenizer) or default_tokenizer(X)
        for _, candidate in found:
            _use_tokenizer(candidate, tokenizer)
        return found
    if needs_encoding(X):
        return _table_candidates(X, estimator)
    if _is_counts(X):
        return _count_candidates(X, estimator)
    if is_sparse(X):
        return _sparse_candidates(X, estimator)
    return _number_candidates(X, estimator)


def _table_candidates(X: Any, estimator: Any) -> CandidateList:
    """Those for counts if there are texts, else for numbers, after an encoder."""
    encoder = _encoder(X)
    if encoder.scale == "rank":
        return _count_candidates(X, estimator, encoder)
    return _number_candidates(X, estimator, encoder)


def _use_tokenizer(model: Any, tokenizer: Any) -> None:
    """Let every vectorizer of words in a model use a tokenizer, in place."""
    for part in model.get_params().values():
        if isinstance(part, TfidfVectorizer) and part.analyzer == "word":
            part.set_params(tokenizer=tokenizer, token_pattern=None)


def _text_candidates(X: Any, estimator: Any) -> CandidateList:
    base = _base(estimator)
    steps = text_student().steps[:-1]
    n = len(X)
    profiles = make_pipeline(_tfidf(n), CorrespondenceFeatures())
    spectral = make_pipeline(_tfidf(n), SpectralFeatureAlignment())
    return [
        (SOURCE_ONLY, source_only_classifier(X, estimator=estimator)),
        ("spectral", TransferClassifier(base, mapper=spectral)),
        (
            "native",
            TransferClassifier(Pipeline([*steps, ("base", _base(estimator, 10.0))])),
        ),
        ("profiles", TransferClassifier(base, mapper=profiles)),
        (
            "distilled",
            TransferClassifier(
                base,
                mapper=profiles,
                strategy=Distillation(
                    text_student(), native_teacher=True, teacher_weight=0.5
                ),
            ),
        ),
    ]


def _count_candidates(X: Any, estimator: Any, *encoder: Any) -> CandidateList:
    base, n = _base(estimator), _num_samples(X)
    profiles = make_pipeline(*encoder, CorrespondenceFeatures())
    spectral = make_pipeline(*encoder, SpectralFeatureAlignment())
    most = n - 1 if encoder else min(n, X.shape[1]) - 1
    svd = TruncatedSVD(max(1, min(_N_LATENT, most)), random_state=0)
    student = make_pipeline(*encoder, *linear_student()) if encoder else None
    return [
        (SOURCE_ONLY, source_only_classifier(X, estimator=estimator)),
        ("spectral", TransferClassifier(base, mapper=spectral)),
        (
            "latent, weighted",
            TransferClassifier(
                _base(estimator, 10.0),
                mapper=make_pipeline(*encoder, svd),
                weighter=_matching(n),
            ),
        ),
        ("profiles", TransferClassifier(base, mapper=profiles)),
        (
            "distilled",
            TransferClassifier(
                base,
                mapper=profiles,
                strategy=Distillation(student, native_teacher=True, teacher_weight=0.5),
            ),
        ),
    ]


def _matching(n_rows: int) -> KMMInstanceWeighter:
    """Kernel mean matching, linear in the rows where there are many."""
    return KMMInstanceWeighter(n_components=None if n_rows <= _ALL_ROWS else _LANDMARKS)


def _sparse_candidates(X: Any, estimator: Any) -> CandidateList:
    base, scaled = _base(estimator), make_pipeline(DomainScaler(with_mean=False))
    return [
        (SOURCE_ONLY, source_only_classifier(X, estimator=estimator)),
        ("scaled", TransferClassifier(base, mapper=scaled)),
        ("distilled", TransferClassifier(base, mapper=scaled, strategy="distill")),
    ]


def _table_shape(X: Any) -> tuple[int, int]:
    """Shape of a dense table; an error for what is none."""
    shape = X.shape if hasattr(X, "iloc") else np.asarray(X).shape
    if len(shape) != 2:
        error = TypeError if np.asarray(X).dtype.kind in "OSU" else ValueError
        raise error(
            "X must be texts of type str or rows of numbers, all of one length; got "
            f"{type(X[0]).__name__} ({X[0]!r:.60}) as a row. Decode bytes, or pass "
            "numbers as a table."
        )
    return shape


def _number_candidates(X: Any, estimator: Any, *encoder: Any) -> CandidateList:
    base = _base(estimator)
    # encoded columns have units of their own, however many they are
    n, n_features = (_num_samples(X), 0) if encoder else _table_shape(X)

    def student(*first: Any) -> Pipeline:
        kernel = Nystroem(n_components=min(300, max(1, n // 2)), random_state=0)
        return make_pipeline(*encoder, *first, StandardScaler(), kernel, Ridge())

    def mapped(*steps: Any, **options: Any) -> TransferClassifier:
        mapper = make_pipeline(*encoder, *steps)
        return TransferClassifier(base, mapper=mapper, **options)

    forest = RandomForestClassifier(50, random_state=0)
    unit = Normalizer()
    alone = (SOURCE_ONLY, source_only_classifier(X, estimator=estimator))
    scaled = ("scaled", mapped(DomainScaler()))
    weighted = ("weighted", mapped(StandardScaler(), weighter=_matching(n)))
    encoded = make_pipeline(*encoder) if encoder else None
    trees = ("forest", TransferClassifier(forest, mapper=encoded))
    distilled = (
        "scaled, distilled",
        mapped(DomainScaler(), strategy=Distillation(student())),
    )
    trained = ("scaled, self-trained", mapped(DomainScaler(), strategy="self_train"))
    if n_features < _MANY_FEATURES:
        return [alone, scaled, weighted, trees, distilled, trained]
    return [
        alone,
        scaled,
        ("unit rows, scaled", mapped(unit, DomainScaler())),
        weighted,
        (
            "unit rows",
            TransferClassifier(make_pipeline(unit, StandardScaler(), base)),
        ),
        (
            "unit rows, weighted",
            mapped(unit, StandardScaler(), weighter=_matching(n)),
        ),
        distilled,
        trees,
        trained,
        (
            "unit rows, distilled",
            mapped(unit, DomainScaler(), strategy=Distillation(student(unit))),
        ),
    ]


def _as_regressor(model: TransferClassifier) -> TransferRegressor:
    """The same parts for numbers."""
    parts = model.get_params(deep=False)
    own = parts.pop("estimator")
    if isinstance(own, RandomForestClassifier):
        own = RandomForestRegressor(50, random_state=0)
    if getattr(parts["strategy"], "native_teacher", False):
        parts["strategy"] = clone(parts["strategy"]).set_params(native_teacher=False)
    return TransferRegressor(own, **parts)


def source_only_regressor(X: Any, *, estimator: Any = None) -> TransferRegressor:
    """The source alone, with the features that suit the rows."""
    base = _base_regressor(estimator)
    return _as_regressor(source_only_classifier(X, estimator=base))


def _base_regressor(estimator: Any) -> Any:
    return Ridge() if estimator is None else clone(estimator)


def default_regressors(X: Any, *, estimator: Any = None) -> list[tuple[str, Any]]:
    """Candidates of AutoTransferRegressor: those for classes that need no classes."""
    base = _base_regressor(estimator)
    return [
        (name, _as_regressor(model))
        for name, model in default_candidates(X, estimator=base)
        if model.strategy != "self_train"
    ]


def named_candidates(
    found: Any, alone: Any, kind: str = "classifier"
) -> tuple[list[str], list[Any]]:
    """Names and estimators, the source alone first."""
    try:
        pairs = [(str(name), model) for name, model in found]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"candidates must be a list of (name, {kind}) pairs; got {found!r}."
        ) from error
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"candidates must have different names; got {names}.")
    for name, model in pairs:
        if not (hasattr(model, "fit") and hasattr(model, "predict")):
            raise TypeError(
                f"candidate {name!r} must be a {kind} (fit and predict); got "
                f"{type(model).__name__}."
            )
    if SOURCE_ONLY not in names:
        pairs.insert(0, (SOURCE_ONLY, alone))
    pairs.sort(key=lambda pair: pair[0] != SOURCE_ONLY)
    return [name for name, _ in pairs], [model for _, model in pairs]


def crosslingual_candidates(
    dictionary: Any, *, estimator: Any = None, tokenizer: Any = None
) -> CandidateList:
    """Make candidates for texts of two languages.

    Parameters
    ----------
    dictionary : sequence of (str, str), mapping or path
        As in :class:`~sktransfer.crosslingual.CrossLingualMapper`.
    estimator : classifier, default=None
        Base estimator. None: logistic regression.
    tokenizer : callable, str or dict, default=None
        As in :class:`~sktransfer.crosslingual.CrossLingualMapper`.

    Returns
    -------
    candidates : list of (str, TransferClassifier)
        "source only" on the texts as they are, which helps where the languages share
        names and numbers; the dictionary; distributional correspondence; and its
        distilled form.

    Examples
    --------
    >>> from sktransfer.transfer import crosslingual_candidates
    >>> [name for name, _ in crosslingual_candidates([("good", "gut")])]
    ['source only', 'dictionary', 'correspondence', 'distilled']
    """
    base = _base(estimator)

    def mapper(space: Any) -> CrossLingualMapper:
        return CrossLingualMapper(dictionary, word_space=space, tokenizer=tokenizer)

    translated = mapper(DictionaryTranslation())
    profiles = mapper(DistributionalCorrespondence())
    return [
        (SOURCE_ONLY, source_only_classifier(["text"], estimator=estimator)),
        ("dictionary", TransferClassifier(base, mapper=translated)),
        ("correspondence", TransferClassifier(base, mapper=profiles)),
        ("distilled", TransferClassifier(base, mapper=profiles, strategy="distill")),
    ]
