"""
A hundred gigabytes, on paper
=============================

Moments of chunks take the same memory however many chunks there are, and time that
grows with the rows. So what a job on 100 GB will take can be read off jobs on a
thousandth of it: measure a few sizes, check that they lie on a line, and go along it.
"""

import tracemalloc
from time import process_time

import matplotlib.pyplot as plt
import numpy as np

from sktransfer import CORAL
from sktransfer.moments import Moments, reduce_states

# %%
# Rows of 50 columns, in chunks that are made as they are read, of the source and of the
# target in turn. With files, :func:`~sktransfer.moments.read_chunks` stands here.

n_features, chunk_rows = 50, 5_000
gain = np.random.default_rng(0).normal(size=(n_features, n_features)) / n_features**0.5


def chunks(n_rows):
    for seed in range(n_rows // chunk_rows):
        X = np.random.default_rng(seed).normal(size=(chunk_rows, n_features))
        yield (1, X) if seed % 2 else (-1, X @ gain + 1)


def state_of(block):
    domain, X = block
    return {domain: Moments.empty(n_features).update(X)}


def fit(n_rows):
    return CORAL().fit_from_state(reduce_states(chunks(n_rows), state_of))


# %%
# CPU seconds and the highest memory of four small jobs. Memory is measured in a run of
# its own, for that slows it down.


def measure(n_rows):
    start = process_time()
    fit(n_rows)
    seconds = process_time() - start
    tracemalloc.start()
    fit(n_rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return seconds, peak / 1e6


fit(2 * chunk_rows)  # what is loaded at the first use is not counted
sizes = np.array([50_000, 100_000, 200_000, 400_000])
seconds, megabytes = np.transpose([measure(n) for n in sizes])
slope, start = np.polyfit(sizes, seconds, 1)

# %%
# The plan: rows in 100 GB of float64, times the slope, which includes making the rows.
# Reading comes in its place, at what the disk gives. Memory has no slope.

n_rows = 100e9 / (8 * n_features)
off = np.abs(start + slope * sizes - seconds).max() / seconds[-1]
print(f"off the line: {off:.0%} of the largest job at most")
print(f"rows in 100 GB: {n_rows / 1e6:.0f} million")
print(f"CPU: {(start + slope * n_rows) / 60:.1f} minutes, of one core")
print(f"reading at 500 MB a second: {100e9 / 500e6 / 60:.1f} minutes")
print(f"memory: {megabytes[-1]:.0f} MB ({megabytes[0]:.0f} MB for {sizes[0]:,} rows)")
print(
    f"sent by each of eight workers: {2 * len(Moments.empty(50).to_bytes()) / 1e3} kB"
)

# %%
# Exact arithmetic has a limit of its own: the integers of so many rows must fit into 64
# bits. It is known beforehand, and fewer bits of each value hold more rows.

for bits in (20, 18, 16):
    most = (2**63 - 1) // (4 ** (bits - 1) + 1)
    print(f"bits={bits}: {most / 1e6:,.0f} million rows")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.6), layout="constrained")
line = np.array([sizes[0], n_rows])
left.loglog(line, start + slope * line, ":", color="0.5", label="the line through them")
left.loglog(sizes, seconds, "o", color="#2166ac", label="measured")
left.loglog(
    n_rows, start + slope * n_rows, "s", color="#b2182b", label="100 GB, planned"
)
left.set(xlabel="rows", ylabel="CPU seconds", title="Time follows the rows")
left.legend()
right.plot(sizes / 1000, megabytes, "o-", color="#2166ac", label="highest memory")
right.plot(
    sizes / 1000,
    8e-6 * n_features * sizes,
    "--",
    color="0.5",
    label="the rows themselves",
)
right.set(xlabel="thousand rows", ylabel="MB", title="Memory does not")
right.set_ylim(bottom=0)
right.legend()
plt.show()
