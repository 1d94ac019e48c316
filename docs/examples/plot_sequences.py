"""
The next item, and whether it comes again
=========================================

A visitor has looked at a few items: which one comes next? In some shops it is often
one that she has seen, in others never. :class:`~sktransfer.SequentialRecommender`
counts how often items return, and after how many steps, and gives them just that part
of its scores. There is nothing to set, and no neural network to train.
"""

# %%
# Generated sessions of a shop with 20 shelves of 15 items, some of them popular. A
# visitor stays at a shelf and mostly takes the item beside the last one. With a given
# share of repeats she goes back to what she saw before, mostly a moment ago.
import matplotlib.pyplot as plt
import numpy as np

from sktransfer import SequentialRecommender
from sktransfer.metrics import mrr_at_k

SHELVES, WIDTH = 20, 15
POPULARITY = 1 / np.arange(1, WIDTH + 1)
POPULARITY /= POPULARITY.sum()


def visit(rng, repeats):
    shelf, session = rng.integers(SHELVES), []
    while len(session) < 8:
        if session and rng.random() < repeats:
            back = min(rng.geometric(0.5), len(session))
            session.append(session[-back])
            continue
        if session and rng.random() < 0.5:
            place = (session[-1] + 1) % WIDTH
        else:
            place = rng.choice(WIDTH, p=POPULARITY)
        item = int(shelf * WIDTH + place)
        if item not in session:
            session.append(item)
    return session


def visits(n, repeats, seed):
    rng = np.random.default_rng(seed)
    sessions = [visit(rng, repeats) for _ in range(n)]
    sessions[0].append(SHELVES * WIDTH - 1)  # the largest id: all items have a column
    return sessions


# %%
# A list of sequences is all that is needed. ``repeat_hazard_`` tells which part of the
# items that were last seen 1, 2, 3 steps ago come next.
model = SequentialRecommender().fit(visits(1000, 0.3, seed=0))
items, scores = model.recommend([[0, 1, 2], [44]], k=4)
print(items)
print(model.repeat_hazard_[1:4].round(3))

# %%
# Where nobody goes back, nothing is offered twice. The more visitors go back, the more
# is lost by a recommender that always leaves out what was seen.
shares = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
quality = {"repeats as learned": [], "seen items left out": []}
for repeats in shares:
    test = visits(300, repeats, seed=2)
    known = [s[:t] for s in test for t in range(1, len(s))]
    following = [item for s in test for item in s[1:]]
    model = SequentialRecommender().fit(visits(1000, repeats, seed=1))
    for name, exclude_seen in zip(quality, (None, True)):
        items, _ = model.recommend(known, k=10, exclude_seen=exclude_seen)
        quality[name].append(mrr_at_k(following, items, k=10))

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for name, values in quality.items():
    ax.plot(shares, values, "o-", ms=4, label=name)
ax.set(
    xlabel="Share of steps that go back to an item",
    ylabel="MRR@10 of the next item",
    ylim=(0, None),
)
ax.legend(frameon=False)
plt.show()
