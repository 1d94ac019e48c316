"""New items, ranked by content: alone, and together with known items.

A fifth of the items with five users or more is held back whole; the new items alone are
ranked for each user who took one of them (nDCG@10, Recall@20; "of 20" divides by at
most 20). movielens100k: ratings of 4 or more, of these five users an item; genres, sets
of four genres, year (exact, and close to a grid at two widths), title words and
character n-grams. anime: genres, type, title words and character n-grams.
amazon_beauty: idf of attributes. The weights of the groups were chosen on new items
simulated among the training items of the seeds, for all methods alike: as these are
test items of other seeds, no weight is blind to all items. "without three": the Star
Wars films, which share five genres, are not ranked. All else is chosen on a cold split
inside the training items: by ColdStartRecommender itself (its defaults), for the
content kNN by the same split (k 10, 30, 100, all; power 1, 2, 4; with and without the
mean: 24 settings), for MARec (8) and cmfrec (6) likewise.

--together: a fifth of the interactions with known items is held out too, and all items
are ranked; EASE never shows a new item. --crosslingual: content is the text of the
items (titles and names of genres) and the year, vocabularies from the known items
alone; every word of new items that has a translation is replaced by its first one into
German, then translated back word by word (first entry) by none, half (drawn) or all of
the dictionary. "no bridge" has words alone, all others character n-grams as well.

--size 15000: CPU seconds and peak memory of fits on generated shops up to that size.

    SKTRANSFER_DATA=... python benchmarks/bench_cold_start.py
"""

from __future__ import annotations

import argparse
import csv
import gzip
import html
import json
import os
import re
import time
from itertools import combinations
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

import numpy as np
from scipy import sparse
from scipy.linalg import solve
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.preprocessing import normalize
from tables import show

from sktransfer._core.topk import top_k
from sktransfer.datasets import load_movielens100k, load_muse_dictionary
from sktransfer.metrics import ndcg_at_k, recall_at_k
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import ColdStartRecommender, EASERecommender

RESULTS = Path(__file__).parent / "results"
SEEDS = {"movielens100k": 5, "anime": 3, "amazon_beauty": 1}
ONLY = {  # methods that take long on more items
    "cmfrec, cold items": ("movielens100k",),
    "MARec, tuned": ("movielens100k",),
}


def idf(counts):
    """Binary counts weighted by inverse document frequency, rows of length 1."""
    n = counts.shape[0]
    df = np.asarray((counts > 0).sum(axis=0)).ravel()
    weighted = sparse.csr_matrix(counts) @ sparse.diags_array(
        np.log((1 + n) / (1 + df)) + 1
    )
    return normalize(weighted)


def soft_years(year, width, step):
    """Closeness of years to a grid; 0 where the year is not known."""
    grid = np.arange(1920, 2000, step)
    close = np.exp(-(((year[:, None] - grid) / width) ** 2))
    close[year < 1900] = 0
    return sparse.csr_matrix(normalize(close))


def year_features(year):
    """Old films are alike over decades, those of the last years only in their own."""
    exact = sparse.csr_matrix(year[:, None] == np.arange(1920, 2000), dtype=float)
    return [0.5 * soft_years(year, 8, 4), 0.6 * soft_years(year, 16, 8), 0.4 * exact]


def sets_of(genres, size):
    """Sets of so many genres, a column each: a film has all the sets of its genres."""
    sets = CountVectorizer(analyzer=lambda film: combinations(film, size))
    return sets.fit_transform(sparse.lil_array(genres).rows)


def counted(genres):
    """Shares of the genres, and the genres themselves: how many there are tells too."""
    return [0.55 * normalize(genres), 0.3 * genres]


def words(**options):
    return TfidfVectorizer(min_df=2, **options)


def letters(min_df, lengths=(3, 5)):
    return TfidfVectorizer(min_df=min_df, analyzer="char_wb", ngram_range=lengths)


def films():
    """Interactions, titles without the year, years, genres and their names."""
    data = load_movielens100k()
    X = sparse.csr_matrix(data.data >= 4, dtype=np.float32)
    often = np.asarray(X.sum(axis=0)).ravel() >= 5
    year = [int((re.findall(r"\((\d{4})\)", t) or ["0"])[-1]) for t in data.titles]
    titles = [re.sub(r"\(\d{4}\)", "", t) for t in data.titles[often]]
    genres = data.genres[often].astype(float)
    return X[:, often].tocsr(), titles, np.array(year)[often], genres, data.genre_names


def movielens():
    X, titles, year, genres, _ = films()
    parts = [
        *counted(sparse.csr_matrix(genres)),
        0.9 * sets_of(genres, 4),
        *year_features(year),
        0.8 * words(stop_words="english").fit_transform(titles),
        0.3 * letters(2).fit_transform(titles),
    ]
    return X, [sparse.csr_matrix(part) for part in parts]


def star_wars():
    """Three films that share five genres, which hardly any other film does."""
    names = ("Star Wars", "Empire Strikes Back, The", "Return of the Jedi")
    return np.flatnonzero(np.isin([title.strip() for title in films()[1]], names))


def folder():
    return Path(os.environ["SKTRANSFER_DATA"]) / "interactions"


def matrix(user, item):
    data = np.ones(len(user), dtype=np.float32)
    X = sparse.csr_matrix((data, (user, item)))
    X.data[:] = 1
    return X


def anime():
    with gzip.open(folder() / "anime/history.tsv.gz", "rt") as file:
        rows = [line.split("\t")[:2] for line in file.read().splitlines()[1:]]
    pairs = np.array(rows, dtype=np.int64) - 1
    X = matrix(*pairs.T)
    often = np.flatnonzero(np.asarray(X.sum(axis=0)).ravel() >= 5)
    with gzip.open(folder() / "anime/items.tsv.gz", "rt") as file:
        table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        known = {int(row["anime_ids"]) - 1: row for row in table}
    rows = [known[i] for i in often]
    names = [html.unescape(row["name"]) for row in rows]
    genres = CountVectorizer(analyzer=lambda text: text.split(", "), binary=True)
    kinds = CountVectorizer()
    parts = [
        idf(genres.fit_transform([row["genre"] or "none" for row in rows])),
        0.5 * kinds.fit_transform([row["type"] or "none" for row in rows]),
        0.7 * words().fit_transform(names),
        0.7 * letters(3).fit_transform(names),
    ]
    return X[:, often].tocsr(), [sparse.csr_matrix(part) for part in parts]


def amazon_beauty():
    place = folder() / "sequences"
    with gzip.open(place / "amazon_beauty.txt.gz", "rt") as file:
        baskets = [[int(i) - 1 for i in line.split()[1:]] for line in file]
    lengths = [len(b) for b in baskets]
    X = matrix(np.repeat(np.arange(len(baskets)), lengths), np.concatenate(baskets))
    with gzip.open(place / "amazon_beauty_attributes.json.gz", "rt") as file:
        attributes = json.load(file)
    item = np.repeat(
        [int(i) - 1 for i in attributes], [len(a) for a in attributes.values()]
    )
    content = matrix(item, np.concatenate(list(attributes.values())))
    return X, [idf(content)]


LOADERS = {"movielens100k": movielens, "anime": anime, "amazon_beauty": amazon_beauty}


def hold_back(n_items, seed):
    cold = np.zeros(n_items, dtype=bool)
    order = np.random.default_rng(seed).permutation(n_items)
    cold[order[: round(0.2 * n_items)]] = True
    return cold


def without(X, items):
    kept = sparse.csr_matrix(X.multiply(~items[None]), dtype=np.float32)
    kept.eliminate_zeros()
    return kept


def only(X, items):
    return without(X, ~items)


def ndcg_without(items, hidden, spared):
    """nDCG@10 where some items, fewer than ten, are not ranked."""
    hidden = without(hidden, np.isin(np.arange(hidden.shape[1]), spared))
    rows = np.diff(hidden.indptr) > 0
    found = np.isin(items[rows], spared)
    order = np.argsort(found, axis=1, kind="stable")
    items = np.take_along_axis(np.where(found, -1, items[rows]), order, axis=1)
    return ndcg_at_k(hidden[rows], items)


def quality(items, hidden):
    rows = np.diff(hidden.indptr) > 0
    n = np.diff(hidden.indptr)[rows]
    recall = recall_at_k(hidden[rows], items[rows], 20, average=None)
    return [
        ndcg_at_k(hidden[rows], items[rows]),
        recall.mean(),
        (recall * n / np.minimum(n, 20)).mean(),
    ]


def rank_knn(X, content, cold, setting, users):
    """New items by the mean or sum of similarities to the k nearest known items."""
    k, power, mean = setting
    F = normalize(content)
    S = (F[~cold] @ F[cold].T).toarray().astype(np.float32)
    if k < S.shape[0]:
        S[S < np.partition(S, -k, axis=0)[-k]] = 0
    S **= power
    if mean:
        S /= S.sum(axis=0) + 1e-9
    places, _ = top_k(X[users][:, ~cold] @ S, 20)
    return np.append(np.flatnonzero(cold), -1)[places]


def rank_cmfrec(X, content, cold, setting, users):
    """Collective factors: new items get theirs from the content."""
    from cmfrec import CMF_implicit

    k, weight = setting
    F = content.toarray() if content.shape[1] < 400 else None
    if F is None:  # cmfrec wants dense or COO; factors of wide content
        from sklearn.decomposition import TruncatedSVD

        F = TruncatedSVD(200, random_state=0).fit_transform(content)
    model = CMF_implicit(k=k, lambda_=5.0, w_item=weight, nthreads=1, verbose=False)
    model.fit(X=sparse.coo_matrix(X[:, ~cold]), I=F[~cold].astype(np.float64))
    A = model.A_[users]
    B = np.vstack([model.item_factors_cold(I=f) for f in F[cold].astype(np.float64)])
    places, _ = top_k(A[:, -B.shape[1] :] @ B.T, 20)
    return np.append(np.flatnonzero(cold), -1)[places]


def rank_marec(X, groups, cold, setting, users):
    """MARec (Monteil et al., RecSys 2024): EASE with aligned item similarities.

    Similarities are smoothed cosines in each group of features and their squares,
    weighted by least squares of X on what they predict of it. A new item has no
    interactions: its column of ||XB - X~||^2 beta + ||XB||^2 + l2 ||B||^2 is ridge
    regression of its aligned scores X~ on X, in which only l2 / (1 + beta) matters for
    the ranking.
    """
    l2, smoothing = setting
    A = X[:, ~cold]
    similar = []
    for F in groups:
        length = np.sqrt(np.asarray(F.multiply(F).sum(axis=1)).ravel())
        S = (F @ F[~cold].T).toarray()
        S /= np.outer(length, length[~cold]) + smoothing
        similar += [S, S**2]
    gram = (A.T @ A).toarray()
    within = [S[~cold] * ~np.eye(len(gram), dtype=bool) for S in similar]
    products = [gram @ G for G in within]
    left = [[np.vdot(G, product) for product in products] for G in within]
    right = [np.vdot(gram, G) for G in within]
    weights = np.linalg.lstsq(np.array(left, float), np.array(right, float))[0]
    aligned = sum(weight * S[cold].T for weight, S in zip(weights, similar))
    B = solve(gram + l2 * np.eye(len(gram)), gram @ aligned, assume_a="pos")
    places, _ = top_k(np.asarray(A[users] @ B), 20)
    return np.append(np.flatnonzero(cold), -1)[places]


def tuned(rank, settings, X, content, cold, users):
    """Choose on a cold split of the known items, then rank."""
    known = np.flatnonzero(~cold)
    inner = hold_back(known.size, 1000)
    A = X[:, known]
    hidden = only(A, inner)
    rows = users[np.diff(hidden[users].indptr) > 0]
    of_known = (
        [F[known] for F in content] if isinstance(content, list) else content[known]
    )
    value = [
        ndcg_at_k(hidden[rows], rank(A, of_known, inner, s, rows)) for s in settings
    ]
    best = settings[int(np.argmax(value))]
    return rank(X, content, cold, best, users), best


def methods(args):
    def ours(X, content, cold, users):
        train = without(X, cold)
        model = ColdStartRecommender(content).fit(train)
        items, _ = model.recommend(train[users], 20, candidates=np.flatnonzero(cold))
        return items, tuple(model.blend_)[:5]

    def knn(X, content, cold, users):
        ks = (10, 30, 100, 10**9)
        settings = [(k, p, m) for k in ks for p in (1, 2, 4) for m in (True, False)]
        return tuned(rank_knn, settings, X, content, cold, users)

    def cmfrec(X, content, cold, users):
        settings = [(k, w) for k in (20, 50) for w in (0.5, 2.0, 10.0)]
        return tuned(rank_cmfrec, settings, X, content, cold, users)

    def marec(X, content, cold, users):
        settings = [(p, d) for p in (1.0, 10.0, 100.0, 1000.0) for d in (0.1, 1.0)]
        return tuned(rank_marec, settings, X, content, cold, users)

    def random(X, content, cold, users):
        scores = np.random.default_rng(0).random((users.size, cold.sum()))
        return np.flatnonzero(cold)[top_k(scores, 20)[0]], ()

    found = {
        "random": random,
        "content kNN, tuned": knn,
        "MARec, tuned": marec,
        "ColdStartRecommender": ours,
    }
    try:
        import cmfrec as installed  # noqa: F401
    except ImportError as error:
        print(f"cmfrec: not measured ({error})")
    else:
        found["cmfrec, cold items"] = cmfrec
    return found


def compare(args):
    ranked = methods(args)
    for data in args.data:
        X, groups = LOADERS[data]()
        content = sparse.hstack(groups, format="csr")
        found, seconds = {m: [] for m in ranked}, {m: [] for m in ranked}
        chosen = {m: set() for m in ranked}
        spared = star_wars() if data == "movielens100k" else []
        for seed in range(args.seeds or SEEDS[data]):
            cold = hold_back(X.shape[1], seed)
            hidden = only(X, cold)
            users = np.flatnonzero(np.diff(hidden.indptr))
            for name, rank in ranked.items():
                if data not in ONLY.get(name, SEEDS):
                    continue
                start = time.process_time()
                read = groups if name.startswith("MARec") else content
                items, setting = rank(X, read, cold, users)
                seconds[name].append(time.process_time() - start)
                values = quality(items, hidden[users])
                values.append(ndcg_without(items, hidden[users], spared))
                found[name].append(values)
                chosen[name].add(setting)
        base = np.array(found["content kNN, tuned"])[:, 0]
        for name, values in found.items():
            if values:
                yield row(data, name, np.array(values), base, seconds[name], chosen)


def spread(v):
    error = v.std(ddof=1) / v.size**0.5 if v.size > 1 else float("nan")
    return f"{v.mean():.4f} +- {error:.4f}"


def row(data, name, values, base, seconds, chosen):
    return {
        "data": data,
        "seeds": len(values),
        "method": name,
        "ndcg@10": spread(values[:, 0]),
        "recall@20": spread(values[:, 1]),
        "of 20": spread(values[:, 2]),
        "ndcg over kNN": spread(values[:, 0] - base),
        "without three": spread(values[:, 3]),
        "cpu_s": round(float(np.median(seconds)), 1),
        "chosen": "; ".join(sorted(map(str, chosen[name]))),
    }


def generated(n_items, n_content, n_users, seed=0):
    """A shop of 60 topics: words and tastes by topic, and what everybody uses."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(60, size=n_items)

    def drawn(n_rows, n_columns, power, size):
        """Columns for each row, the first ones most often."""
        p = 1 / np.arange(1, n_columns + 1) ** power
        return rng.choice(n_columns, (n_rows, size), p=p / p.sum())

    words_of = rng.permuted(np.tile(np.arange(n_content), (60, 1)), axis=1)
    own = words_of[topic[:, None], drawn(n_items, min(400, n_content), 1.0, 8)]
    words = np.hstack([own, drawn(n_items, n_content, 0.9, 6)])
    content = idf(matrix(np.repeat(np.arange(n_items), 14), words.ravel()))
    content.resize((n_items, n_content))
    by_topic = np.argsort(topic, kind="stable")
    first = np.searchsorted(topic[by_topic], np.arange(60))
    n_of = np.bincount(topic, minlength=60)
    tastes = rng.integers(60, size=(n_users, 3))[:, rng.integers(3, size=25)]
    place = drawn(n_users, n_of.max(), 0.7, 25) % n_of[tastes]
    taken = np.hstack(
        [by_topic[first[tastes] + place], drawn(n_users, n_items, 0.7, 9)]
    )
    user = np.repeat(np.arange(n_users), taken.shape[1])
    every = np.arange(n_items)  # no item is left without a user
    user = np.append(user, rng.integers(n_users, size=n_items))
    return matrix(user, np.append(taken.ravel(), every)), content


def compare_sizes(args):
    for size in ((2210, 3000, 2000), (5000, 4000, 1800), (15000, 12000, 5500)):
        if size[0] > args.size:
            break
        X, content = generated(*size)
        start = time.process_time()
        model = ColdStartRecommender(content).fit(X)
        yield {
            "items, columns, users": str(size),
            "interactions": X.nnz,
            "cpu_s": round(time.process_time() - start, 1),
            "peak_gb": round(getrusage(RUSAGE_SELF).ru_maxrss / 2**20, 2),
            "new": round(model.validation_scores_["new"], 4),
            "chosen": str(tuple(model.blend_)),
        }


def compare_together(args):
    X, groups = movielens()
    content = sparse.hstack(groups, format="csr")
    found = {"EASE, known items only": [], "ColdStartRecommender": []}
    shown = {}
    for seed in range(args.seeds or 5):
        cold = hold_back(X.shape[1], seed)
        given, hidden = split_interactions(
            without(X, cold), test_size=0.2, random_state=seed
        )
        new = only(X, cold)
        both = sparse.csr_matrix(hidden + new)
        both.sort_indices()
        ease = EASERecommender().fit(given)
        ours = ColdStartRecommender(content).fit(given)
        for name, model, allowed in (
            ("EASE, known items only", ease, np.flatnonzero(~cold)),
            ("ColdStartRecommender", ours, None),
        ):
            items, _ = model.recommend(given, 20, candidates=allowed)
            found[name].append([ndcg_at_k(both, items), recall_at_k(new, items, 20)])
        shown[seed] = tuple(ours.blend_)[5:]
    for name, values in found.items():
        values = np.array(values)
        yield {
            "data": "movielens100k, together",
            "seeds": len(values),
            "method": name,
            "ndcg@10": spread(values[:, 0]),
            "new recall@20": spread(values[:, 1]),
            "calibration": str(list(shown.values())) if name[0] == "C" else "",
        }


def translated(text, words):
    """Each word replaced by what a dictionary says; numbers and others stay."""
    return re.sub(r"[^\W\d_]+", lambda m: words.get(m.group(), m.group()), text)


def text_content(titles, genres, year, cold, characters):
    """Content from texts, vocabularies from the known items alone."""
    known = np.flatnonzero(~cold)
    names = CountVectorizer(token_pattern=r"[^\W\d_]{2,}", binary=True)
    vectorizers = [(0.5, words(stop_words="english"), titles)]
    if characters:
        short = letters(2, (1, 4))  # genres have few words: Romanze, romance
        vectorizers += [(0.5, letters(2), titles), (1.0, short, genres)]
    parts = [
        weight * normalize(v.fit(texts[known]).transform(texts))
        for weight, v, texts in vectorizers
    ]
    parts += counted(names.fit(genres[known]).transform(genres))
    return sparse.hstack([*parts, *year_features(year)], format="csr")


def compare_crosslingual(args):
    """Item text alone: titles and genre names, of new items in another language."""
    X, titles, year, genres, names = films()
    titles = np.array([t.lower() for t in titles], dtype=object)
    genres = np.array(
        [" ".join(np.array(names)[g > 0]).lower() for g in genres], dtype=object
    )
    german, english = {}, {}
    for word, translation in load_muse_dictionary("de").dictionary:
        german.setdefault(word, translation)
        english.setdefault(translation, word)
    used = sorted(english)
    cases = {  # share of the dictionary, character n-grams
        "English": (None, True),
        "no bridge": (0.0, False),
        "character n-grams": (0.0, True),
        "half the dictionary": (0.5, True),
        "all of it": (1.0, True),
    }
    found = {name: [] for name in cases}
    for seed in range(args.seeds or 5):
        cold = hold_back(X.shape[1], seed)
        train = without(X, cold)
        hidden = only(X, cold)
        users = np.flatnonzero(np.diff(hidden.indptr))
        order = np.random.default_rng(seed).permutation(len(used))
        for name, (share, characters) in cases.items():
            read = [titles.copy(), genres.copy()]
            if share is not None:
                known = {
                    used[i]: english[used[i]] for i in order[: round(share * len(used))]
                }
                for texts in read:
                    texts[cold] = [
                        translated(translated(t, german), known) for t in texts[cold]
                    ]
            content = text_content(*read, year, cold, characters)
            model = ColdStartRecommender(content).fit(train)
            items, _ = model.recommend(
                train[users], 20, candidates=np.flatnonzero(cold)
            )
            found[name].append(quality(items, hidden[users]))
    low, top = (np.mean(found[c], axis=0)[0] for c in ("no bridge", "English"))
    for name, values in found.items():
        values = np.array(values)
        yield {
            "data": "movielens100k, item text",
            "seeds": len(values),
            "text of new items": name,
            "ndcg@10": spread(values[:, 0]),
            "recall@20": spread(values[:, 1]),
            "of the way": f"{(values[:, 0].mean() - low) / (top - low):.0%}",
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="*", choices=LOADERS, default=list(LOADERS))
    parser.add_argument("--seeds", type=int, help="for all data sets")
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--crosslingual", action="store_true")
    parser.add_argument("--size", type=int, help="fit generated shops up to this size")
    parser.add_argument("--output", type=Path, default=RESULTS / "cold_start.csv")
    args = parser.parse_args()
    if not os.environ.get("SKTRANSFER_DATA"):
        print("nothing measured: SKTRANSFER_DATA is not set")
        return
    if args.data:
        show(compare(args), args.output)
    for wanted, rows in (
        ("together", compare_together),
        ("crosslingual", compare_crosslingual),
        ("size", compare_sizes),
    ):
        if getattr(args, wanted):
            path = args.output.with_stem(f"{args.output.stem}_{wanted}")
            show(rows(args), path)


if __name__ == "__main__":
    main()
