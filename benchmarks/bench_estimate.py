"""How good a classifier will be on another domain, without labels of the target.

For each pair of ``domain_pairs``, each default candidate is fitted to all source labels
and to each half of them; predictions are kept under results/estimate/ and a second call
only reports. What ``estimate_target_score`` expects of the source alone, and what
``AutoTransferClassifier`` expects of what it takes, is compared with the accuracy on
all target rows, beside average thresholded confidence (ATC, Garg et al. 2022),
difference of confidences (DoC, Guillory et al. 2021), agreement of the two halves of a
method (GDE, Jiang et al. 2022), agreement on the line (ALine-D, Baek et al. 2022) and
the accuracy on source rows weighted by a domain classifier (``--weights`` collects
these). DoC reads held-out source rows as ATC does. Numbers are in accuracy, 0 to 1.
"""

from __future__ import annotations

import argparse
import gc
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
from domain_pairs import (
    KINDS,
    candidates_of,
    is_development,
    tested_on_given,
    texts,
    training,
    visit,
)
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from tables import show

from sktransfer.transfer import crosslingual_candidates, default_candidates
from sktransfer.transfer.auto._auto import LEAST_GAIN
from sktransfer.transfer.auto._candidate_runs import CandidateRuns
from sktransfer.transfer.auto._decision import Doubts, decide, one_sided_moves
from sktransfer.transfer.auto._domain_distance import (
    _comparable_features,
    domain_distance,
)
from sktransfer.transfer.auto._elimination import (
    FIRST_LOOK,
    learns_from_target,
    needless_candidates,
)
from sktransfer.transfer.auto._evidence import HalfPredictions, weigh_evidence
from sktransfer.transfer.auto._expected_scores import expected_scores
from sktransfer.transfer.auto._step_cache import StepCache, use_step_cache

ALONE = "source only"
RESULTS = Path(__file__).parent / "results"
# the pairs of the bars: what bench_auto was made on, two languages, other shares
BARS = (
    "wine digits shoppers googlenet surf pricerunner mwpd amazon newsgroups "
    "crossde crossjp tilted"
).split()
LEAST_ROWS = 20  # of a class whose recall is compared
WAYS = ("expected", "ATC", "DoC", "GDE", "ALine-D", "weighted")
ALL_CANDIDATES = [
    default_candidates(texts(["good", "bad"])),
    default_candidates(np.zeros((4, 2))),
    default_candidates(np.zeros((4, 100))),
    default_candidates(sp.random(4, 100, random_state=0).tocsr()),
    crosslingual_candidates([("good", "gut")]),
]


def stored(tag, pair, cache):
    return cache / f"{tag}_{pair['kind']}_{pair['name'].replace('->', '_')}.npz"


class KeptRuns(CandidateRuns):
    """Runs of candidates that keep the probabilities."""

    def keep(self, pair):
        """Note the rows to predict."""
        self.pair, self.kept = pair, {}

    def probabilities(self, model, X):
        """Of all classes, in their order."""
        found = np.zeros((X.shape[0], len(self.classes)), np.float32)
        own = np.searchsorted(self.classes, model.classes_)
        found[:, own] = model.predict_proba(X)
        return found

    def _learn_and_say(self, j, model, half):
        said, name = super()._learn_and_say(j, model, half), self.names[j]
        fitted, other = self.half_models[j], self.halves[1 - half]
        self.kept[f"h{half}u|{name}"] = self.probabilities(fitted, self.pair["Xu"])
        out = np.zeros((np.count_nonzero(self.source), len(self.classes)), np.float32)
        out = self.kept.setdefault(f"oof|{name}", out)
        out[other] = self.probabilities(fitted, self.pair["Xs"][other])
        return said


def collect(tag, pair, cache):
    """Fit all candidates to all labels and to halves, if there is no file yet."""
    path = stored(tag, pair, cache)
    if path.exists():
        return
    X, y, d = training(pair)
    classes, codes = np.unique(pair["ys"], return_inverse=True)
    names, models = zip(*candidates_of(pair, X))
    runs = KeptRuns(X, y, d, d > 0, classes, list(names))
    runs.keep(pair)
    runs.choose_rows(np.arange(0), check_random_state(0))
    kept = {"classes": classes, "codes": codes}
    kept.update({key: pair[key] for key in ("ys", "yu", "ye")})
    kept["same_rows"] = np.array(tested_on_given(pair))
    for j, (name, model) in enumerate(zip(names, models)):
        runs.fit(j, model)
        runs.fit_halves(j, model)
        for key, rows in (("pu", pair["Xu"]), ("pe", pair["Xe"])):
            kept[f"{key}|{name}"] = runs.probabilities(runs.models[j], rows)
    np.savez(path, **kept, **runs.kept)
    gc.collect()  # fitted candidates hold each other's results in cycles


def collect_weights(tag, pair, cache):
    """What a domain classifier says: weights of source rows and the distance."""
    path = stored(tag, pair, cache / "domains")
    if path.exists():
        return
    X, y, d = training(pair)
    model = candidates_of(pair, X)[0][1]
    fitted = use_step_cache(model, StepCache()).fit(X, y, sample_domain=d)
    features = _comparable_features(fitted, X)
    if not sp.issparse(features):
        features = StandardScaler().fit_transform(features)
    target = cross_val_predict(
        LogisticRegression(class_weight="balanced", max_iter=300),
        features,
        d < 0,
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
        method="predict_proba",
    )[d > 0, 1]
    weights = target / np.maximum(1 - target, 1e-6)
    path.parent.mkdir(exist_ok=True)
    np.savez(path, weights=weights, distance=np.array(domain_distance(fitted, X, d)))


class Case(NamedTuple):
    """A pair, what each candidate predicts and what follows from it."""

    tag: str
    kind: str
    name: str
    names: list
    kept: dict
    found: HalfPredictions
    models: list
    evidence: object  # of all candidates
    taken: int  # by AutoTransferClassifier
    compared: list  # that were not eliminated
    expected: dict  # ExpectedScores of the source alone and of the one taken
    weights: object  # of source rows, or None
    no_shift: bool


def read(cache, kinds):
    """Each kept pair of some kinds."""
    for path in sorted(cache.glob("*.npz")):
        tag, kind, name = path.stem.split("_", 2)
        if kind not in kinds:
            continue
        kept = dict(np.load(path, allow_pickle=True))
        names = {key[4:] for key in kept if key.startswith("oof|")}
        models = [own for own in ALL_CANDIDATES if {n for n, _ in own} == names]
        if not models:
            print(f"{path.stem}: other candidates than now, left out")
            continue
        yield as_case((tag, kind, name.replace("_", "->")), kept, models[0], path)


def half_predictions(kept, names):
    """What the models of two halves of the labels predict."""
    own = [np.stack([kept[f"h{h}u|{n}"] for n in names], axis=1) for h in (0, 1)]
    source = np.stack([kept[f"oof|{n}"] for n in names], axis=1)
    return HalfPredictions(
        np.array([p.argmax(axis=2) for p in own]),
        source.argmax(axis=2),
        kept["codes"],
        len(kept["classes"]),
        np.array([p.max(axis=2) for p in own], dtype=float),
        source.max(axis=2).astype(float),
    )


def part_of(found, fitted):
    """Predictions of some of the candidates."""
    return HalfPredictions(
        found.target[..., fitted],
        found.source[:, fitted],
        found.labels,
        found.n_classes,
        found.target_confidence[..., fitted],
        found.source_confidence[:, fitted],
    )


def not_eliminated(found, adapted, alike, models, names):
    """Candidates that AutoTransferClassifier compares after its first look."""
    first, every = list(range(FIRST_LOOK)), range(len(names))
    if len(names) < FIRST_LOOK:
        return list(every)
    own, none = part_of(found, first), np.zeros((0, FIRST_LOOK))
    evidence = weigh_evidence(own, adapted[first], none)
    out = needless_candidates(evidence, alike[first], first, models, names, LEAST_GAIN)
    return [j for j in every if j not in out]


def as_case(title, kept, candidates, path):
    """Do what AutoTransferClassifier does, with predictions that are there."""
    names, models = (list(own) for own in zip(*candidates))
    found = half_predictions(kept, names)
    adapted = np.array([learns_from_target(model) for model in models])
    none = np.zeros((0, len(names)))
    domains, weights, no_shift = path.parent / "domains" / path.name, None, False
    if domains.exists():
        seen = np.load(domains)
        weights, no_shift = (
            seen["weights"],
            bool(seen["distance"][0] <= seen["distance"][1]),
        )
    alike = (found.target == found.target[:, :, :1]).mean(axis=(0, 1))
    fitted = not_eliminated(found, adapted, alike, models, names)
    own = part_of(found, fitted)
    evidence = weigh_evidence(own, adapted[fitted], none[:, fitted])
    shares = np.bincount(found.labels) / len(found.labels)
    place, _ = decide(
        [names[j] for j in fitted],
        evidence,
        1 - alike[fitted],
        least_gain=LEAST_GAIN,
        doubts=Doubts(*one_sided_moves(own.target, shares), found.n_classes == 2),
    )
    every = weigh_evidence(found, adapted, none)
    expected = {0: expected_scores(found, every, 0, kept["classes"])}
    taken = 0 if no_shift else fitted[place]
    if taken:
        expected[taken] = expected_scores(own, evidence, place, kept["classes"])
    return Case(
        *title,
        names,
        kept,
        found,
        models,
        every,
        taken,
        fitted,
        expected,
        weights,
        no_shift,
    )


def truth(case, j):
    """Labels of all target rows, and what the model of all labels predicts."""
    parts = ("u",) if case.kept["same_rows"] else ("u", "e")
    y = np.concatenate([case.kept[f"y{part}"] for part in parts])
    said = [case.kept[f"p{part}|{case.names[j]}"].argmax(axis=1) for part in parts]
    return y, case.kept["classes"][np.concatenate(said)]


def agreement_on_the_line(case):
    """Accuracies by the line on which agreements of source and target lie (ALine-D)."""
    on_target = np.stack(
        [case.kept[f"pu|{n}"].argmax(axis=1) for n in case.names], axis=1
    )
    first, second = np.triu_indices(len(case.names), 1)

    def probits(predictions, shares):
        n = len(predictions)
        return norm.ppf(np.clip(shares, 0.5 / n, 1 - 0.5 / n))

    source = case.found.source
    x, z = (
        probits(own, (own[:, first] == own[:, second]).mean(axis=0))
        for own in (source, on_target)
    )
    accuracy = probits(source, (source == case.found.labels[:, None]).mean(axis=0))
    slope = np.polyfit(x, z, 1)[0] if np.ptp(x) > 1e-9 else 1.0
    pairs_of = np.zeros((len(first), len(case.names)))
    for ends in (first, second):
        pairs_of[np.arange(len(first)), ends] = 0.5
    by = z + slope * ((accuracy[first] + accuracy[second]) / 2 - x)
    return norm.cdf(np.linalg.lstsq(pairs_of, by, rcond=None)[0])


def estimates(case, j, line):
    """Accuracy of a candidate by each way."""
    found, weighted = case.evidence, np.nan
    if case.weights is not None:
        right = case.found.source[:, j] == case.found.labels
        weighted = np.average(right, weights=case.weights)
    return {
        "expected": case.expected[j].accuracy.value,
        "ATC": found.threshold[j],
        "DoC": np.clip(found.confidence[j], 0, 1),
        "GDE": found.stability[j],
        "ALine-D": line[j],
        "weighted": weighted,
    }


def by_class(case, j, y, said):
    """Mean errors of the expected recalls and of the expected F1."""
    recall, expected = [], case.expected[j]
    for k in case.kept["classes"].tolist():
        own = y == k
        if own.sum() >= LEAST_ROWS and np.isfinite(expected.recall[k].value):
            recall.append(abs(expected.recall[k].value - np.mean(said[own] == k)))
    present = [k for k in case.kept["classes"].tolist() if (y == k).any()]
    f1 = f1_score(y, said, labels=present, average="macro", zero_division=0)
    return np.mean(recall) if recall else np.nan, expected.f1.value - f1


def table(cases):
    """Errors of each pair, of the source alone and of the candidate taken."""
    found = []
    for case in cases:
        line = agreement_on_the_line(case)
        for model, j in (("source alone", 0), ("taken", case.taken)):
            y, said = truth(case, j)
            accuracy, interval = np.mean(y == said), case.expected[j].accuracy
            recall, f1 = by_class(case, j, y, said)
            found.append(
                {
                    "model": model,
                    "tag": case.tag,
                    "kind": case.kind,
                    "name": case.name,
                    "candidate": case.names[j],
                    "development": is_development(case.kind, case.name),
                    "accuracy": accuracy,
                    "covered": interval.low <= accuracy <= interval.high,
                    "width": interval.high - interval.low,
                    "recall": recall,
                    "f1": f1,
                    **{
                        way: value - accuracy
                        for way, value in estimates(case, j, line).items()
                    },
                }
            )
    return pd.DataFrame(found)


def row(label, own):
    """One row: mean absolute error and bias by each way, coverage and width."""
    cells = {"pairs": label, "n": len(own)}
    for way in WAYS:
        error = own[way].dropna()
        if len(error) == len(own):
            cells[way] = f"{error.abs().mean():.3f} ({error.mean():+.3f})"
        else:
            cells[way] = ""
    cells["covered"] = f"{own['covered'].mean():.0%}"
    cells["width"] = f"{own['width'].mean():.2f}"
    cells["recall"] = f"{own['recall'].mean():.3f}"
    cells["F1"] = f"{own['f1'].abs().mean():.3f} ({own['f1'].mean():+.3f})"
    return cells


def report(found, folder):
    """Tables: mean absolute error, with the bias in brackets."""
    shifted = found[found["tag"] == "shift"]
    for model, own in shifted.groupby("model"):
        print(f"\n{model}: mean absolute error (bias)")
        rows = [
            row("bars", own[own["kind"].isin(BARS)]),
            row("development", own[own["development"]]),
            row("confirmation", own[~own["development"]]),
            row("weights collected", own[own["weighted"].notna()]),
            *(row(kind, part) for kind, part in own.groupby("kind")),
        ]
        show(rows, folder / f"estimate_{model.replace(' ', '_')}.csv")
    same = found[found["tag"] == "same"]
    if len(same):
        print("\nno shift, source alone")
        show([row("same", same[same["model"] == "source alone"])], folder / "same.csv")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--report", action="store_true", help="fit nothing")
    parser.add_argument("--weights", action="store_true", help="domain classifiers too")
    parser.add_argument("--cache", type=Path, default=RESULTS / "estimate")
    args = parser.parse_args()
    kinds = args.kinds.split(",")
    if not args.report:
        steps = [collect] + [collect_weights] * args.weights
        visit(kinds, steps, args.cache)
    report(table(read(args.cache, kinds)), RESULTS)


if __name__ == "__main__":
    main()
