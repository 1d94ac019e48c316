"""Utility of private moments, the gate for noise, and a privacy audit.

- digits: ridge regression on centred one-hot classes from what it reads of private
  PairMoments, rows minus 5 (pixels are 0 to 16) and scaled to length 1, beside
  diffprivlib's logistic and linear models (pure epsilon, public bounds) on the same
  splits.
- coral: 100,000 x 20 rows a domain, accuracy on the target after CORAL from private
  Moments, exact Moments, and without adaptation.
- ease: 100,000 users x 500 generated items, Recall@10 of held-out interactions by EASE
  from private GramMoments, one user hidden, beside exact EASE and popularity.
- gate: domains of other sizes, shifts and epsilons than those that its limits were
  chosen on; accepted cases that end worse than no adaptation by two standard errors.
- mappers: the same of DomainScaler and SubspaceAlignment of all dimensions, counted.
- audit: lower bound of epsilon from releases with the system's generator.

Spread: standard error over splits or seeds. delta is 1e-6 throughout.

    python benchmarks/bench_privacy.py digits coral ease gate mappers audit
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
import types
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

import numpy as np
from tables import show

RESULTS = Path(__file__).parent / "results"
DELTA = 1e-6


def spread(values):
    values = np.asarray(values, dtype=float)
    return f"{values.mean():.3f} ± {values.std(ddof=1) / values.size**0.5:.3f}"


def budget(epsilon):
    from sktransfer.privacy import PrivacyBudget

    return PrivacyBudget(epsilon, DELTA)


def diffprivlib_models():
    """Models of diffprivlib, which has no forest here and no model above 1.7.

    Release 0.6 imports what scikit-learn 1.6 has no more, in its forest alone, and
    passes `multi_class`, which 1.8 has no more: run with 1.6 for the peer.
    """
    import sklearn

    if tuple(map(int, sklearn.__version__.split(".")[:2])) > (1, 7):
        return None
    forest = types.ModuleType("diffprivlib.models.forest")
    forest.RandomForestClassifier = forest.DecisionTreeClassifier = None
    sys.modules.setdefault("diffprivlib.models.forest", forest)
    try:
        from diffprivlib import models
    except ImportError:
        return None
    return models


def digits(args):
    from sklearn.datasets import load_digits
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import StratifiedShuffleSplit

    from sktransfer.moments import PairMoments
    from sktransfer.privacy import privatize
    from sktransfer.transfer import BiasedRidgeClassifier

    X, y = load_digits(return_X_y=True)
    X = X - 5.0  # pixels are from 0 to 16
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    # a tenth less than 0 and 1: the same decision, and .949 long
    Y, classes = np.eye(10)[y] - 0.1, np.arange(10)
    empty = PairMoments.empty(
        (64, 10), arithmetic="exact", bits=16, row_norm=(1.0, 0.949)
    )
    models = diffprivlib_models()
    splitter = StratifiedShuffleSplit(args.repeats, test_size=0.25, random_state=0)
    splits = list(splitter.split(X, y))
    exact = [RidgeClassifier().fit(X[a], y[a]).score(X[b], y[b]) for a, b in splits]
    for epsilon in args.epsilons:
        ours, logistic, linear = [], [], []
        for train, test in splits:
            exact_state = empty.update(X[train], Y[train])
            noisy = privatize(exact_state, budget(epsilon), parts="regression")
            model = BiasedRidgeClassifier(fit_intercept=False, strength=0.0)
            model.fit_from_state(noisy, classes)
            ours.append(model.score(X[test], y[test]))
            if models is not None:
                scores = diffprivlib_scores(models, epsilon, X, y, Y, train, test)
                logistic.append(scores[0])
                linear.append(scores[1])
        yield {
            "data": "digits",
            "epsilon": epsilon,
            "private": spread(ours),
            "exact": spread(exact),
            "without": "0.100",
            "diffprivlib logistic": spread(logistic) if logistic else "-",
            "diffprivlib linear": spread(linear) if linear else "-",
        }


def diffprivlib_scores(models, epsilon, X, y, Y, train, test):
    """Accuracy of its logistic regression, and of its linear one on the classes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = models.LogisticRegression(epsilon=epsilon, data_norm=1.0, max_iter=500)
        peer.fit(X[train], y[train])
        bounds = {"bounds_X": (-1.0, 1.0), "bounds_y": (-0.1, 0.9)}
        other = models.LinearRegression(epsilon=epsilon, fit_intercept=False, **bounds)
        other.fit(X[train], Y[train])
    guessed = other.predict(X[test]).argmax(axis=1)
    return peer.score(X[test], y[test]), float(np.mean(guessed == y[test]))


def two_markets(n, d, shift, seed):
    """Rows of two markets that measure the same through other gains and offsets."""
    rng = np.random.default_rng(seed)
    w = rng.normal(size=d)
    Z = rng.normal(size=(2 * n + 2000, d)) * np.exp(-np.arange(d) / d)
    score = Z @ w
    y = score + 0.2 * score.std() * rng.normal(size=len(Z)) > 0
    target = Z[n:] @ (np.eye(d) + shift * rng.normal(size=(d, d)) / d**0.5)
    target += 0.5 * shift * rng.normal(size=d)
    return Z[:n], y[:n], target[:n], target[n:], y[2 * n :]


def adapted(n, d, epsilon, shift, seed, name="CORAL"):
    """Verdict, and accuracy without adaptation, with private and exact moments."""
    from sklearn.base import clone
    from sklearn.linear_model import RidgeClassifier

    from sktransfer.adaptation import CORAL, DomainScaler, SubspaceAlignment
    from sktransfer.moments import ColumnMoments, Moments
    from sktransfer.privacy import noise_gate, privatize

    mappers = {
        "CORAL": CORAL(reg=0.0),
        "SubspaceAlignment": SubspaceAlignment(d),
        "DomainScaler": DomainScaler(),
    }
    kind = ColumnMoments if name == "DomainScaler" else Moments

    S, y, T, X_test, y_test = two_markets(n, d, shift, seed)
    options = {"arithmetic": "exact", "bits": 16, "row_norm": 1.5 * d**0.5}
    states = {}
    for domain, X in ((1, S), (-1, T)):
        state = kind.empty(d, **options).update(X)
        states[domain] = privatize(state, budget(epsilon))  # no row is in both
    exact = clone(mappers[name])
    exact.fit(np.vstack([S, T]), sample_domain=np.repeat([1, -1], n))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the gate says is counted below
        private = clone(mappers[name]).fit_from_state(states)
    scores = [RidgeClassifier().fit(S, y).score(X_test, y_test)]
    for mapper in (private, exact):
        mapped = mapper.transform(S, np.ones(n, dtype=int))
        rows = mapper.transform(X_test)
        scores.append(RidgeClassifier().fit(mapped, y).score(rows, y_test))
    return noise_gate(states, on_refusal="ignore").accepted, *scores


def coral(args):
    for epsilon in args.epsilons:
        found = [adapted(100_000, 20, epsilon, 0.7, seed) for seed in range(5)]
        _, without, private, exact = np.transpose(found)
        yield {
            "data": "CORAL 100k x 20",
            "epsilon": epsilon,
            "private": spread(private),
            "exact": spread(exact),
            "without": spread(without),
            "private - exact": spread(private - exact),
        }


def ease(args):
    from bench_ease import generate

    from sktransfer import EASERecommender
    from sktransfer.metrics import recall_at_k
    from sktransfer.model_selection import split_interactions
    from sktransfer.moments import GramMoments
    from sktransfer.privacy import privatize

    X = generate(100_000, 500, 20, seed=0).astype(np.float64)
    X_in, X_out = split_interactions(X, test_size=0.2, random_state=0)
    users = np.random.default_rng(0).choice(X.shape[0], 10_000, replace=False)

    def recall(model):
        items, _ = model.recommend(X_in[users], 10)
        return recall_at_k(X_out[users], items, k=10)

    best = recall(EASERecommender(l2=300.0).fit(X_in))
    popularity = np.broadcast_to(X_in.sum(axis=0), (users.size, X.shape[1])).copy()
    popularity[X_in[users].toarray() > 0] = -1
    popular = np.argsort(-popularity, axis=1)[:, :10]
    without = recall_at_k(X_out[users], popular, k=10)
    for epsilon in args.epsilons:
        for most in (5, 10, 20):
            start = time.process_time()
            empty = GramMoments.empty(
                X.shape[1],
                arithmetic="exact",
                bits=12,
                bound=1.0,
                row_norm=most**0.5,
            )
            noisy = privatize(empty.update(X_in), budget(epsilon))
            # the noise is the regularisation
            model = EASERecommender(l2=1e-6).fit_from_state(noisy)
            seconds = time.process_time() - start
            found = recall(model)
            yield {
                "data": "EASE 100k x 500",
                "epsilon": epsilon,
                "items a user": most,
                "private": f"{found:.3f}",
                "exact": f"{best:.3f}",
                "without": f"{without:.3f}",
                "loss": f"{1 - found / best:.1%}",
                "CPU s": f"{seconds:.1f}",
            }


def gate(args):
    for n in (500, 2000, 6000):
        for d in (8, 30, 45):
            for epsilon in (0.7, 2, 5):
                for shift in (0.0, 0.15, 0.5, 0.8):
                    seeds = range(100, 100 + args.seeds)
                    found = [adapted(n, d, epsilon, shift, seed) for seed in seeds]
                    accepted, without, private, exact = np.transpose(found)
                    gain = private - without
                    error = gain.std(ddof=1) / gain.size**0.5
                    yield {
                        "rows": n,
                        "columns": d,
                        "epsilon": epsilon,
                        "shift": shift,
                        "accepted": f"{accepted.mean():.1f}",
                        "private - without": spread(gain),
                        "exact - without": spread(exact - without),
                        "worse": bool(accepted.mean() >= 0.5)
                        and bool(gain.mean() < -2 * error),
                    }


def mappers(args):
    grid = list(
        itertools.product((500, 2000), (8, 30), (0.7, 2, 5), (0, 0.15, 0.5, 0.8))
    )
    for name in ("DomainScaler", "SubspaceAlignment"):
        n_accepted = n_worse = n_refused_worse = 0
        for case in grid:
            found = [adapted(*case, 200 + seed, name) for seed in range(args.seeds)]
            accepted, without, private, _ = np.transpose(found)
            gain = private - without
            worse = gain.mean() < -2 * gain.std(ddof=1) / gain.size**0.5
            n_accepted += accepted.mean() >= 0.5
            n_worse += worse and accepted.mean() >= 0.5
            n_refused_worse += worse and accepted.mean() < 0.5
        yield {
            "mapper": name,
            "cases": len(grid),
            "accepted": n_accepted,
            "accepted and worse": n_worse,
            "refused and worse": n_refused_worse,
        }


def audit(args):
    from scipy import stats

    from sktransfer.moments import Moments
    from sktransfer.privacy import _privatize, gdp_epsilon

    empty = Moments.empty(1, arithmetic="exact", bits=12, row_norm=1.0)
    other = empty.update(np.array([[5.0]]))
    for epsilon in (1.0, 3.0, 8.0):
        scales = _privatize.release_scales(empty, budget(epsilon).charge())
        moved = np.array([1, other.sums.sums[0], other.sums.products[0, 0]], float)
        variances = [scales.weight**2, scales.sums[0] ** 2, scales.squares[0] ** 2]
        direction = moved / np.array(variances, float)
        counts = []
        for state in (empty, other):
            parts = _privatize.draw_releases(state.sums, scales, args.draws)
            drawn = np.stack([p.reshape(args.draws) for p in parts], axis=1)
            counts.append(np.sum(drawn @ direction > direction @ moved / 2))
        most_false = stats.beta.ppf(1 - 5e-5, counts[0] + 1, args.draws - counts[0])
        least_true = stats.beta.ppf(5e-5, counts[1], args.draws - counts[1] + 1)
        mu = stats.norm.ppf(least_true) - stats.norm.ppf(most_false)
        yield {
            "claimed epsilon": epsilon,
            "lower bound at error 1e-4": f"{gdp_epsilon(max(mu, 0.0), DELTA):.3f}",
            "releases": 2 * args.draws,
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parts = {f.__name__: f for f in (digits, coral, ease, gate, mappers, audit)}
    parser.add_argument("parts", nargs="*", default=list(parts))
    parser.add_argument("--epsilons", nargs="+", type=float, default=[0.5, 1, 3, 8])
    parser.add_argument("--repeats", type=int, default=60, help="splits of digits")
    parser.add_argument("--seeds", type=int, default=6, help="seeds of a gate case")
    parser.add_argument("--draws", type=int, default=1_000_000)
    args = parser.parse_args()
    for name in args.parts:
        print(f"\n{name}")
        show(parts[name](args), RESULTS / f"privacy_{name}.csv")
