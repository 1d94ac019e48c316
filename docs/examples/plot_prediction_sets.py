"""
Sets that hold the true class as often as promised
==================================================

A model of one market is used in another, where easy cases are rarer. Its errors on
source rows promise too much there. Weighted by how much they resemble the target, they
do not: :class:`~sktransfer.ConformalTransferClassifier`. Rows with a large set go to a
person.
"""

import matplotlib.pyplot as plt
import numpy as np

from sktransfer import ConformalTransferClassifier

# %%
# Three classes of customers. The further a row lies from the origin, the surer is its
# class; the target has more rows near the origin. Its labels are for the test alone.


def market(n, spread, seed):
    rng = np.random.default_rng(seed)
    X = spread * rng.normal(size=(n, 2))
    scores = X @ np.array([[2.0, 0.0, -2.0], [0.0, 2.0, -1.0]])
    y = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    return X, np.array(["buys", "returns", "leaves"])[y]


X_source, y_source = market(3000, 1.6, seed=0)
X_target, y_hidden = market(6000, 0.7, seed=1)
X = np.vstack([X_source, X_target[:3000]])
y = np.r_[y_source, np.full(3000, None, dtype=object)]
sample_domain = np.repeat([1, -2], 3000)
X_new, y_new = X_target[3000:], y_hidden[3000:]

# %%
# Left: the share of new target rows whose set holds the true class, for every level.
# Right: what ``defer`` sends to a person, and how often the rest is predicted right.

alphas = np.linspace(0.05, 0.5, 10)
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.4), layout="constrained")
left.plot([0.5, 0.95], [0.5, 0.95], color="0.4", lw=1, label="as promised")
for label, color, options in (
    ("no weights", "#b2182b", {"weighter": None}),
    ("weighted", "#92c5de", {"method": "weighted"}),
    ("doubly robust", "#2166ac", {}),
):
    model = ConformalTransferClassifier(**options)
    model.fit(X, y, sample_domain=sample_domain)
    place = np.searchsorted(model.classes_, y_new)
    covered = [
        model.predict_set(X_new, alpha=a)[np.arange(len(y_new)), place].mean()
        for a in alphas
    ]
    left.plot(1 - alphas, covered, "o-", color=color, label=label)
left.set(xlabel="promised: 1 - alpha", ylabel="share of sets with the true class")
left.legend()

rates = np.linspace(0, 0.8, 9)
hit = model.predict(X_new) == y_new
rest = [hit[~model.defer(X_new, rate)].mean() for rate in rates]
right.plot(100 * rates, 100 * np.array(rest), "o-", color="#2166ac")
right.set(
    xlabel="sent to a person, % of the rows",
    ylabel="predicted right, % of the others",
)
plt.show()
