"""Weights that give the source the class shares of the target."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import _num_samples

from sktransfer._core.calibration import calibration
from sktransfer._core.cross_fit import class_probabilities, cross_fit
from sktransfer._core.labels import known_labels, label_array, missing_labels
from sktransfer._core.parameters import HasMethods, integer, number, one_of
from sktransfer._core.parts import fit_weights
from sktransfer._core.rows import spread_folds
from sktransfer.weighting._base import InstanceWeighter
from sktransfer.weighting.label_shift._assumption_test import label_shift_test
from sktransfer.weighting.label_shift._class_share_estimates import (
    ShareEstimate,
    black_box_shares,
    calibrated_em_shares,
    class_separation,
    share_interval,
)

METHODS: dict[str, Callable[..., ShareEstimate]] = {
    "em": calibrated_em_shares,
    "black_box": black_box_shares,
}
# The test of the fit must reject clearly, and what no mixture explains must matter.
FIT_LEVEL, FIT_DISTANCE = 0.01, 0.03


def class_ratio_weights(
    codes: NDArray[np.intp], shares: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Weights under which the classes have given shares."""
    shares = np.asarray(shares, np.float64)
    w = np.ones(len(codes)) if weights is None else np.array(weights, np.float64)
    known = codes >= 0
    now = np.bincount(codes[known], weights=w[known], minlength=shares.size)
    ratio = np.divide(shares * now.sum(), now, out=np.zeros_like(shares), where=now > 0)
    w[known] *= ratio[codes[known]]
    return w


class LabelShiftInstanceWeighter(InstanceWeighter):
    r"""Weights of source rows for target shift in the classes (label shift).

    Assumes that the rows of a class look alike in both domains and only the shares of
    the classes differ, :math:`p_t(x, y) = \frac{q_y}{\pi_y}\, p_s(x, y)`. The shares
    q of the target are estimated from the predictions of a classifier of the source for
    the target rows, whose labels are never read. Each source row gets the weight
    :math:`q_y / \pi_y`.

    The assumption is tested. Where it fails, or the estimate is too uncertain,
    `identifiable_` is False, a warning is given, and the weights are left as they are.

    Parameters
    ----------
    estimator : classifier, default=None
        Predicts the classes; it needs ``predict_proba`` or ``decision_function``.
        None: ``LogisticRegression(max_iter=1000)``.
    method : {"em", "black_box"}, default="em"
        "em" maximises the likelihood of the target rows [1]_, after the probabilities
        were calibrated on held-out source rows [2]_. "black_box" solves the linear
        equations of the confusion matrix [3]_: less precise, and it needs no
        calibrated probabilities.
    weighter : estimator, default=None
        Another weighter, alone or at the end of a Pipeline, which is fitted first. Its
        weights are multiplied by the ratios of the estimated shares of the classes to
        their shares under its weights.
    when_unsure : {"keep", "estimate"}, default="keep"
        What to do where `identifiable_` is False: keep the weights of the other
        weighter (1 without one), or use the estimate all the same. Both warn.
    cv : int, default=5
        Number of folds in which source rows are predicted by models that did not see
        them.
    level : float, default=0.95
        Level of `confidence_interval_`.
    max_width : float, default=0.3
        Widest confidence interval that counts as an answer.
    flatten : float or "auto" or None, default="auto"
        Power, between 0 and 1, that the ratios of the shares are raised to; the other
        weights are not. "auto" takes ``1 / temperature_``, and 1 where that is more:
        see the notes. None: 1, which gives the weighted source the estimated shares.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights of the rows of `fit`: mean 1 over source rows, 1 in target rows.
        Source rows without a label get the weight of the other weighter, or 1.
    effective_sample_size_ : float
        :math:`(\sum w_i)^2 / \sum w_i^2` over source rows.
    flatten_ : float
        The power of the ratios used.
    classes_ : ndarray of shape (n_classes,)
        Classes of the source; set, as all that follow, where `sample_domain` was
        given.
    source_shares_ : ndarray of shape (n_classes,)
        Their shares of the labelled source rows.
    target_shares_ : ndarray of shape (n_classes,)
        Their estimated shares of the target rows.
    confidence_interval_ : ndarray of shape (n_classes, 2)
        Bounds of each estimated share, for the sampling of target and source rows,
        **if** the assumption holds.
    fit_p_value_ : float
        Of the test that the target can be a mixture of the source classes.
    fit_distance_ : float
        Share of target rows that no mixture of the source classes accounts for.
    separation_ : float
        How well the predictions tell the classes apart: 0 not at all, 1 perfectly.
    temperature_ : float
        Factor that calibrates the log-odds of held-out predictions: above 1 the
        classifier is less sure than it should be.
    identifiable_ : bool
        False where the data cannot tell the shares.
    doubts_ : list of str
        Why not.
    weighter_ : estimator or None
        The fitted other weighter; set only where `sample_domain` was given.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has string column names.

    See Also
    --------
    KMMInstanceWeighter : For covariate shift, where p(y given x) stays.

    Notes
    -----
    Confidence intervals follow from the delta method; they count the sampling noise
    of target rows, and that of the source rows through confusion matrix or
    calibration. The test compares the histogram of held-out predictions, in bins finer
    than the classes, with the nearest mixture of those of the source classes.

    A strongly regularised classifier, such as the default on texts, is less sure than
    it should be: its log-odds have to be multiplied by a temperature, of 3 for example.
    Weights of :math:`q_y / \pi_y` shift its log-odds by their logarithm all the same,
    three times too far, and it predicts the larger class too often. The power of one
    over the temperature puts the border where it belongs, for a final estimator of the
    kind of `estimator`.

    It cannot see everything: a class of the target that the source does not have, or
    a change of :math:`p(x \mid y)` that makes one class look like another, shifts the
    predictions as other shares would. Without target labels these cannot be told apart.

    References
    ----------
    .. [1] M. Saerens, P. Latinne and C. Decaestecker, "Adjusting the Outputs of a
       Classifier to New a Priori Probabilities", Neural Computation 14(1), 2002.
    .. [2] A. Alexandari, A. Kundaje and A. Shrikumar, "Maximum Likelihood with
       Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation", ICML
       2020.
    .. [3] Z. Lipton, Y.-X. Wang and A. Smola, "Detecting and Correcting for Label
       Shift with Black Box Predictors", ICML 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.weighting import LabelShiftInstanceWeighter
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["bad", "good", "bad", "good"], [200, 200, 50, 150])
    >>> X = rng.normal(size=(600, 2)) + 2 * (y == "good")[:, None]
    >>> d = np.repeat([1, -1], [400, 200])
    >>> weighter = LabelShiftInstanceWeighter().fit(X, y, sample_domain=d)
    >>> weighter.target_shares_.round(2)
    array([0.26, 0.74])
    >>> weighter.identifiable_
    True
    """

    _part_examples: ClassVar[dict[str, str]] = {
        "estimator": "LogisticRegression(max_iter=1000)",
        "weighter": "KMMInstanceWeighter()",
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **InstanceWeighter._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict"]), None],
        "method": [one_of(*METHODS)],
        "weighter": [HasMethods("fit"), None],
        "when_unsure": [one_of("keep", "estimate")],
        "cv": [integer(2)],
        "level": [number(above=0, below=1)],
        "max_width": [number(0, 1)],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        method: str = "em",
        weighter: Any = None,
        when_unsure: str = "keep",
        cv: int = 5,
        level: float = 0.95,
        max_width: float = 0.3,
        flatten: float | str | None = "auto",
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.weighter = weighter
        self.when_unsure = when_unsure
        self.cv = cv
        self.level = level
        self.max_width = max_width
        self.flatten = flatten

    def raw_weights(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Weights of the classes of the source rows.

        Parameters
        ----------
        X, y, sample_domain : array-like
            Rows of both sides, classes of the source rows and domains, as checked by
            `fit`.

        Returns
        -------
        weights : ndarray of shape (n_source,)
            Ratios of the shares, times the weights of the other weighter.
        """
        source = sample_domain > 0
        raw = np.ones(int(source.sum()))
        self.weighter_ = None
        if self.weighter is not None:
            self.weighter_ = clone(self.weighter)
            weights = fit_weights(self.weighter_, X, y, sample_domain)
            raw = np.asarray(weights, np.float64)[source]
        codes = self._class_codes(label_array(y)[source])
        self._estimate(X, codes, source)
        if self.identifiable_ or self.when_unsure == "estimate":
            raw = self._class_weights(codes, raw)
        return raw

    def _begin_fit(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        self.flatten_ = 1.0  # only the ratios of the classes are flattened
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None. Pass the classes of the source rows, with NaN or None for "
                "target rows."
            )
        if _num_samples(y) != X.shape[0]:
            raise ValueError(
                f"y must have one label for each row of X; got {_num_samples(y)} "
                f"labels for {X.shape[0]} rows."
            )

    def _class_weights(
        self, codes: NDArray[np.intp], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Weights times a power of the ratio of the shares."""
        power = 1.0 if self.flatten is None else self.flatten
        if isinstance(power, str):  # "auto"
            power = 1 / max(self.temperature_, 1.0)
        self.flatten_ = float(power)
        known = codes >= 0
        now = np.bincount(codes[known], weights[known], self.classes_.size)
        if not now.any():
            return weights  # the other weighter keeps no labelled row
        now = now / now.sum()
        ratio = np.divide(
            self.target_shares_, now, out=np.zeros_like(now), where=now > 0
        )
        shares = now * ratio**self.flatten_
        return class_ratio_weights(codes, shares / shares.sum(), weights)

    def _class_codes(self, labels: NDArray[Any]) -> NDArray[np.intp]:
        """Class of each source row, -1 where the label is missing."""
        known = ~missing_labels(labels)
        values = known_labels(labels, known)
        if values.dtype.kind == "f" and np.any(values != np.rint(values)):
            raise ValueError(
                "y must hold classes; got real numbers that are no integers. "
                "Label shift is about shares of classes: cut the target into classes "
                "first, or use another weighter."
            )
        self.classes_, found = np.unique(values, return_inverse=True)
        if self.classes_.size < 2:
            raise ValueError(
                f"{type(self).__name__} needs source rows of at least two classes; got "
                f"{self.classes_.size} class(es) among {known.sum()} labelled source "
                "rows."
            )
        codes = np.full(labels.shape[0], -1, dtype=np.intp)
        codes[known] = found.reshape(-1)
        return codes

    def _estimate(
        self, X: Any, codes: NDArray[np.intp], source: NDArray[np.bool_]
    ) -> None:
        labelled = np.flatnonzero(source)[codes >= 0]
        codes = codes[codes >= 0]
        Xs, Xt = X[labelled], X[np.flatnonzero(~source)]
        base = self.estimator
        base = LogisticRegression(max_iter=1000) if base is None else base
        P, models = cross_fit(base, Xs, codes, spread_folds(Xs, self.cv, strata=codes))
        k = self.classes_.size
        Q = np.array([class_probabilities(m, Xt, np.arange(k)) for m in models])
        if not models:  # nothing to learn from: all rows are equal, or nearly
            Q = np.tile(P[0], (1, Xt.shape[0], 1))
        estimate = METHODS[self.method](P, codes, Q)
        self.source_shares_ = np.bincount(codes) / codes.size
        self.target_shares_ = estimate.shares
        self.confidence_interval_ = share_interval(estimate, self.level)
        self.separation_ = class_separation(P, codes)
        self.temperature_ = calibration(P, codes)[0]
        fit = label_shift_test(P, codes, Q)
        self.fit_p_value_, self.fit_distance_ = fit.p_value, fit.distance
        self.doubts_ = self._find_doubts(np.bincount(codes))
        self.identifiable_ = not self.doubts_
        if self.doubts_:
            done = (
                "the weights are left as they are (when_unsure='estimate' would follow "
                "the estimate all the same)"
            )
            if self.when_unsure == "estimate":
                done = "the weights follow the estimate all the same"
            warnings.warn(
                "Cannot tell the shares of the classes in the target: "
                f"{'; '.join(self.doubts_)}. So {done}. A hundred labels of "
                "random target rows would settle it.",
                UserWarning,
                stacklevel=6,
            )

    def _find_doubts(self, counts: NDArray[np.intp]) -> list[str]:
        doubts = []
        # two standard errors of a mean prediction of the rarest class
        noise = 2 * np.sqrt(0.25 / counts.min())
        if self.separation_ < min(noise, 0.5):
            doubts.append(
                "the predictions hardly tell some classes apart (separation_ is "
                f"{self.separation_:.2g}, its noise {noise:.2g})"
            )
        low, high = self.confidence_interval_.T
        c = int((high - low).argmax())
        if high[c] - low[c] > self.max_width:
            doubts.append(
                f"the share of class {self.classes_[c]!s} may be anything from "
                f"{low[c]:.2f} to {high[c]:.2f}"
            )
        if self.fit_p_value_ < FIT_LEVEL and self.fit_distance_ > FIT_DISTANCE:
            doubts.append(
                "rows of the same class look different in the two domains: no mixture "
                f"of the source classes accounts for {self.fit_distance_:.0%} of the "
                f"target rows (p = {self.fit_p_value_:.1g}), so this is not label "
                "shift alone"
            )
        return doubts

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
