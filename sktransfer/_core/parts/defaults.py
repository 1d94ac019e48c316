"""Parameters of parts: a clear message where a part that is to be set is not there."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from sklearn.base import clone

from sktransfer._core.printing import printed_params


class GivenParameters:
    """Mixin of all estimators: parameters as they are printed, and as they are set.

    Long ones are printed by their type, and `set_params` says which part is missing,
    and what to pass for it.
    """

    # what a part that is None stands for, as the user would write it
    _part_examples: ClassVar[dict[str, str]] = {}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get parameters of the estimator.

        Parameters
        ----------
        deep : bool, default=True
            Whether to return the parameters of its parts as well.

        Returns
        -------
        params : dict
            Names and values.
        """
        return printed_params(super().get_params(deep=deep))  # type: ignore[misc]

    def __sklearn_clone__(self) -> Self:
        try:
            return super().__sklearn_clone__()  # type: ignore[misc]
        except TypeError as error:
            raise _copy_error(self, error) from error

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the estimator and of its parts.

        Parameters
        ----------
        **params : dict
            Names and values; ``part__name`` is a parameter of the part ``part``.

        Returns
        -------
        self : estimator
            The estimator itself.

        Raises
        ------
        ValueError
            If a parameter of a part is set, and there is no such part or parameter.
        """
        check_parts_to_set(self, params)
        return super().set_params(**params)  # type: ignore[misc]


def _copy_error(estimator: Any, error: TypeError) -> TypeError:
    """What to do about a parameter that cannot be copied."""
    for name, value in estimator.get_params(deep=False).items():
        if hasattr(value, "get_params"):
            continue
        try:
            clone(value, safe=False)
        except TypeError as cause:
            remedy = (
                "Name the function, 'module:function' such as 'jieba:lcut'"
                if name == "tokenizer"
                else "Pass an object that copy.deepcopy can copy"
            )
            return TypeError(
                f"{name} of {type(estimator).__name__} cannot be copied ({cause}): "
                f"{value!r:.100}. {remedy}."
            )
    return error


def check_parts_to_set(estimator: Any, params: dict[str, Any]) -> None:
    """Raise where ``part__name`` is to be set and the part has no parameters."""
    own = estimator._get_param_names()
    for key in params:
        part, nested, _ = key.partition("__")
        if not nested or part not in own:
            continue
        value = params.get(part, getattr(estimator, part))
        if hasattr(value, "set_params") and not isinstance(value, type):
            continue
        example = getattr(estimator, "_part_examples", {}).get(part)
        remedy = f"pass {part}={example}" if example else f"pass an object as {part}"
        raise ValueError(
            f"{part} of {type(estimator).__name__} is {value!r:.100}, so {key} has "
            f"nothing to set: {remedy}, or search {{{part!r}: [...]}}."
        )
