"""1000 of 27,000 words of real newsgroups: above chi2 and above all words."""

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression

from sktransfer.selection import TopicFeatureSelector

DATA = os.environ.get("SKTRANSFER_DATA")
SOURCE = "comp.graphics comp.os.ms-windows.misc sci.crypt sci.electronics".split()


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not DATA, reason="SKTRANSFER_DATA is not set")
def test_thousand_words_of_newsgroups_transfer_better_than_all():
    pd = pytest.importorskip("pandas")
    table = pd.read_csv(Path(DATA) / "reviews" / "newsgroups20.csv.gz")
    table = table[table["group"].str.match(r"(comp|sci)\.")].sample(
        frac=1, random_state=0
    )
    texts = (table["subject"].fillna("") + " " + table["body"].fillna("")).to_numpy()
    y = table["group"].str[:3].to_numpy()
    source = table["group"].isin(SOURCE).to_numpy()
    test = ~source & (np.arange(len(y)) % 2 == 0)
    seen = ~test
    d = np.where(source, 1, -1)
    words = TfidfVectorizer(min_df=2, sublinear_tf=True).fit(texts[seen])
    X = words.transform(texts)
    assert X.shape[1] > 25_000
    selector = TopicFeatureSelector(k=1000, random_state=0)
    selector.fit(X[seen], np.where(source, y, None)[seen], sample_domain=d[seen])

    def accuracy(columns):
        model = LogisticRegression(C=5.0, max_iter=500)
        model.fit(X[source][:, columns], y[source])
        return model.score(X[test][:, columns], y[test])

    chosen = accuracy(selector.get_support())
    by_chi2 = SelectKBest(chi2, k=1000).fit(X[source], y[source])
    assert chosen > accuracy(by_chi2.get_support()) + 0.02
    assert chosen > accuracy(np.ones(X.shape[1], dtype=bool)) - 0.005
    assert selector.topic_reliability_ > 0.4
