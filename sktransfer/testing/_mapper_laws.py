"""Laws of mappers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from sktransfer.model_selection import TargetKFold
from sktransfer.testing import _common_laws as common
from sktransfer.testing._case import Case, Rows, given_rows, takes
from sktransfer.testing._checks import (
    Law,
    always,
    as_array,
    broken,
    dense,
    generate_checks,
    require_close,
    require_error,
    run_checks,
)
from sktransfer.testing._input_laws import INPUT_LAWS
from sktransfer.transfer import TransferClassifier

ROUTING = (False, True)


@dataclass(frozen=True)
class MapperCase(Case):
    """Rows that a mapper maps."""

    answers: ClassVar[str] = "mapped rows"

    def answer(self, model: Any, rows: Rows) -> Any:
        """Rows as `transform` maps them, each by its own domain."""
        if takes(model, "transform", "sample_domain"):
            return model.transform(rows.X, sample_domain=rows.sample_domain)
        return model.transform(rows.X)


def maps_by_domain(mapper: Any, case: Case) -> bool:
    """Condition: `transform` takes the domain."""
    return takes(mapper, "transform", "sample_domain")


def keeps_float32(mapper: Any, case: Case) -> bool:
    """Condition: the tag preserves_dtype lists float32, and X is a table."""
    tags = get_tags(mapper).transformer_tags
    kept = tags is not None and "float32" in tags.preserves_dtype
    return kept and case.rows.is_table


def has_fit_transform(mapper: Any, case: Case) -> bool:
    """Condition: there is a fit_transform."""
    return hasattr(mapper, "fit_transform")


def names_features(mapper: Any, case: Case) -> bool:
    """Condition: there are names of the columns."""
    return hasattr(mapper, "get_feature_names_out")


def check_one_row_each(mapper: Any, case: MapperCase) -> None:
    """Each row is mapped to one row of finite numbers."""
    mapped = case.fitted_answer(mapper, case.rows)
    shape = np.shape(as_array(mapped))
    remedy = "Return a two-dimensional array or sparse matrix, rows in their order."
    if len(shape) != 2 or shape[0] != case.rows.n_rows:
        broken(f"shape {shape} for {case.rows.n_rows} rows", remedy)
    if not np.isfinite(dense(mapped)).all():
        broken("values that are not finite", remedy)


def check_without_domains(mapper: Any, case: MapperCase) -> None:
    """Without sample_domain a mapper can be fitted, and maps each row."""
    mapped = case.fitted_answer(mapper, case.rows._replace(sample_domain=None))
    if mapped.shape[0] != case.rows.n_rows or not np.isfinite(dense(mapped)).all():
        broken(
            f"shape {mapped.shape}, or values that are not finite",
            "Let sample_domain default to None: every row is then source and target.",
        )


def check_rows_without_domain(mapper: Any, case: MapperCase) -> None:
    """Rows that `transform` gets without a domain are rows of the target."""
    model = case.fit(mapper, case.rows)
    target = -np.ones(case.rows.n_rows, dtype=int)
    require_close(
        case.answer(model, case.rows._replace(sample_domain=None)),
        case.answer(model, case.rows._replace(sample_domain=target)),
        1e-10,
        case.answers,
        "Treat sample_domain=None in transform as all negative: rows to serve are "
        "target rows.",
    )


def check_rows_alone(mapper: Any, case: MapperCase) -> None:
    """A row is mapped alike alone and among others."""
    model = case.fit(mapper, case.rows)
    together = dense(case.answer(model, case.rows))
    for i in (0, case.rows.n_rows // 2, case.rows.n_rows - 1):
        require_close(
            case.answer(model, case.rows.take([i])),
            together[[i]],
            1e-6,
            case.answers,
            "Let transform use what fit has learned, and nothing of the other rows.",
        )


def check_fit_transform(mapper: Any, case: MapperCase) -> None:
    """`fit_transform` is `fit`, then `transform` by the same domains."""
    rows, model = case.rows, case.model(mapper)
    kwargs = {}
    if takes(model, "fit", "sample_domain"):
        kwargs["sample_domain"] = rows.sample_domain
    require_close(
        model.fit_transform(rows.X, rows.y, **kwargs),
        case.fitted_answer(mapper, rows),
        case.tolerance,
        case.answers,
        "Define fit_transform(X, y=None, sample_domain=None) as "
        "self.fit(X, y, sample_domain).transform(X, sample_domain), or inherit from "
        "sktransfer.base.DomainMapper.",
    )


def check_equal_domains(mapper: Any, case: MapperCase) -> None:
    """Where the sides have equal rows, a row is mapped alike on both."""
    source = np.flatnonzero(np.asarray(case.rows.sample_domain) > 0)
    twice = case.rows.take(np.tile(source, 2))
    twice = twice._replace(sample_domain=np.repeat([1, -1], source.size))
    mapped = dense(case.fitted_answer(mapper, twice))
    require_close(
        mapped[: source.size],
        mapped[source.size :],
        case.tolerance,
        case.answers,
        "Let the map of a side differ from the other's only by what differs in their "
        "rows.",
    )


def check_feature_names(mapper: Any, case: MapperCase) -> None:
    """There is one name for each column that `transform` returns."""
    model = case.fit(mapper, case.rows)
    names = list(model.get_feature_names_out())
    n_columns = case.answer(model, case.rows).shape[1]
    if len(names) != n_columns or len(set(names)) != n_columns:
        broken(
            f"{len(set(names))} different names for {n_columns} columns",
            "Inherit sklearn.base.ClassNamePrefixFeaturesOutMixin and set "
            "_n_features_out in fit, or OneToOneFeatureMixin.",
        )


def check_n_features(mapper: Any, case: MapperCase) -> None:
    """Rows with another number of features than in `fit` are refused."""
    model = case.fit(mapper, case.rows)
    require_error(
        "rows with a feature too few",
        "features",
        "Validate X with validate_data(self, X, reset=False).",
        case.answer,
        model,
        case.rows._replace(X=case.rows.X[:, :-1]),
    )


def check_transform_domains(mapper: Any, case: MapperCase) -> None:
    """A sample_domain of another length than X is refused by `transform`."""
    model = case.fit(mapper, case.rows)
    d = np.asarray(case.rows.sample_domain)[:-1]
    require_error(
        "sample_domain with an entry too few",
        "sample_domain",
        "Raise a ValueError that names sample_domain, what was got and what to do.",
        case.answer,
        model,
        case.rows._replace(sample_domain=d),
    )


def check_routing(mapper: Any, case: MapperCase) -> None:
    """The domain reaches the mapper in a Pipeline, metadata routing off and on."""
    rows = case.rows
    expected = case.fitted_answer(mapper, rows)
    for routing in ROUTING:
        steps = [("mapper", case.model(mapper)), ("last", "passthrough")]
        name = "sample_domain" if routing else "mapper__sample_domain"
        with config_context(enable_metadata_routing=routing):
            mapped = Pipeline(steps).fit_transform(
                rows.X, rows.y, **{name: rows.sample_domain}
            )
        require_close(
            mapped,
            expected,
            case.tolerance,
            f"mapped rows with enable_metadata_routing={routing}",
            'Set __metadata_request__fit = {"sample_domain": True} on the class, and '
            "__metadata_request__transform too where transform takes the domain.",
        )


def check_transfer_classifier(mapper: Any, case: MapperCase) -> None:
    """The mapped rows reach the estimator of a TransferClassifier, in a search too."""
    rows = case.rows
    mapped = case.fitted_answer(mapper, rows)
    source = np.flatnonzero(np.asarray(rows.sample_domain) > 0)
    base = LogisticRegression(max_iter=1000)
    remedy = "Keep the order of rows in fit_transform and transform."
    plain = clone(base).fit(dense(mapped)[source], np.asarray(rows.y)[source])
    expected = plain.predict_proba(dense(mapped))
    for routing in ROUTING:
        model = TransferClassifier(base, mapper=case.model(mapper))
        grid = {"estimator__C": [0.1]}
        with config_context(enable_metadata_routing=routing):
            model.fit(rows.X, rows.y, sample_domain=rows.sample_domain)
            proba = model.predict_proba(rows.X, sample_domain=rows.sample_domain)
            search = GridSearchCV(model, grid, cv=TargetKFold(2), error_score="raise")
            extra = {} if routing else {"groups": rows.sample_domain}
            search.fit(rows.X, rows.y, sample_domain=rows.sample_domain, **extra)
        require_close(proba, expected, 1e-2, "predictions", remedy)


MAPPER_LAWS = (
    Law(check_one_row_each, always),
    Law(check_without_domains, always),
    Law(check_rows_without_domain, maps_by_domain),
    Law(check_rows_alone, always),
    Law(check_fit_transform, has_fit_transform),
    Law(check_equal_domains, maps_by_domain),
    common.ROW_ORDER,
    common.SPARSE_EQUALS_DENSE,
    common.FLOAT32._replace(applies=keeps_float32),
    common.FRAMES,
    *INPUT_LAWS,
    common.TARGET_LABELS_UNREAD,
    common.LABEL_TYPES,
    common.DOMAIN_NAMES,
    common.BAD_DOMAINS,
    Law(check_transform_domains, maps_by_domain),
    common.ONE_SIDE_ALONE,
    common.ONE_ROW_SIDES,
    common.INPUT_IS_KEPT,
    common.PARAMETERS,
    common.PICKLE,
    common.KEYS,
    common.REFIT,
    Law(check_feature_names, names_features),
    Law(check_n_features, common.takes_table),
    Law(check_routing, always),
    Law(check_transfer_classifier, common.has_labels),
)


def mapper_checks_generator(
    mapper: Any,
    *,
    data: tuple[Any, Any, Any] | None = None,
    tolerance: float = 1e-4,
    expected_failed_checks: Mapping[str, str] | None = None,
) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Yield the laws of mappers as checks.

    Parameters
    ----------
    mapper : estimator
        An unfitted mapper; each check fits copies of it.
    data : tuple (X, y, sample_domain), default=None
        Rows to try it on, labelled, source rows in domain 1 and target rows in -1, for
        mappers that take no table of numbers of 0 or more. None: made-up rows of 5
        columns and two classes.
    tolerance : float, default=1e-4
        Largest difference between two answers that should be equal, as a share of the
        largest answer.
    expected_failed_checks : mapping of str to str, default=None
        Names of checks that fail by design, and why. A check that passes nevertheless
        is an error.

    Yields
    ------
    mapper : estimator
        The mapper that was given.
    check : callable
        A function of the mapper that raises an AssertionError where the law is
        broken; its ``__name__`` is the name of the law.

    Raises
    ------
    ValueError
        If `expected_failed_checks` names no check, or the estimator
        takes no table and there is no `data`.

    See Also
    --------
    check_mapper : Runs them all.

    Notes
    -----
    Which laws apply follows from what the mapper has: those of rows without a domain
    and of equal domains from a ``transform`` that takes `sample_domain`; sparse rows
    from the input tag `sparse`, float32 from the tag `preserves_dtype`, the order of
    rows from the tag `non_deterministic`. Each open ``random_state`` is set to 0.

    Examples
    --------
    >>> from sktransfer import CORAL
    >>> from sktransfer.testing import mapper_checks_generator
    >>> for mapper, check in mapper_checks_generator(CORAL()):
    ...     check(mapper)
    """
    case = MapperCase(given_rows(mapper, data), tolerance)
    yield from generate_checks(mapper, MAPPER_LAWS, case, expected_failed_checks)


def check_mapper(
    mapper: Any,
    *,
    data: tuple[Any, Any, Any] | None = None,
    tolerance: float = 1e-4,
    expected_failed_checks: Mapping[str, str] | None = None,
) -> None:
    """Check that a mapper keeps the laws of mappers.

    Parameters
    ----------
    mapper : estimator
        An unfitted mapper; each check fits copies of it.
    data : tuple (X, y, sample_domain), default=None
        Rows to try it on, labelled, source rows in domain 1 and target rows in -1, for
        mappers that take no table of numbers of 0 or more. None: made-up rows of 5
        columns and two classes.
    tolerance : float, default=1e-4
        Largest difference between two answers that should be equal, as a share of the
        largest answer.
    expected_failed_checks : mapping of str to str, default=None
        Names of checks that fail by design, and why. A check that passes nevertheless
        is an error.

    Raises
    ------
    AssertionError
        If a law is broken: for each such law its name, what was got and what to do.
    ValueError
        If `expected_failed_checks` names no check, or the estimator
        takes no table and there is no `data`.

    See Also
    --------
    mapper_checks_generator : Yields the checks, and says when each applies.

    Examples
    --------
    >>> from sktransfer import CORAL
    >>> from sktransfer.testing import check_mapper
    >>> check_mapper(CORAL())
    """
    run_checks(
        mapper_checks_generator(
            mapper,
            data=data,
            tolerance=tolerance,
            expected_failed_checks=expected_failed_checks,
        )
    )
