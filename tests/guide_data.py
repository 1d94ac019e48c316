"""What the pages of the guide take for given: rows, texts, files, and other parties.

``BEFORE[page]`` are functions of the names of a page, by the number of the block that
they come before. They run in an empty folder.
"""

import gzip
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from sktransfer import AutoTransferClassifier
from sktransfer.datasets import make_bilingual_reviews, make_market_interactions

SIDES = {"uk": 1, "es": 1, "de": -1}


def reviews(names):
    """Texts of two languages, their labels and domains, and a dictionary as a file."""
    r = make_bilingual_reviews(150)
    texts = np.array(list(r.data), dtype=object)
    pairs = list(r.dictionary)
    lines = ["source,target", *map(",".join, pairs)]
    Path("en-de.csv").write_text("\n".join(lines), encoding="utf-8")
    target = r.sample_domain < 0
    names |= {
        "texts": texts.tolist(),
        "labels": r.target,
        "y": r.target,
        "d": r.sample_domain,
        "language_and_category": r.domain.tolist(),
        "german_texts": texts[target].tolist(),
        "dictionary": pairs,
        "pairs": pairs,
        "segment": str.split,
        "all_texts": texts.tolist(),
        "labelled_texts": texts[~target].tolist(),
        "new_texts": texts[target].tolist(),
    }


def rows(names, n_features=5):
    """Numbers of two domains with labels, and half of the rows to test."""
    rng = np.random.default_rng(0)
    n = len(names["y"]) if "texts" in names else 200
    X = rng.normal(size=(n, n_features))
    names |= {"X": X, "X_new": X[:5], "X_test": X[n // 2 :]}
    if "texts" not in names:
        y = np.where(X[:, 0] > 0, "good", "bad").astype(object)
        names |= {"y": y, "d": np.repeat([1, -2], n // 2), "stars": 3 + X[:, 1]}
    names["chunks"] = [(X[::2], names["d"][::2]), (X[1::2], names["d"][1::2])]
    names["target_rows_without_label"] = np.flatnonzero(names["d"] < 0)[10:]
    names["y_test"] = names["y"][n // 2 :]


def text_rows(names):
    """Texts, and wide rows of numbers with the same labels."""
    reviews(names)
    rows(names, n_features=120)


def interactions(names):
    """Users of two markets."""
    made = make_market_interactions(n_users=(120, 60), n_items=50, random_state=0)
    names |= {
        "X": sparse.csr_array(made.data),
        "market": made.sample_domain,
        "item_ids": np.arange(40),
    }


def two_spaces(names):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 8))
    words = [str(i) if i % 2 else f"en{i}" for i in range(120)]
    names |= {
        "X": X,
        "Y": X @ np.linalg.qr(rng.normal(size=(8, 8)))[0],
        "pairs": np.column_stack([np.arange(0, 60), np.arange(0, 60)]),
        "words": words,
        "others": [w.replace("en", "de") for w in words],
    }


def vectors(names):
    """Vectors of a few words in files of several kinds."""
    from gensim.models import KeyedVectors

    reviews(names)
    names |= {"words": ["good", "bad"], "array": np.eye(2)}
    names["labels"] = names["y"][names["d"] > 0]
    Path("wiki.en.vec").write_text("2 2\ngood 1 0\nbad 0 1\n")
    Path("wiki.de.vec").write_text("2 2\ngut 1 0\nschlecht 0 1\n")
    with gzip.open("glove.6B.50d.txt.gz", "wt") as file:
        file.write("good 1 0\nbad 0 1\n")
    keyed = KeyedVectors(2)
    keyed.add_vectors(["good", "bad"], np.eye(2, dtype=np.float32))
    keyed.save("mine.kv")


def titles(names):
    names["dictionary"] = [("red", "rot"), ("shoe", "schuh"), ("hat", "hut")]
    names["titles"] = ["red shoe", "red hat", "shoe", "rot schuh", "hut"]
    names["language"] = [1, 1, 1, -1, -1]
    names["X"] = sparse.csr_array(np.eye(5)[[0, 1, 2, 3, 4, 0]] + np.eye(5)[0])


def searched(names):
    names["grid"] = {"target_weight": [1.0, 5.0]}
    rows(names)
    names["X"][names["d"] < 0] += 5  # else there is nothing to compare


def shown(names):
    """A fitted model and its predictions of test rows."""
    pytest.importorskip("matplotlib")
    pd = pytest.importorskip("pandas")
    rows(names)
    names["X"][names["d"] < 0] += 5
    reviews(texts := {})
    names["vectorizer"] = CountVectorizer(min_df=3)
    names["auto"] = AutoTransferClassifier().fit(names["X"], names["y"], names["d"])
    names["a"] = names["b"] = names["auto"].predict(names["X_test"])
    names["frame"] = pd.DataFrame(names["X"], columns=list("abcde"))
    counts = names["vectorizer"].fit_transform(texts["texts"])
    names["counts"] = counts[: len(names["d"])]


def markets(names):
    """Three markets with secrets."""
    from sktransfer.federated import deal_seeds

    rng = np.random.default_rng(0)
    names["rows_of"] = {m: rng.uniform(0, 9, (20, 3)) for m in SIDES}
    names |= {
        "X": names["rows_of"]["uk"],
        "secret": b"uk" * 16,
        "secrets": {m: m.encode() * 16 for m in names["rows_of"]},
        "seeds": deal_seeds(SIDES),
    }


def parties(names):
    from sktransfer.federated import FederatedParty

    for market, side in SIDES.items():
        party = FederatedParty(market, names["rows_of"][market], sample_domain=side)
        states = party.state(names["spec"])
        key = names["secrets"][market]
        names[f"data_{market}"] = {d: s.to_bytes(key=key) for d, s in states.items()}


def masked_parties(names):
    """All parties again, of which two are the source, and what they send."""
    from sktransfer.federated import FederatedParty

    names["party_of"] = {}
    for market, side in SIDES.items():
        rows_of = names["rows_of"][market]
        party = FederatedParty(market, rows_of, sample_domain=side)
        own = {"seeds": names["seeds"][market], "session": "2026-11"}
        sent = party.masked_state(names["spec"], domains=[1, -1], **own)
        names["party_of"][market], names[f"masked_{market}"] = party, sent


def revealed(names):
    for market in ("uk", "de"):
        own = {"seeds": names["seeds"][market], "session": "2026-11"}
        party = names["party_of"][market]
        names[f"revealed_by_{market}"] = party.reveal(dropped=["es"], **own)


def noisy_parties(names):
    from sktransfer.federated import FederatedParty
    from sktransfer.moments import Moments
    from sktransfer.privacy import PrivacyBudget, privatize

    names["budget"] = PrivacyBudget(epsilon=2.0, delta=1e-6)
    spec = Moments.empty(3, arithmetic="exact", row_norm=5.0)
    party = FederatedParty("es", names["rows_of"]["es"], sample_domain=1)
    state = privatize(party.state(spec)[1], PrivacyBudget(epsilon=2.0, delta=1e-6))
    names["data_es"] = state.to_bytes(key=names["secrets"]["es"])


def log_files(names):
    """A log of purchases, and orders of two markets."""
    pytest.importorskip("pyarrow")
    pd = pytest.importorskip("pandas")
    log = pd.DataFrame({"customer": [1, 1, 2, 3], "product": ["a", "b", "a", "c"]})
    log.to_parquet("log.parquet")
    names |= {"products": ["a", "b", "c"], "n_items": 3}
    Path("orders").mkdir()
    rng = np.random.default_rng(0)
    for name in ("orders_1", "orders_-2"):
        table = pd.DataFrame(rng.normal(size=(9, 3)), columns=["price", "rating", "r"])
        table = table.rename(columns={"r": "returns"})
        table.to_parquet(f"orders/{name}.parquet")


def noisy_rows(names):
    rng = np.random.default_rng(0)
    names |= {"classes": np.arange(10), "n_items": 12}
    names["one_hot"] = np.eye(10)[rng.integers(0, 10, 90)]
    names["X"] = rng.normal(size=(90, 64)) / 10
    names["interactions"] = rng.integers(0, 2, (90, 12)).astype(float)


def cedict(names):
    """The pairs of a shop as CC-CEDICT writes them."""
    pairs = names["shop"].dictionary
    lines = [f"{chinese} {chinese} [pin1] /{word}/" for word, chinese in pairs]
    Path("cedict_ts.u8").write_text("\n".join(lines), encoding="utf-8")


def dictionaries(names):
    """A small JMdict, and two files of MUSE."""
    word = "<r_ele><reb>テスト</reb></r_ele><sense><gloss>test</gloss></sense>"
    with gzip.open("JMdict.gz", "wt", encoding="utf-8") as file:
        file.write(f"<JMdict><entry>{word}</entry></JMdict>")
    Path("en-de.txt").write_text("book buch\ndog hund\n", encoding="utf-8")
    Path("en-fr.txt").write_text("book livre\ndog chien\n", encoding="utf-8")


def counts(names):
    text_rows(names)
    made = CountVectorizer(min_df=2).fit_transform(names["texts"])
    names["chunks_of_counts"] = [made[::2], made[1::2]]


BEFORE = {
    "adaptation": {0: text_rows},
    "alignment": {0: two_spaces},
    "chinese": {3: cedict},
    "choosing": {0: searched},
    "cold_start": {0: titles, 1: interactions},
    "collaborative": {0: interactions},
    "crosslingual": {0: reviews, 3: dictionaries},
    "diagnostics": {0: rows},
    "distillation": {0: reviews},
    "domains": {0: reviews},
    "embedding": {0: vectors},
    "federated": {
        0: markets,
        2: parties,
        3: masked_parties,
        4: revealed,
        5: noisy_parties,
    },
    "few_labels": {0: rows},
    "inspection": {0: shown},
    "label_shift": {0: rows},
    "out_of_core": {0: log_files},
    "prediction_sets": {0: rows},
    "privacy": {0: noisy_rows},
    "recommenders": {0: interactions},
    "selection": {0: counts},
    "weighting": {0: partial(rows, n_features=60)},
}
# blocks that need a cluster, a server or a package, and are only compiled
NOT_RUN = {
    "chinese": [] if find_spec("jieba") else [4],
    "federated": [6],
    "out_of_core": [3, 4, 5],
    "progress": [] if find_spec("sklearn.callback") and find_spec("rich") else [0],
}
