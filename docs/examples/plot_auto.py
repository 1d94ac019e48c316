"""
Choosing a method without target labels
=======================================

Which way of transfer is best, and is any better than none? Several candidates of
different kinds label the same target rows, and their agreement tells how often each
of them is right: :class:`~sktransfer.AutoTransferClassifier`.
"""

# %%
# Labelled English book reviews, and German music reviews without labels. The
# candidates of two languages need a dictionary.
import matplotlib.pyplot as plt
import numpy as np

from sktransfer import AutoTransferClassifier
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.transfer import crosslingual_candidates

reviews = make_bilingual_reviews(600, source="en/books", target="de/music")
candidates = crosslingual_candidates(reviews.dictionary)
auto = AutoTransferClassifier(candidates)
auto.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)
print(auto.decision_)

# %%
# Where there is nothing to adapt to, it says so: English book reviews, split in two.
books = np.flatnonzero(reviews.sample_domain > 0)
halves = np.where(np.arange(books.size) % 2, 1, -2)
same = AutoTransferClassifier().fit(
    reviews.data[books], reviews.target[books], sample_domain=halves
)
print(same.decision_)

# %%
# The labels of the generated target rows show how far agreement was right. It does
# not know the labels, so it knows the accuracy only up to what all candidates get
# wrong together; the order is what counts. New German reviews are the judges.
new = make_bilingual_reviews(600, source="en/books", target="de/music", random_state=1)
german = new.sample_domain < 0
truth = [
    np.mean(
        model.fit(
            reviews.data, reviews.target, sample_domain=reviews.sample_domain
        ).predict(new.data[german])
        == new.target[german]
    )
    for _, model in candidates
]
expected = auto.report_["expected_accuracy"]

fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
rows = np.arange(len(candidates))
ax.hlines(rows, truth, expected, color="0.8", linewidth=3)
ax.plot(expected, rows, "o", label="expected by agreement, no label read")
ax.plot(truth, rows, "D", label="true, on new reviews")
best = auto.best_index_
ax.axhspan(best - 0.4, best + 0.4, color="C2", alpha=0.15, label="taken")
ax.set_yticks(rows, auto.report_["candidate"])
ax.invert_yaxis()
ax.set_xlabel("accuracy on German music")
ax.set_title("English books to German music: four candidates")
ax.legend(loc="lower left", fontsize=9)
plt.show()
