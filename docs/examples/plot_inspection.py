"""
What differs, and what transfer gains
=====================================

Reviews of books are labelled, reviews of music are not. The words whose share of texts
changes most tell what kind of shift it is; the paired gains tell whether a
method is worth it, with an interval for the number of labelled rows at hand.
"""

# %%
# The data: English reviews of two categories. Half of the music reviews are put aside
# with their labels, to compare by; the others are adapted to without labels.
import numpy as np
from matplotlib import pyplot as plt
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import train_test_split

from sktransfer import AutoTransferClassifier
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.inspection import DomainShiftDisplay, TransferGainDisplay

reviews = make_bilingual_reviews(600, source="en/books", target="en/music")
source = reviews.sample_domain > 0
unlabelled, test = train_test_split(np.flatnonzero(~source), random_state=0)
rows = np.concatenate([np.flatnonzero(source), unlabelled])
X, d = reviews.data[rows], reviews.sample_domain[rows]
y = np.where(d > 0, reviews.target[rows], None)

# %%
# Methods are compared without a label of the target, see
# :class:`~sktransfer.AutoTransferClassifier`.
auto = AutoTransferClassifier(keep_candidates=True).fit(X, y, sample_domain=d)
print(auto.decision_)

# %%
# Left, the words that books and music do not share. Right, what each method gains on
# the labelled rows that were put aside.
words = CountVectorizer(min_df=5, binary=True)
counts = words.fit_transform(X)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
DomainShiftDisplay.from_data(
    counts,
    sample_domain=d,
    feature_names=words.get_feature_names_out(),
    measure="frequency",
    ax=left,
)
gains = TransferGainDisplay.from_estimators(
    auto.estimators_, reviews.data[test], reviews.target[test], ax=right
)
left.set_title("shift")
right.set_title("gain")
plt.show()
