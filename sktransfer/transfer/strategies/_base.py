"""The base class of strategies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator

from sktransfer._core.parts.defaults import GivenParameters
from sktransfer.transfer.strategies._rows import TrainingRows


def _built_in_parameters() -> set[str]:
    """Parameters of all built-in strategies together."""
    from sktransfer.transfer.strategies._names import STRATEGIES  # it imports this file

    return {name for cls in STRATEGIES.values() for name in cls._get_param_names()}


class Strategy(ABC, GivenParameters, BaseEstimator):
    """Base of strategies: how labelled rows of several domains make one model.

    A strategy is a parameter of :class:`~sktransfer.TransferClassifier` and
    :class:`~sktransfer.TransferRegressor`, which map and weigh the rows before and
    predict with the model afterwards. To write one, derive from this class, assign the
    parameters in ``__init__``, and write the one method :meth:`fit_model`. An object of
    another class with that method will do as well.

    What :meth:`fit_model` returns is a fitted model of the mapped rows: it has
    ``predict``, and whichever of ``predict_proba``, ``predict_log_proba`` and
    ``decision_function`` the transfer estimator is to have. Two attributes of the
    model, both False where it has none, change what these methods are given:

    - ``takes_native_rows = True``: rows as they were passed to ``predict``, before
      the mapper.
    - ``takes_sample_domain = True``: the domains of the rows as well, in the argument
      ``sample_domain``, which is None for target rows.

    :meth:`fit_model` may set attributes on the strategy that end in an underscore; the
    user finds them at ``strategy_`` of the transfer estimator. Two of them are read:
    ``sample_weight_``, the weight of each row in the training (otherwise those of the
    labelled rows), and ``estimator_``, the model of mapped rows where what is returned
    is not one.

    One grid may span several strategies: what derives from this class leaves out
    parameters that only a built-in strategy has, see :meth:`set_params`. Parameters of
    strategies of your own are known to these alone, so they are searched in a grid of
    their own, in a list of grids: ``[{"strategy": [Pooling()]}, {"strategy": [Mine()],
    "strategy__factor": [1, 5]}]``. So are all parameters of a strategy that does not
    derive from this class.

    Attributes
    ----------
    gives_scores : bool
        Class attribute: whether the models have all four methods of prediction,
        whatever the estimator has. False by default.
    holds_out_target_labels : bool
        Class attribute: whether labels of target rows only correct the model in the
        end, so that ``source_shares="target"`` may not read them. False by default.

    See Also
    --------
    TrainingRows : What :meth:`fit_model` is given.
    sktransfer.transfer.strategies.Pooling : The simplest one.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import TransferClassifier
    >>> from sktransfer.transfer.strategies import Strategy
    >>> class TargetAlone(Strategy):
    ...     def fit_model(self, estimator, rows):
    ...         rows.require_target("TargetAlone", labelled=True)
    ...         return rows.fit(estimator, rows.labelled & rows.target)
    >>> X = np.array([[0.0], [1.0], [0.0], [1.0]])
    >>> model = TransferClassifier(strategy=TargetAlone(), target_labels="use")
    >>> model.fit(X, ["a", "b", "b", "a"], sample_domain=[1, 1, -1, -1])
    TransferClassifier(strategy=TargetAlone(), target_labels='use')
    >>> model.predict([[0.0], [1.0]])
    array(['b', 'a'], dtype='<U1')
    """

    gives_scores: ClassVar[bool] = False
    holds_out_target_labels: ClassVar[bool] = False
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    @abstractmethod
    def fit_model(self, estimator: Any, rows: TrainingRows) -> Any:
        """Make a model of the rows.

        Parameters
        ----------
        estimator : estimator
            Unfitted classifier or regressor. It must be cloned before it is fitted, as
            :meth:`TrainingRows.fit` does.
        rows : TrainingRows
            Rows of all domains, labelled or not.

        Returns
        -------
        model : object
            A fitted model with ``predict``.
        """

    def set_params(self, **params: Any) -> Self:
        """Set parameters, as every scikit-learn estimator does.

        A parameter that only another built-in strategy has is left out, and its value
        is not looked at, so that one grid may span several: ``{"strategy": [Pooling(),
        Distillation()], "strategy__teacher_weight": [0, 0.5]}``.

        Parameters
        ----------
        **params : dict
            Names and values; ``student__alpha`` is a parameter of ``student``.

        Returns
        -------
        self : Strategy
            The strategy itself.

        Raises
        ------
        ValueError
            If neither the strategy nor any built-in one has a parameter of that name.
        """
        others = _built_in_parameters() - set(self._get_param_names())
        kept = {
            name: value
            for name, value in params.items()
            if name.partition("__")[0] not in others
        }
        return super().set_params(**kept)
