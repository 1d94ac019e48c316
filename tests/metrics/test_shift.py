import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ks_2samp
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer.metrics import coral_distance, feature_shift, proxy_a_distance


@pytest.fixture
def sides(rng):
    X = rng.normal(size=(60, 4)) @ rng.normal(size=(4, 4))
    Y = rng.normal(1, 2, size=(45, 4))
    return X * (abs(X) > 0.5), Y * (abs(Y) > 1)


class TestCoralDistance:
    def definition(self, X, Y):
        difference = np.cov(X.T) - np.cov(Y.T)
        return np.sum(difference**2) / (4 * X.shape[1] ** 2)

    def test_definition(self, sides):
        assert_allclose(coral_distance(*sides), self.definition(*sides))

    def test_more_columns_than_covariances_are_built_for(self, rng):
        X = rng.normal(size=(600, 2100)).astype(np.float32)
        Y = 2 * rng.normal(size=(30, 2100)) + 5
        expected = self.definition(X.astype(float), Y)
        assert_allclose(coral_distance(X, Y), expected, rtol=1e-6)
        both = sp.csr_array(X), sp.csr_matrix(Y)
        assert_allclose(coral_distance(*both), expected, rtol=1e-6)

    def test_laws(self, sides):
        X, Y = sides
        assert_allclose(coral_distance(X, X[::-1] + 7), 0, atol=1e-20)
        assert_allclose(coral_distance(Y, X), coral_distance(X, Y))
        assert_allclose(coral_distance(3 * X, 3 * Y), 81 * coral_distance(X, Y))
        assert_allclose(
            coral_distance(sp.csc_array(X), sp.csr_array(Y)), coral_distance(X, Y)
        )

    def test_one_row_has_no_covariance(self, sides):
        with pytest.raises(ValueError, match="minimum of 2"):
            coral_distance(sides[0][:1], sides[1])


class TestProxyADistance:
    def test_what_cannot_be_told_apart(self, rng):
        X = rng.normal(size=(300, 2))
        assert proxy_a_distance(X[:200], X[200:]) < 0.3

    def test_half_the_rows_of_each_side_tell(self, rng):
        """Errors of a quarter: 2 (1 - 2/4) = 1."""
        tells = np.repeat([1.0, 0.0], 500)[:, None]
        found = proxy_a_distance(tells, -tells)
        assert_allclose(found, 1, atol=0.1)

    def test_twins_are_not_below_zero(self, rng):
        X = rng.normal(size=(40, 30))
        assert proxy_a_distance(X, X) == 0

    def test_sizes_of_the_sides_do_not_matter(self, rng):
        X = rng.normal(size=(1000, 1))
        Y = rng.normal(1, 1, size=(60, 1))
        # the best threshold errs in Phi(-1/2) = .309 of each side
        assert_allclose(proxy_a_distance(X, Y), 2 * (1 - 2 * 0.309), atol=0.25)

    def test_sparse(self, sides):
        X, Y = sides
        found = proxy_a_distance(sp.csr_matrix(X), sp.csr_array(Y))
        model = LogisticRegression(class_weight="balanced", max_iter=1000)
        assert found == proxy_a_distance(X, Y, estimator=model)

    def test_texts(self):
        english = ["a good book", "the book is good", "good the a", "is a book"] * 5
        german = ["ein gutes buch", "das buch ist gut", "das ist", "ein buch"] * 5
        model = make_pipeline(CountVectorizer(), LogisticRegression())
        assert proxy_a_distance(english, german, estimator=model, cv=4) == 2

    def test_too_little(self, sides):
        with pytest.raises(ValueError, match="minimum of 2"):
            proxy_a_distance(sides[0][:1], sides[1])
        with pytest.raises(ValueError, match="cv must be an integer of at least 2"):
            proxy_a_distance(*sides, cv=1)
        with pytest.raises(ValueError, match="at least two rows"):
            proxy_a_distance(["a"], ["b", "c"], estimator=LogisticRegression())


class TestFeatureShift:
    def test_mean_by_hand(self, sides):
        X, Y = sides
        expected = (Y.mean(0) - X.mean(0)) / np.sqrt((X.var(0) + Y.var(0)) / 2)
        assert_allclose(feature_shift(X, Y), expected)

    def test_ks_is_scipys(self, sides):
        X, Y = sides
        expected = [ks_2samp(a, b).statistic for a, b in zip(X.T, Y.T)]
        assert_allclose(feature_shift(X, Y, measure="ks"), expected)

    def test_frequency_by_hand(self):
        X = [[1, 0, 2], [1, 0, 0]]
        Y = [[0, 0, 1], [0, 3, 1]]
        assert_array_equal(feature_shift(X, Y, measure="frequency"), [-1, 0.5, 0.5])

    @pytest.mark.parametrize("measure", ["mean", "ks", "frequency"])
    def test_sparse_is_dense(self, sides, measure):
        X, Y = sides
        expected = feature_shift(X, Y, measure=measure)
        for A, B in ((sp.csr_matrix(X), sp.csc_array(Y)), (X, sp.csr_array(Y))):
            assert_allclose(feature_shift(A, B, measure=measure), expected)

    @pytest.mark.parametrize("measure", ["mean", "ks", "frequency"])
    def test_same_rows_do_not_shift(self, sides, measure):
        X, _ = sides
        found = feature_shift(X, X[::-1], measure=measure)
        assert_allclose(found, 0, atol=1e-12)

    def test_constant_columns(self):
        found = feature_shift([[1.0, 3.0]] * 2, [[1.0, 2.0]] * 3)
        assert_array_equal(found, [0, -np.inf])

    def test_wrong_measure(self, sides):
        with pytest.raises(ValueError, match="measure must be"):
            feature_shift(*sides, measure="kl")
