"""ExplainsDecisions: the methods that say which features speak for which class."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import _num_samples, check_is_fitted

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.inputs import row_container
from sktransfer._core.parameters import check_value, integer, one_of
from sktransfer._core.parts.decisions import Contributions, decide_terms, steps_of
from sktransfer._core.parts.terms import NotAdditiveError, Terms
from sktransfer.text.checks import is_text
from sktransfer.transfer._explanations import (
    DecisionExplanation,
    TopFeatures,
    frame_library,
)
from sktransfer.transfer._leave_one_out import losses_without_each
from sktransfer.transfer.strategies._default_student import target_tokenizer

METHODS = ("auto", "linear", "leave_one_out")
N_BEHIND = 2  # source features that are named behind each feature of the target


class ExplainsDecisions:
    """Mixin of classifiers: explain and top_features."""

    def _explained_parts(self) -> tuple[Any, Any]:
        """The fitted mapper, or None, and the model of mapped rows."""
        raise NotImplementedError

    def _explainer(self) -> Any:
        """The fitted classifier that explains: itself, or one that it has chosen."""
        return self

    def explain(
        self: Any,
        X: Any,
        sample_domain: ArrayLike | None = None,
        *,
        method: str = "auto",
    ) -> DecisionExplanation:
        """Say which features of a row speak for which class, and by how much.

        Parameters
        ----------
        X : str, or one row in any container that `predict` takes
            A text, or a row, such as ``X[[i]]`` or ``frame.iloc[[i]]``.
        sample_domain : int or array-like of shape (1,), default=None
            Domain of the row; None: a target row.
        method : {"auto", "linear", "leave_one_out"}, default="auto"
            "linear": the features of the row, each as what it adds; an error where a
            part is not linear. "leave_one_out": what the decision loses without each
            word of the text, or where a column is 0 ("" of texts, else None);
            for any classifier. "auto": the first, or the second if a part is not
            linear.

        Returns
        -------
        explanation : DecisionExplanation
            With ``features``, ``contributions`` of shape (n_features, n_scores) and
            ``base``, which add up to the scores of the row by `decision_function`;
            ``learned_from`` names the source words behind a target word.

        Raises
        ------
        ValueError
            If X has more rows than one, or `method` is "linear" and a part is not; the
            message names it.

        Notes
        -----
        Features are the columns of the row, or what the first part finds in it: the
        words and n-grams of a vectorizer, the words of a
        :class:`~sktransfer.CrossLingualMapper`, the categories of an encoder. What
        follows must be linear given the row. The length that a row is divided by is
        held as it is; what is subtracted from all rows is base. Any transformer and
        any classifier whose outputs are sums over the features will do, which is
        tested for the row.

        Scores of a distilled model that asks its teacher, or that labels have
        corrected, are a softmax of linear scores. Their contributions are those of the
        linear scores times the mean slope of the softmax on the way from no feature to
        the row [1]_; ``method`` of the explanation is then "path". They add up as well.

        Without a `decision_function`, contributions are to `predict_proba`.

        References
        ----------
        .. [1] M. Sundararajan, A. Taly, Q. Yan, "Axiomatic attribution for deep
               networks", ICML 2017.

        Examples
        --------
        >>> from sktransfer import CrossLingualMapper, DictionaryTranslation
        >>> from sktransfer import TransferClassifier
        >>> texts = ["good pen", "poor pen", "gut", "schlecht"]
        >>> mapper = CrossLingualMapper({"good": "gut", "poor": "schlecht"}, min_df=1,
        ...                             word_space=DictionaryTranslation())
        >>> model = TransferClassifier(mapper=mapper)
        >>> y, d = ["+", "-", None, None], [1, 1, -2, -2]
        >>> explanation = model.fit(texts, y, sample_domain=d).explain("schlecht")
        >>> explanation.features, explanation.learned_from
        (array(['schlecht'], dtype=object), [['poor']])
        """
        check_is_fitted(self)
        if (chosen := self._explainer()) is not self:
            return chosen.explain(X, sample_domain, method=method)
        check_value("method", method, one_of(*METHODS))
        row = _single_row([X] if isinstance(X, str) else X)
        row = self._open_rows(row) if hasattr(self, "_open_rows") else row
        domain = check_sample_domain(
            None if sample_domain is None else np.ravel(sample_domain), 1
        )
        number = None if domain is None else int(domain[0])
        output = "decision_function"
        if not hasattr(self, output):
            output = "predict_proba"
        found = None
        if method != "leave_one_out":
            try:
                found = _contributions(self, Terms(row, domain=number))
                _require_sum(found, _call(self, output, row, domain))
            except NotAdditiveError as error:
                if method == "linear":
                    raise ValueError(
                        f"explain: {error}. Pass method='leave_one_out', or fit with "
                        "linear parts."
                    ) from error
        how = "leave_one_out"
        if found is not None:
            how = "linear" if found.linear else "path"
        else:
            found = _losses(self, row, number, output)
        return self._explanation(found, X, row, domain, output, how)

    def _explanation(
        self: Any,
        found: Contributions,
        X: Any,
        row: Any,
        domain: Any,
        output: str,
        method: str,
    ) -> DecisionExplanation:
        """Contributions in order, with what the model says of the row."""
        decision = np.ravel(_call(self, output, row, domain)).astype(np.float64)
        order = np.argsort(-np.abs(found.values).max(axis=1, initial=0), kind="stable")
        names = [found.names[i] for i in order]
        behind: list[list[str]] = [[] for _ in names]
        if domain is None or domain[0] < 0:
            behind = source_features(self._explained_parts()[0], names)
        values = np.empty(len(names), dtype=object)
        values[:] = [found.amounts[i] for i in order]
        contributions = found.values[order]
        classes = np.asarray(self.classes_)
        return DecisionExplanation(
            np.array(names, dtype=object),
            values,
            contributions,
            # rounding of sums in float32 as well
            decision - contributions.sum(axis=0),
            decision,
            classes[1:] if decision.size == 1 else classes,
            behind,
            [found.views[i] for i in order],
            method,
            output,
            np.asarray(_call(self, "predict", row, domain)).tolist()[0],
            frame_library(X),
        )

    def top_features(
        self: Any, label: Any, k: int = 10, *, side: str = "target"
    ) -> TopFeatures:
        """Features that speak most for a class.

        Parameters
        ----------
        label : object
            One of ``classes_``.
        k : int, default=10
            Number of features, at most.
        side : {"target", "source"}, default="target"
            Whose words or columns: a :class:`~sktransfer.CrossLingualMapper` places
            words of two languages, and a distilled model has a student for target rows
            and a teacher for source rows.

        Returns
        -------
        top : TopFeatures
            With ``features``, ``weights`` and ``learned_from``: what a unit of each
            feature adds to the score of the class, the largest first, above 0 only. A
            unit is the whole of a text, or of a row of counts, and 1 of other columns.

        Raises
        ------
        ValueError
            If `label` is no class, or a part is not linear; the message names it.

        Examples
        --------
        >>> from sktransfer import CrossLingualMapper, DictionaryTranslation
        >>> from sktransfer import TransferClassifier
        >>> texts = ["good pen", "poor pen", "gut", "schlecht"]
        >>> mapper = CrossLingualMapper({"good": "gut", "poor": "schlecht"}, min_df=1,
        ...                             word_space=DictionaryTranslation())
        >>> y, d = ["+", "-", None, None], [1, 1, -2, -2]
        >>> model = TransferClassifier(mapper=mapper).fit(texts, y, sample_domain=d)
        >>> model.top_features("-").features
        array(['schlecht'], dtype=object)
        >>> model.top_features("-", 1, side="source").features
        array(['poor'], dtype=object)
        """
        check_is_fitted(self)
        if (chosen := self._explainer()) is not self:
            return chosen.top_features(label, k, side=side)
        check_value("k", k, integer(1))
        check_value("side", side, one_of("target", "source"))
        classes = np.asarray(self.classes_).tolist()
        if label not in classes:
            raise ValueError(f"label must be one of {classes}; got {label!r}.")
        domain = getattr(self, "_largest_source", 1) if side == "source" else None
        try:
            found = _contributions(self, Terms(None, domain=domain))
        except NotAdditiveError as error:
            raise ValueError(
                f"top_features: {error}. explain() tells of single rows, by leaving "
                "out what is in them."
            ) from error
        weights = _weights_of_class(found.values, classes.index(label))
        best = np.argsort(-weights, kind="stable")[:k]
        best = best[weights[best] > 0]
        names = [found.names[i] for i in best]
        behind: list[list[str]] = [[] for _ in names]
        if side == "target":
            behind = source_features(self._explained_parts()[0], names)
        return TopFeatures(
            np.array(names, dtype=object),
            weights[best],
            behind,
            [found.views[i] for i in best],
            label,
            side,
        )


def _contributions(classifier: Any, given: Terms) -> Contributions:
    """What each feature adds to the decision of a classifier."""
    mapper, model = classifier._explained_parts()
    if hasattr(model, "_contributions"):
        return model._contributions(given, mapper)
    if getattr(model, "takes_native_rows", False):
        mapper = None
    return decide_terms([*steps_of(mapper), *steps_of(model)], _DECISION, given)


_DECISION = "decision_function"
_ROUNDING = 1e-4  # parts may compute in float32


def _require_sum(found: Contributions, decision: Any) -> None:
    """Raise unless contributions add up to a decision, but for rounding."""
    size = np.abs(found.values).sum(axis=0) + np.abs(found.base)
    apart = np.abs(found.total - np.ravel(decision))
    if not np.all(apart <= _ROUNDING * size):
        raise NotAdditiveError("the decision is not the sum of its features")


def _losses(classifier: Any, row: Any, domain: int | None, output: str) -> Any:
    """What the scores lose without each feature."""

    def scores(rows: Any, n: int) -> NDArray[np.float64]:
        domains = None if domain is None else np.full(n, domain)
        return np.asarray(_call(classifier, output, rows, domains), np.float64)

    tokenizer = None
    if domain is None or domain < 0:
        tokenizer = target_tokenizer(classifier._explained_parts()[0])
    return losses_without_each(scores, row, tokenizer)


def _call(classifier: Any, method: str, X: Any, sample_domain: Any) -> Any:
    function = getattr(classifier, method)
    if "sample_domain" in inspect.signature(function).parameters:
        return function(X, sample_domain=sample_domain)
    return function(X)


def _single_row(X: Any) -> Any:
    """A container of one row."""
    X = row_container(X)
    one_dimensional = not isinstance(X, list | tuple) and np.ndim(X) == 1
    n = 0 if X is None else _num_samples(X)
    if n != 1 or (one_dimensional and not is_text(X)):
        raise ValueError(
            "explain takes a text or one row of a table; got "
            f"{'one dimension' if n == 1 else f'{n} rows'}. Pass X[[i]], or "
            "frame.iloc[[i]]."
        )
    return X


def _weights_of_class(values: NDArray[np.float64], place: int) -> NDArray[np.float64]:
    """What features add to the score of a class; of two, one has that of the other."""
    if values.shape[1] == 1:
        return values[:, 0] if place == 1 else -values[:, 0]
    return values[:, place]


def source_features(mapper: Any, names: list[str]) -> list[list[str]]:
    """Source features that stand behind features of the target, by their names."""
    steps = steps_of(mapper)
    for k, step in enumerate(steps):
        views = [view for _, view in getattr(step, "views_", ())]
        for view in views:
            if any(found := source_features(view, names)):
                return found
        if not hasattr(step, "_source_features"):
            continue
        if k == 0 and not hasattr(step, "n_features_in_"):  # it takes words
            return step._source_features(names, N_BEHIND)
        return _behind_columns(steps[:k], step, names)
    return [[] for _ in names]


def _behind_columns(before: list[Any], step: Any, names: list[str]) -> list[list[str]]:
    """The same where features are columns, which the step before names."""
    columns = getattr(step, "feature_names_in_", None)
    if before and hasattr(before[-1], "get_feature_names_out"):
        columns = before[-1].get_feature_names_out()
    if columns is None:
        columns = [f"x{j}" for j in range(step.n_features_in_)]
    place = {str(name): j for j, name in enumerate(columns)}
    known = [k for k, name in enumerate(names) if name in place]
    found: list[list[str]] = [[] for _ in names]
    if known:
        at = np.array([place[names[k]] for k in known])
        for k, behind in zip(known, step._source_features(at, N_BEHIND)):
            found[k] = [str(columns[j]) for j in behind]
    return found
