"""What automatic choices of a classifier and of a regressor have in common."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import CallbackSupportMixin, begin_step
from sktransfer.transfer.auto._candidate_runs import CandidateRuns
from sktransfer.transfer.auto._decision import TransferDecision
from sktransfer.transfer.auto._diagram import candidate_blocks
from sktransfer.transfer.auto._domain_distance import domain_distance
from sktransfer.transfer.auto._elimination import has_transfer_parts
from sktransfer.transfer.auto._step_cache import drop_step_cache
from sktransfer.transfer.strategies import FineTuning, Pooling
from sktransfer.transfer.strategies._fine_tuning import is_linear
from sktransfer.transfer.strategies._names import named_strategy


class AutomaticChoice(
    MetaEstimatorMixin, CallbackSupportMixin, GivenParameters, BaseEstimator
):
    """Base of AutoTransferClassifier and AutoTransferRegressor; not for direct use.

    A subclass defines ``_first_estimator()``, the base of the default candidates.
    """

    def _has_guard(self) -> bool:
        return not isinstance(self.guard, bool | np.bool_) or bool(self.guard)

    def _decide_by_domains(
        self, runs: CandidateRuns, *, guarded: bool
    ) -> TransferDecision | None:
        """The decision where there is nothing to adapt to, else None."""
        name = runs.names[0]
        self.domain_distance_ = np.nan
        if runs.domain is None:
            reason = "no sample_domain was given, so there is no other domain"
            return TransferDecision(False, name, reason)
        if not np.any(runs.domain < 0):
            raise ValueError(
                f"{type(self).__name__} compares candidates on target rows, unlabelled "
                "ones will do; got none (no negative entry in sample_domain). Add "
                "target rows, or leave sample_domain out."
            )
        distance, noise = domain_distance(runs.models[0], runs.X, runs.domain)
        self.domain_distance_ = distance
        if not guarded or not distance <= noise:
            return None
        reason = (
            "no classifier tells target rows from source rows (distance "
            f"{distance:.2f} of 2, chance alone gives up to {noise:.2f})"
        )
        return TransferDecision(False, name, reason)

    def _keep(self, runs: CandidateRuns, models: list[Any], best: int) -> None:
        """Train on all labels what is to be kept."""
        begin_step(f"fit {runs.names[best]!r} to all labels")
        self.best_index_ = best
        kept = runs.fitted() if self.keep_candidates else sorted({0, best})
        for j in kept:
            if runs.models[j] is None:
                runs.fit(j, models[j])
        if runs.models[best] is None:
            raise runs.errors[best]
        self.estimators_ = {
            runs.names[j]: drop_step_cache(runs.models[j])
            for j in kept
            if runs.models[j] is not None
        }
        self.best_estimator_ = self.estimators_[runs.names[best]]
        runs.repeat_warnings(best)

    def _train_on_target_labels(
        self, X: Any, y: NDArray[Any], domain: Any, candidate: Any
    ) -> None:
        """Train the candidate taken on the labelled target rows as well."""
        model = clone(candidate)
        if not has_transfer_parts(model):
            return
        model.set_params(target_labels="use")
        if (
            isinstance(named_strategy(model.strategy), Pooling)
            and model.target_weight == 1
            and is_linear(self.best_estimator_.estimator_)
        ):
            model.set_params(strategy=FineTuning())
        self.best_estimator_ = model.fit(X, y, domain)
        if hasattr(model, "classes_"):  # a class may occur in the target alone
            self.classes_ = model.classes_

    def _call_best(self, method: str, X: Any, sample_domain: Any) -> NDArray[Any]:
        """Call a method of the candidate taken, with domains where it takes them."""
        check_is_fitted(self)
        function = getattr(self.best_estimator_, method)
        if "sample_domain" in inspect.signature(function).parameters:
            return function(X, sample_domain=sample_domain)
        return function(X)

    def _sk_visual_block_(self) -> Any:
        return candidate_blocks(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        first = self._first_estimator()
        if isinstance(self.candidates, list | tuple) and self.candidates:
            pair = self.candidates[0]  # what is no pair is for fit to refuse
            if isinstance(pair, tuple) and hasattr(pair[-1], "__sklearn_tags__"):
                first = pair[-1]
        tags.input_tags = get_tags(first).input_tags
        tags.target_tags.required = True
        return tags
