"""
A student that outgrows its teacher
===================================

A classifier of English book reviews serves German music reviews through a shared space.
Its scores of unlabelled German texts teach a student on German words and character
n-grams: how many texts does the student need to become better than its teacher?
"""

# %%
# One pool of German texts without labels, and held-out ones to score on.

import matplotlib.pyplot as plt
import numpy as np

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.datasets import make_bilingual_reviews

reviews = make_bilingual_reviews(
    1600, source="en/books", target="de/music", random_state=0
)
texts = np.asarray(reviews.data, dtype=object)
labels = np.asarray(reviews.target)
d = reviews.sample_domain
source, target = np.flatnonzero(d > 0)[:800], np.flatnonzero(d < 0)
pool, test = target[:800], target[800:]

# %%
# The teacher is ``strategy="pool"``, the same model without the last step.

sizes = [50, 100, 200, 400, 800]
scores = {"teacher in the shared space": [], "student on German words": []}
for n in sizes:
    rows = np.r_[source, pool[:n]]
    y = np.where(d[rows] > 0, labels[rows], None)
    for name, strategy in zip(scores, ("pool", "distill")):
        model = TransferClassifier(
            mapper=CrossLingualMapper(reviews.dictionary), strategy=strategy
        )
        model.fit(texts[rows], y, sample_domain=d[rows])
        scores[name].append(model.score(texts[test], labels[test]))

# %%
# The student's strongest words and endings, with their weights.

native = model.strategy_.student_.named_steps["native"]
names = native.get_feature_names_out()
weights = (
    model.strategy_.student_.named_steps["ridge"].coef_
    * model.strategy_.student_.named_steps["weights"].scale_
)
words = np.flatnonzero([name.startswith("words__") for name in names])
order = words[np.argsort(weights[words])]
strongest = np.r_[order[:8], order[-8:]]

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for name, accuracy in scores.items():
    left.plot(sizes, accuracy, "o-", label=name)
left.set(
    xscale="log",
    xlabel="unlabelled German reviews",
    ylabel="accuracy on held-out German reviews",
    xticks=sizes,
    xticklabels=sizes,
)
left.minorticks_off()
left.legend()
colours = np.where(weights[strongest] > 0, "C0", "C3")
right.barh(range(len(strongest)), weights[strongest], color=colours)
right.set_yticks(
    range(len(strongest)), [names[k].removeprefix("words__") for k in strongest]
)
right.set_xlabel("weight in the student")
plt.show()
