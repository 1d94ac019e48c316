"""
Searching over transfer settings in a Pipeline
==============================================

Which word space, which weights, how much regularisation? A ``GridSearchCV`` over the
parts of a :class:`~sktransfer.TransferClassifier` answers by the score on target rows.
"""

# %%
# Labelled English book reviews, and German music reviews. The labels of the latter
# score the search; the model never reads them.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sktransfer import (
    CrossLingualMapper,
    DictionaryTranslation,
    DistributionalCorrespondence,
    KMMInstanceWeighter,
    TransferClassifier,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.model_selection import TargetKFold

reviews = make_bilingual_reviews(600, source="en/books", target="de/music")
sample_domain = reviews.sample_domain

# %%
# The parts are ordinary estimators: a whole part can be searched over, and so can
# its parameters. Weights are computed on a few directions of the shared space.
model = TransferClassifier(
    LogisticRegression(max_iter=1000), mapper=CrossLingualMapper(reviews.dictionary)
)
weighter = make_pipeline(TruncatedSVD(20, random_state=0), KMMInstanceWeighter())
spaces = [DictionaryTranslation(), DistributionalCorrespondence()]
C = [0.01, 0.1, 1.0, 10.0]
grid = [
    {"mapper__word_space": spaces, "estimator__C": C},
    {
        "weighter": [weighter],
        "weighter__kmminstanceweighter__B": [2, 10],
        "mapper__word_space": spaces[1:],
        "estimator__C": C,
    },
]
search = GridSearchCV(model, grid, cv=TargetKFold(5))
search.fit(
    reviews.data, reviews.target, groups=sample_domain, sample_domain=sample_domain
)
print(f"best accuracy on target rows: {search.best_score_:.3f}")

# %%
# Each curve is one setting; bars are one standard error over the folds. The
# choice of the word space matters far more than weights or regularisation.
results = search.cv_results_
names = []
for p in results["params"]:
    B = p.get("weighter__kmminstanceweighter__B")
    space = type(p["mapper__word_space"]).__name__
    names.append(space if B is None else f"{space}, KMM weights, B={B}")
names = np.array(names)

fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
for i, name in enumerate(dict.fromkeys(names)):
    rows = names == name
    ax.errorbar(
        np.array(C) * 1.06**i,  # side by side
        results["mean_test_score"][rows],
        results["std_test_score"][rows] / np.sqrt(5),
        marker="o",
        capsize=3,
        label=name,
    )
ax.set_xscale("log")
ax.set_xlabel("C of the logistic regression")
ax.set_ylabel("accuracy on German music")
ax.set_title("English books to German music: what the search saw")
ax.set_ylim(bottom=0.58)
ax.legend(loc="lower left", fontsize=9)
plt.show()
