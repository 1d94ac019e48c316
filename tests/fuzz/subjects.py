"""What is tried: public estimators and functions, with small parameters."""

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
import strategies as drawn
from sklearn.decomposition import NMF
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import Ridge

import sktransfer as st
from sktransfer import datasets, metrics, model_selection, moments
from sktransfer.recommend import ItemKNNRecommender
from sktransfer.utils.discovery import all_estimators

WORDS = st.WordVectors(vector_size=4, epochs=1, min_count=1, random_state=0)
DICTIONARY = drawn.REVIEWS.dictionary


def count_letters(texts):
    return np.array([[text.count(c) for c in "aeinorst"] for text in texts])


PARAMETERS = {
    "ALSRecommender": {"n_factors": 2, "max_iter": 2},
    "AutoTransferClassifier": {
        "candidates": [("coral", st.TransferClassifier(mapper=st.CORAL()))]
    },
    "AutoTransferRecommender": {"candidates": [("neighbours", ItemKNNRecommender())]},
    "Boosting": {"n_estimators": 2, "n_stages": 2},
    "ClusterInstanceSelector": {"random_state": 0},
    "CrossLingualMapper": {"dictionary": DICTIONARY, "min_df": 1},
    "DistributionalCorrespondence": {"n_pivots": 5, "n_iter": 2},
    "EmbeddingVectorizer": {"vectors": WORDS},
    "EncoderFeatures": {"encoder": count_letters},
    "GensimLDA": {"n_components": 2, "random_state": 0},
    "GibbsLDA": {"n_components": 2, "n_iter": 5, "random_state": 0},
    "KernelAlignment": {"n_components": 2, "random_state": 0},
    "LocalEASERecommender": {"n_factors": 2},
    "MultiViewMapper": {"views": [("scaled", st.DomainScaler()), ("same", st.CORAL())]},
    "PLSA": {"n_components": 2, "random_state": 0},
    "SelfLearningAlignment": {"max_iter": 5, "random_state": 0},
    "SequenceEncoder": {"vectors": WORDS},
    "SpectralFeatureAlignment": {"n_components": 2},
    "SubspaceAlignment": {"n_components": 1},
    "TopicFeatureSelector": {"topic_model": NMF(2, max_iter=50, random_state=0)},
    "TransferComponentAnalysis": {"n_components": 1},
}
WORD_SPACES = {
    "AlignedEmbeddings": st.AlignedEmbeddings(vectors=WORDS),
    "DictionaryTranslation": st.DictionaryTranslation(),
    "DistributionalCorrespondence": st.DistributionalCorrespondence(5, n_iter=2),
    "WordSpaceUnion": st.WordSpaceUnion([("a", st.DictionaryTranslation())]),
}
KINDS = ("alignment", "recommender", "regressor", "strategy", "word_space")
SEQUENCES = ("SequenceEncoder", "SessionVectorizer")
TEXTS = (
    "CrossLingualMapper",
    "EmbeddingVectorizer",
    "EncoderFeatures",
    "ScriptNgramCounter",
    "WordVectors",
)


class Subject(NamedTuple):
    """Something to try: a function of arguments, and the strategy of each of them."""

    name: str
    run: Callable
    takes: dict


def numbers(found):
    """An answer as an array of numbers or texts."""
    if isinstance(found, tuple | list):
        return np.concatenate([numbers(f).ravel().astype(float) for f in found] or [[]])
    found = found.toarray() if sp.issparse(found) else np.asarray(found)
    if found.dtype.kind == "O":
        text = any(isinstance(v, str) for v in found.flat)
        found = found.astype(str if text else float)
    return found if found.dtype.kind in "US" else found.astype(np.float64)


def answer(model, X, domain):
    """What a fitted model says about the rows that it is fitted to."""
    for name in ("weights_", "vectors_"):
        if not isinstance(getattr(model, name, {}), dict):  # weights of views
            return numbers(getattr(model, name))
    methods = ("predict_proba", "transform", "predict")
    method = next(m for m in methods if hasattr(model, m))
    if "sample_domain" in signature(getattr(model, method)).parameters:
        return numbers(getattr(model, method)(X, sample_domain=domain))
    return numbers(getattr(model, method)(X))


def fitted(make, names):
    """Fit an estimator to arguments and ask it about its rows."""

    def run(**given):
        model = make()
        model.fit(**{name: given[name]() for name in names})
        domain = given["sample_domain"]() if "sample_domain" in given else None
        return answer(model, given["X"](), domain)

    return run


def of_rows(name, make, X="rows", y="classes"):
    """A subject that is fitted to rows, and what else its fit takes."""
    names = [
        n
        for n in ("X", "y", "sample_domain", "sample_weight")
        if n in signature(make().fit).parameters
    ]
    takes = {"X": X, "y": y, "sample_domain": "domains", "sample_weight": "weights"}
    if name == "LogCountRatioScaler":  # y may have several columns
        takes["y"] = "one label"
    if name == "BiasedRidge":
        takes["y"] = "one rating"
    if X in ("interactions", "matrix", "numbered", "sequences"):
        names = [n for n in names if n != "y"]
    return Subject(name, fitted(make, names), {n: takes[n] for n in names})


def alignment(name, make):
    def run(X, y):
        model = make().fit(X(), y())
        return numbers([*model.transform(X(), y())])

    return Subject(name, run, {"X": "dense", "y": "dense"})


def word_vectors(name, make):
    def run(X):
        found = make().fit(X())
        return numbers(getattr(found, "matrix_", getattr(found, "vectors_", 0)))

    return Subject(name, run, {"X": "documents"})


def tokenizer(name, make):
    def run(X):
        tokens = make()
        return numbers([len(tokens(text)) for text in X()])

    return Subject(name, run, {"X": "text list"})


def estimators():
    for name, cls in all_estimators():
        make = partial(cls, **PARAMETERS.get(name, {}))
        kinds = {kind for kind in KINDS if name in dict(all_estimators(kind))}
        if "alignment" in kinds:
            yield alignment(name, make)
        elif "recommender" in kinds:
            times = name == "SequentialRecommender"
            yield of_rows(name, make, "matrix" if times else "interactions")
            if times:
                yield of_rows(f"{name} of sequences", make, "numbered")
        elif "strategy" in kinds:
            yield from strategy(name, make)
        elif "word_space" in kinds:
            space = WORD_SPACES[name]
            yield of_rows(
                name,
                partial(st.CrossLingualMapper, DICTIONARY, min_df=1, word_space=space),
                "texts",
            )
        elif name == "WordVectors":
            yield word_vectors(name, make)
        elif name == "WordTokenizer":
            yield tokenizer(name, make)
        elif name in TEXTS:
            yield of_rows(name, make, "texts")
        elif name in SEQUENCES:
            yield of_rows(name, make, "sequences")
        elif "regressor" in kinds:
            yield of_rows(name, make, y="ratings")
        else:
            yield of_rows(name, make)


def strategy(name, make):
    plain = name in ("Pooling", "Distillation", "SelfTraining")
    options = {"strategy": make(), "target_labels": "ignore" if plain else "use"}
    yield of_rows(f"{name} of classes", partial(st.TransferClassifier, **options))
    if name != "SelfTraining":
        regressor = partial(st.TransferRegressor, Ridge(), **options)
        yield of_rows(f"{name} of ratings", regressor, y="ratings")


def models():
    """Parts together."""
    parts = {
        "SelectKBest, KMM": {
            "mapper": SelectKBest(k=1),
            "weighter": st.KMMInstanceWeighter(),
        },
        "source shares": {"mapper": st.CORAL(), "source_shares": "target"},
    }
    for name, options in parts.items():
        yield of_rows(name, partial(st.TransferClassifier, **options))
    mapper = st.CrossLingualMapper(DICTIONARY, min_df=1)
    for how in ("pool", "distill"):
        model = partial(st.TransferClassifier, mapper=mapper, strategy=how)
        yield of_rows(f"texts, {how}", model, "texts")


def functions():
    for name in ("mmd", "coral_distance", "proxy_a_distance", "feature_shift"):
        function = getattr(metrics, name)
        yield Subject(
            name,
            # shifts of columns that are constant on both sides are infinite
            lambda X, Y, f=function: numbers(np.arctan(f(X(), Y()))),
            {"X": "rows", "Y": "rows"},
        )
    for name in ("Moments", "ColumnMoments", "GramMoments"):

        def state(X, sample_weight, name=name):
            kind = getattr(moments, name)
            width = width_of(X)
            found = kind.empty(int(width)).update(X(), sample_weight=sample_weight())
            return numbers(found.gram() if name == "GramMoments" else found.mean)

        yield Subject(name, state, {"X": "rows", "sample_weight": "weights"})
    yield Subject(
        "csr_chunks",
        # NaN is handed on
        lambda X: np.nan_to_num(
            numbers([c.toarray() for c in moments.csr_chunks(X(), 3)])
        ),
        {"X": "rows"},
    )
    yield Subject(
        "split_interactions",
        lambda X: numbers([*model_selection.split_interactions(X(), random_state=0)]),
        {"X": "interactions"},
    )
    yield Subject(
        "ndcg_at_k",
        # the mean of no rows is NaN
        lambda X: np.nan_to_num(
            metrics.ndcg_at_k(X(), np.zeros((len_of(X), 1), int), 1, zero_division=0.0)
        ),
        {"X": "interactions"},
    )
    yield Subject(
        "TargetKFold",
        lambda y, sample_domain: numbers(
            [
                np.concatenate(fold)
                for fold in model_selection.TargetKFold(2).split(
                    np.zeros(len_of(y)), y(), sample_domain()
                )
            ]
        ),
        {"y": "classes", "sample_domain": "domains"},
    )
    yield Subject(
        "encode_domains",
        lambda y: numbers(st.encode_domains(y(), target=[*first_value(y)])),
        {"y": "classes"},
    )


def table_of_texts(file):
    """Columns of ids as read_table has them."""
    found = file()
    if not isinstance(found, dict):
        path, separator, encoding = found
        found = datasets.read_table(path, delimiter=separator, encoding=encoding)
    # an empty cell of Excel is missing: it cannot be a text of no characters
    texts = [text or "" for text in (*found["user"], *found["item"])]
    return numbers(np.array(texts, dtype=object))


def column_of_numbers(file):
    """A column as read_chunks has it; separator and encoding are found, if possible."""
    found = file()
    if isinstance(found, dict):
        return numbers(np.array(found["value"]))
    path, _, encoding = found
    encoding = encoding if encoding == "cp1252" else None
    chunks = moments.read_chunks(
        path, columns=["value"], chunk_rows=7, encoding=encoding
    )
    return numbers(np.concatenate(list(chunks)))


def matrix_of_a_log(file):
    """Users and items as interaction_chunks has them, summed by hand of plain data."""
    found = file()
    if isinstance(found, dict):
        users, items = sorted(set(found["user"])), sorted(set(found["item"]))
        if "" in items:
            raise ValueError("a line without an item")
        matrix = np.zeros((len(users), len(items)))
        for user, item, value in zip(*found.values()):
            matrix[users.index(user), items.index(item)] += value
        return matrix
    path, separator, encoding = found
    table = datasets.read_table(path, delimiter=separator, encoding=encoding)
    items = sorted({item for item in table["item"] if item})
    chunks = moments.interaction_chunks(
        path,
        user="user",
        item="item",
        value="value",
        items=items,
        chunk_users=3,
        delimiter=separator,
        encoding=encoding,
    )
    return numbers(sp.vstack(list(chunks)))


def readers():
    for read in (table_of_texts, column_of_numbers, matrix_of_a_log):
        yield Subject(read.__name__, read, {"file": "files"})


def width_of(make):
    """Columns of rows in any container: of the first row where they differ."""
    rows = make()
    if hasattr(rows, "__array__"):
        rows = np.asarray(rows)
    if hasattr(rows, "shape"):
        return rows.shape[-1]
    return len(np.atleast_1d(next(iter(rows))))


def len_of(make):
    value = make()
    if value is None:
        return 3
    if hasattr(value, "shape") and value.shape:
        return value.shape[0]
    if hasattr(value, "__array__"):
        return len(np.asarray(value))
    return len(value) if hasattr(value, "__len__") else len(list(value))


def first_value(make):
    value = make()
    column = np.asarray(value if hasattr(value, "__array__") else list(value))
    return column.ravel()[:1].tolist()


SUBJECTS = {s.name: s for s in (*estimators(), *models(), *functions(), *readers())}
