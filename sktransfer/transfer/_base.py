"""What the transfer estimators share: the way of rows through their parts."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import (
    _num_samples,
    check_consistent_length,
    check_is_fitted,
)

from sktransfer._core.diagrams import parts_side_by_side
from sktransfer._core.domains import check_sample_domain
from sktransfer._core.inputs import row_container
from sktransfer._core.labels import label_array, mask_labels
from sktransfer._core.parameters import (
    check_parameters,
    check_value,
    number,
    one_of,
    part,
)
from sktransfer._core.parts import (
    copy_features,
    fit_mapper,
    fit_weights,
    map_rows,
    reads_texts,
)
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import CallbackSupportMixin, begin_step
from sktransfer._core.weights import check_sample_weight
from sktransfer.text.checks import check_texts, is_text
from sktransfer.transfer._labels import check_given
from sktransfer.transfer._source_shares import source_factors, source_shares
from sktransfer.transfer.strategies._names import (
    STRATEGIES,
    named_strategy,
    new_strategy,
)
from sktransfer.transfer.strategies._rows import TrainingRows


class TransferEstimator(
    MetaEstimatorMixin, CallbackSupportMixin, GivenParameters, BaseEstimator
):
    """Base of TransferClassifier and TransferRegressor; not for direct use.

    A subclass defines ``_base_estimator()``, the unfitted estimator.
    """

    _part_examples: ClassVar[dict[str, str]] = {
        "mapper": "CORAL()",
        "weighter": "KMMInstanceWeighter()",
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [part("an estimator with fit and predict"), None],
        "mapper": [part("a transformer, such as CORAL()"), None],
        "weighter": [part("a weighter, such as KMMInstanceWeighter()"), None],
        "strategy": [
            one_of(*STRATEGIES),
            part("a strategy, an object with fit_model", method="fit_model"),
        ],
        "target_labels": [one_of("ignore", "use")],
        "target_weight": [number(above=0)],
        "source_shares": [one_of("equal", "target")],
    }

    def _check(
        self, X: Any, y: Any, sample_weight: Any
    ) -> tuple[Any, NDArray[Any], NDArray[Any] | None]:
        """Check the parameters; rows, labels and weights as the parts read them."""
        check_parameters(self)
        self.strategy_ = new_strategy(self.strategy)
        if hasattr(self.strategy_, "_parameter_constraints"):
            check_parameters(self.strategy_)
        check_given(y, type(self).__name__)
        X, y = self._open_rows(X), label_array(y)
        check_consistent_length(X, y)
        return X, y, check_sample_weight(sample_weight, X)

    def _open_rows(self, X: Any) -> Any:
        """Rows in a container that the parts read; a column of texts as texts."""
        X = row_container(X)
        first = self._base_estimator() if self.mapper is None else self.mapper
        native = self.mapper is None and self._is_without_teacher()
        if (native or reads_texts(first)) and is_text(X):
            return check_texts(X, type(self).__name__)
        if isinstance(X, np.ndarray) and X.dtype == np.float16:
            # scikit-learn computes in half precision where it is given it
            return X.astype(np.float64)
        return X

    def _counted(
        self,
        labelled: NDArray[np.bool_],
        domain: NDArray[np.int64] | None,
        sample_weight: NDArray[Any] | None,
    ) -> NDArray[np.bool_]:
        """Labelled rows that are not of weight 0: the labels of others are unread."""
        if sample_weight is None or domain is None:
            return labelled
        counted = labelled & (sample_weight > 0)
        known = int(np.sum(labelled & (domain < 0)))
        if known and not np.any(counted & (domain < 0)):
            raise ValueError(
                "target_labels='use' needs labelled target rows of positive weight; "
                f"all {known} have weight 0. Pass other weights, or "
                "target_labels='ignore'."
            )
        return counted

    def _fit_parts(
        self,
        X: Any,
        y: NDArray[Any],
        labelled: NDArray[np.bool_],
        labels: NDArray[Any],
        domain: NDArray[np.int64] | None,
        sample_weight: NDArray[Any] | None,
        classes: NDArray[Any] | None = None,
    ) -> Self:
        """Map the rows, weigh them, and hand them to the strategy."""
        begin_step("map the rows", of=3)
        self._largest_source = _largest_source(domain)
        y_seen = mask_labels(y, labelled)
        mapped = self._fit_mapper(X, y_seen, domain)
        begin_step("weigh the rows")
        weights = self._fit_weighter(mapped, y_seen, domain, sample_weight)
        rows = TrainingRows(
            mapped,
            native=X,
            labelled=labelled,
            labels=labels,
            domain=domain,
            weights=weights,
            sample_weight=sample_weight,
            classes=classes,
            mapper=self.mapper_,
        )
        rows = self._share_sources(rows)
        begin_step(f"train by {type(self.strategy_).__name__}")
        self.model_ = self.strategy_.fit_model(self._base_estimator(), rows)
        if not hasattr(self.model_, "predict"):
            raise TypeError(
                f"fit_model of {type(self.strategy_).__name__} must return a fitted "
                f"model with predict; got {self.model_!r:.200}. Return the model, such "
                "as that of rows.fit(estimator)."
            )
        self.estimator_ = getattr(self.strategy_, "estimator_", self.model_)
        self.sample_weight_ = getattr(
            self.strategy_, "sample_weight_", rows.training_weights()
        )
        copy_features(self._first_part(), self)
        return self

    def _first_part(self) -> Any:
        """The fitted part that saw the rows as they were passed to fit."""
        if self.mapper_ is not None:
            return self.mapper_
        known = hasattr(self.model_, "n_features_in_")
        return self.model_ if known else self.estimator_

    def _fit_mapper(
        self, X: Any, y: NDArray[Any], domain: NDArray[np.int64] | None
    ) -> Any:
        """Fit the mapper and map the rows; without one they stay as they are."""
        self.mapper_ = None if self.mapper is None else clone(self.mapper)
        return X if self.mapper_ is None else fit_mapper(self.mapper_, X, y, domain)

    def _fit_weighter(
        self,
        mapped: Any,
        y: NDArray[Any],
        domain: NDArray[np.int64] | None,
        sample_weight: Any,
    ) -> NDArray[np.floating] | None:
        """Weight of each row, or None where all are the same by construction."""
        self.weighter_ = None if self.weighter is None else clone(self.weighter)
        n = _num_samples(mapped)
        weights = None
        if self.weighter_ is not None:
            weights = np.array(fit_weights(self.weighter_, mapped, y, domain))
        if self.target_weight != 1 and domain is not None:
            weights = np.ones(n) if weights is None else weights
            weights[domain < 0] *= self.target_weight
        if sample_weight is None:
            return weights
        return sample_weight if weights is None else weights * sample_weight

    def _share_sources(self, rows: TrainingRows) -> TrainingRows:
        """Weigh several sources by their use for the target, if that is asked for."""
        self.source_shares_ = None
        if self.source_shares == "equal":
            return rows
        read = rows
        if getattr(self.strategy_, "holds_out_target_labels", False):
            read = rows.without_target_labels()
        self.source_shares_ = source_shares(self._base_estimator(), read)
        if self.source_shares_ is None or rows.domain is None:
            return rows
        factors = source_factors(self.source_shares_, rows.domain)
        if rows.weights is not None:
            factors = factors * rows.weights
        return replace(rows, weights=factors)

    def _call(self, method: str, X: Any, sample_domain: Any) -> Any:
        """Call a method of the model on rows in the form that it takes."""
        check_is_fitted(self)
        X = self._open_rows(X)
        domain = check_sample_domain(sample_domain, _num_samples(X))
        if not getattr(self.model_, "takes_native_rows", False):
            X = map_rows(self.mapper_, X, domain)
        takes_domain = getattr(self.model_, "takes_sample_domain", False)
        given = {"sample_domain": domain} if takes_domain else {}
        try:
            return self._no_nan(getattr(self.model_, method)(X, **given))
        except TypeError as error:
            if "ufunc" not in str(error):
                raise
            raise TypeError(
                f"the model of {type(self).__name__} takes no rows of objects, which "
                "columns of categories become. Pass numbers, such as X.astype(float)."
            ) from error

    def _no_nan(self, found: Any) -> Any:
        """What the model says of rows; an error where that is NaN."""
        if getattr(getattr(found, "dtype", None), "kind", "") == "f":
            wrong = np.isnan(found)
            if wrong.any():
                raise ValueError(
                    f"the model of {type(self).__name__} predicts NaN in {wrong.sum()} "
                    "cases: sums over its features overflow, or it was fitted to "
                    "such. Divide the features by a number first."
                )
        return found

    def _is_without_teacher(self) -> bool:
        return vars(self).get("strategy_", "") is None

    def without_teacher(self) -> Self:
        """Copy of a distilled model with the student alone: no mapper, no teacher.

        It predicts target rows as this model does, from their native form, and holds
        nothing else: a file of it is small, and needs no dictionary or encoder. Source
        rows are refused.

        Returns
        -------
        student : estimator
            A fitted copy, whose ``mapper``, ``weighter`` and ``strategy_`` are None.

        Raises
        ------
        AttributeError
            If there is no student: it is fitted with ``strategy="distill"``.
        ValueError
            If the teacher has a weight in the predictions of target rows.

        Examples
        --------
        >>> import numpy as np
        >>> from sktransfer import CORAL, TransferClassifier
        >>> X = np.array([[-1.0, 0.0], [1.0, 0.0], [-1.0, -1.0], [1.0, 1.0]])
        >>> model = TransferClassifier(mapper=CORAL(), strategy="distill")
        >>> y, sample_domain = ["no", "yes", None, None], [1, 1, -1, -1]
        >>> model = model.fit(X, y, sample_domain=sample_domain)
        >>> model.without_teacher().predict([[2.0, 1.0]])
        array(['yes'], dtype='<U3')
        """
        check_is_fitted(self)
        if not hasattr(self.model_, "without_teacher"):
            raise AttributeError(
                f"without_teacher of {type(self).__name__} needs a student; got "
                f'strategy={self.strategy!r}. Fit with strategy="distill".'
            )
        alone = copy.copy(self)
        alone.model_ = self.model_.without_teacher()
        alone.mapper = alone.mapper_ = alone.weighter = alone.weighter_ = None
        alone.strategy_ = None
        alone.estimator_ = alone.model_.student_
        if hasattr(alone, "sample_weight_"):
            del alone.sample_weight_
        return alone

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the estimator and of its parts.

        Parameters
        ----------
        **params : dict
            Names and values, such as ``mapper`` or ``strategy__n_rounds``. A strategy
            that is a string becomes the object that it stands for when one of its
            parameters is set.

        Returns
        -------
        self : estimator
            The estimator itself.

        Raises
        ------
        ValueError
            If a parameter of a part is set, and there is no such part or parameter.
        """
        if any(name.startswith("strategy__") for name in params):
            given = params.get("strategy", self.strategy)
            allowed = self._parameter_constraints["strategy"]
            check_value(f"strategy of {type(self).__name__}", given, *allowed)
            params = {**params, "strategy": named_strategy(given)}
        return super().set_params(**params)

    def _sk_visual_block_(self) -> Any:
        """Mapper, weighter, estimator, strategy and student, fitted where they are."""
        strategy = vars(self).get("strategy_", named_strategy(self.strategy))
        parts = {
            "mapper": vars(self).get("mapper_", self.mapper),
            "weighter": vars(self).get("weighter_", self.weighter),
            "estimator": vars(self).get("estimator_", self._base_estimator()),
            "strategy": strategy,
        }
        if hasattr(strategy, "student"):
            student = strategy.student
            student = "that suits the rows" if student is None else student
            parts["student"] = getattr(strategy, "student_", student)
        named = [(k, v) for k, v in parts.items() if v is not None]
        return parts_side_by_side(
            [
                (f"{k}: {v if isinstance(v, str) else type(v).__name__}", v)
                for k, v in named
            ]
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        first = self._base_estimator() if self.mapper is None else self.mapper
        tags.input_tags = get_tags(first).input_tags
        tags.target_tags.required = True
        return tags


def _largest_source(domain: NDArray[np.int64] | None) -> int:
    """The source domain of most rows; 1 without domains."""
    if domain is None or not np.any(domain > 0):
        return 1
    values, sizes = np.unique(domain[domain > 0], return_counts=True)
    return int(values[sizes.argmax()])
