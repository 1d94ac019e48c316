"""What a student is by default: a linear model on the native features of the target."""

from __future__ import annotations

from typing import Any

from scipy import sparse
from sklearn import config_context
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from sktransfer._core.inputs import csr_of_frame
from sktransfer._core.sparse import is_sparse
from sktransfer.text import LogCountRatioScaler, ScriptNgramCounter
from sktransfer.text.checks import is_text
from sktransfer.text.forms import WORDS_OF_TEXTS
from sktransfer.text.tokenizers import default_tokenizer


def plain_output() -> Any:
    """Context or decorator: arrays between the steps of a student, never frames."""
    return config_context(transform_output="default")


def text_student(tokenizer: Any = None) -> Pipeline:
    """Ridge regression on words, word pairs and character n-grams of texts."""
    words = {**WORDS_OF_TEXTS, **({"tokenizer": tokenizer} if tokenizer else {})}
    native = FeatureUnion(
        [
            (
                "words",
                TfidfVectorizer(
                    ngram_range=(1, 2), sublinear_tf=True, min_df=2, **words
                ),
            ),
            (
                "characters",
                make_pipeline(
                    ScriptNgramCounter(), TfidfTransformer(sublinear_tf=True)
                ),
            ),
        ]
    )
    return Pipeline([("native", native), *_named_linear()])


def target_tokenizer(mapper: Any) -> Any:
    """What splits the texts of the target into words, as a mapper sees them."""
    while isinstance(mapper, Pipeline) and mapper.steps:
        mapper = mapper.steps[0][1]
    for _, view in getattr(mapper, "views_", ()):
        if (found := target_tokenizer(view)) is not None:
            return found
    by_side = getattr(mapper, "tokenizer_", None)
    if isinstance(by_side, dict):
        return by_side.get("target")
    if getattr(mapper, "analyzer", None) != "word":
        return None
    tokenizer = getattr(mapper, "tokenizer", None)
    return tokenizer if callable(tokenizer) else None


def default_student(X: Any, tokenizer: Any = None) -> Pipeline:
    """The student that suits the rows."""
    if is_text(X):
        return text_student(tokenizer or default_tokenizer(X))
    X = csr_of_frame(X)
    if is_sparse(X) and sparse.csr_array(X).data.min(initial=0) >= 0:
        return Pipeline(_named_linear())
    return Pipeline([("ridge", Ridge())])


def _named_linear() -> list[tuple[str, Any]]:
    return [
        ("weights", LogCountRatioScaler()),
        ("ridge", Ridge(alpha=0.5, solver="sparse_cg", tol=1e-5)),
    ]


def linear_student() -> list[Any]:
    """Weights of nonnegative features, and ridge regression."""
    return [step for _, step in _named_linear()]
