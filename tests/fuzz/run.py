"""Draw inputs for all public estimators and count what becomes of them.

python tests/fuzz/run.py --draws 10000 --seed 0
"""

import argparse
import collections
import pickle
import sys
import time
from pathlib import Path

import strategies as drawn
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from oracle import judge
from subjects import SUBJECTS
from threadpoolctl import threadpool_limits

FAULTS = ("wrong", "unclear", "changed")


@st.composite
def draws(draw, subject):
    """Arguments of a subject, all kinds together."""
    n = draw(st.one_of(st.integers(8, 40), st.integers(24, 40), st.integers(1, 8)))
    p = draw(st.integers(1, 6))
    odd = draw(
        st.sampled_from((None, *subject.takes) if draw(st.booleans()) else (None,))
    )
    make = {
        "rows": lambda odd: drawn.rows(n, p, odd=odd),
        "dense": lambda odd: drawn.rows(n, p, odd=odd, dense=True),
        "interactions": lambda odd: drawn.rows(
            n, p, odd=odd, values=("counts", "flags")
        ),
        "matrix": lambda odd: drawn.rows(
            n, p, values=("counts", "flags"), forms=drawn.MATRICES
        ),
        "text list": lambda odd: drawn.text_list(n),
        "classes": lambda odd: drawn.classes(n, odd=odd),
        "one label": lambda odd: drawn.classes(n, odd=odd).filter(
            lambda y: not y.kind.endswith("two columns")
        ),
        "documents": lambda odd: drawn.texts(n, odd=odd).filter(
            lambda X: not X.kind.endswith("two columns")
        ),
        "ratings": lambda odd: drawn.ratings(n, odd=odd),
        "one rating": lambda odd: drawn.ratings(n, odd=odd).filter(
            lambda y: not y.kind.endswith("two columns")
        ),
        "domains": lambda odd: drawn.domains(n, odd=odd),
        "weights": lambda odd: drawn.weights(n, odd=odd),
        "texts": lambda odd: drawn.texts(n, odd=odd),
        "files": lambda odd: drawn.files(n, odd=odd),
        "numbered": lambda odd: drawn.sequences(n, odd=odd, numbered=True),
        "sequences": lambda odd: drawn.sequences(n, odd=odd),
    }
    return {name: draw(make[kind](name == odd)) for name, kind in subject.takes.items()}


def described(subject, given):
    kinds = "; ".join(f"{name}: {g.kind}" for name, g in given.items())
    return f"{subject.name} ({kinds})"


def explore(n_draws, *, start=0, names=tuple(SUBJECTS), record=None):
    """Judge draws for each subject; what is counted, and examples of each fault."""
    counts = {name: collections.Counter() for name in names}
    faults = {}
    for i, name in enumerate(names):
        share = n_draws // len(names) + (i < n_draws % len(names))
        for subject, args, outcome in _judged(
            SUBJECTS[name], share, start * len(names) + i
        ):
            counts[name][outcome.verdict] += 1
            if outcome.verdict in (*FAULTS, "refused form"):
                key = (outcome.verdict, name, outcome.where, outcome.detail[:40])
                if key not in faults and record is not None:
                    record(outcome, subject, args)
                faults.setdefault(key, []).append(described(subject, args))
    return counts, faults


def _judged(subject, n_draws, start):
    """Outcomes of draws for one subject."""
    found = []

    @seed(start)
    @settings(
        max_examples=n_draws,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(draws(subject))
    def one(args):
        began = time.perf_counter()
        found.append((subject, args, judge(subject, args)))
        took = time.perf_counter() - began
        if took > 5:
            print(f"{took:.0f} s: {described(subject, args)}", flush=True)

    if n_draws:
        with threadpool_limits(1):  # products are small
            one()
    return found


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=list(SUBJECTS))
    parser.add_argument("--keep", type=Path, help="folder for draws that are faults")
    options = parser.parse_args(arguments)

    def record(outcome, subject, args):
        print(f"{outcome.verdict.upper()} {described(subject, args)}")
        print(f"    {outcome.detail:.300}\n    {outcome.where}", flush=True)
        if options.keep:
            options.keep.mkdir(exist_ok=True)
            name = f"{len(list(options.keep.iterdir())):04d}.pkl"
            try:
                content = pickle.dumps((subject.name, args))
            except Exception:
                return
            (options.keep / name).write_bytes(content)

    counts, faults = explore(
        options.draws, start=options.seed, names=tuple(options.only), record=record
    )
    total = sum(counts.values(), collections.Counter())
    for name in sorted(counts):
        print(f"{name:40}", dict(counts[name]))
    print("all", total.total(), dict(total), "kinds of faults", len(faults))
    return int(any(total[v] for v in FAULTS))


if __name__ == "__main__":
    sys.exit(main())
