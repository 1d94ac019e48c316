"""
How good will it be there?
==========================

Reviews of English books are labelled; those of other categories are not. Before anybody
reads one of them, :func:`~sktransfer.transfer.estimate_target_score` says how often a
model will be right there, and how sure that is. Some labels narrow the interval.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer.datasets import make_bilingual_reviews
from sktransfer.transfer import estimate_target_score

# %%
# The estimate reads labelled reviews of books and unlabelled ones of the category, and
# with ``target_labels="use"`` 60 labels of it. The truth is read for the figure alone.

categories = ["music", "kitchen", "electronics"]
model = make_pipeline(
    TfidfVectorizer(sublinear_tf=True), LogisticRegression(max_iter=1000)
)
shown = {"no label of the target": [], "60 labels": []}
truth = []
for category in categories:
    data = make_bilingual_reviews(400, target=f"en/{category}", random_state=0)
    X, y, d = data.data, data.target, data.sample_domain
    fitted = model.fit(X[d > 0], y[d > 0])
    truth.append(np.mean(fitted.predict(X[d < 0]) == y[d < 0]))
    few = y.astype(object)
    few[np.flatnonzero(d < 0)[60:]] = None
    for label, use in zip(shown, ("ignore", "use")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what candidates are bad at
            expected = estimate_target_score(
                model, X, few, sample_domain=d, target_labels=use
            )
        shown[label].append(expected.accuracy)

# %%
# Circles are the estimates, lines the intervals, diamonds the truth.

figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
for (label, estimates), place, color in zip(
    shown.items(), (-0.12, 0.12), ("#2166ac", "#92c5de")
):
    value = np.array([e.value for e in estimates])
    low, high = (
        np.array([getattr(e, end) for e in estimates]) for end in ("low", "high")
    )
    axis.errorbar(
        np.arange(len(categories)) + place,
        value,
        [value - low, high - value],
        fmt="o",
        color=color,
        label=label,
    )
axis.plot(range(len(categories)), truth, "D", color="#b2182b", label="truth")
axis.set_xticks(range(len(categories)), [f"English {c}" for c in categories])
axis.set(ylabel="accuracy of a model of books", xlim=(-0.5, len(categories) - 0.5))
figure.legend(loc="outside upper center", ncols=3)
plt.show()
