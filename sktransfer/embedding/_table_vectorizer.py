"""TableVectorizer: a table with columns of all kinds as features."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.inputs import table_container, unchanged_values
from sktransfer._core.output import sparse_stays_sparse
from sktransfer._core.parameters import check_parameters, integer, one_of
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer.embedding._column_encoders import (
    DATE_PARTS,
    CategoryEncoder,
    NumberEncoder,
    TextEncoder,
    date_parts,
)
from sktransfer.embedding.table_columns import (
    CATEGORY,
    DATE,
    NUMBER,
    STRING,
    TEXT,
    Column,
    column_kind,
    is_frame,
    read_column,
    table_columns,
)
from sktransfer.text.tokenizers import find_tokenizer


@sparse_stays_sparse
class TableVectorizer(TransformerMixin, GivenParameters, BaseEstimator):
    """Encode the columns of a table, each by its kind.

    Texts become tf-idf of words, word pairs and character n-grams; categories one
    column for each level; numbers and flags a scaled column, with the mean where one is
    missing; dates a number of days and their parts. It is the first step of
    :class:`~sktransfer.transfer.AutoTransferClassifier` for frames.

    Parameters
    ----------
    cardinality_threshold : int, default=40
        A column of strings with more distinct values holds texts, as does one of fewer
        where most values differ and have three words or more; others hold categories.
        Columns of a categorical type are never texts.
    min_frequency : int, default=2
        Levels in fewer rows, and those beyond the ``cardinality_threshold`` most
        frequent ones, share a column.
    scale : {"standard", "rank"}, default="standard"
        "standard": numbers have mean 0 and variance 1. "rank": they are ranks between
        0 and 1, so that all features are nonnegative, as texts make them.
    tokenizer : callable or str, default=None
        From a text to its words, or its name "module:function". None:
        :class:`~sktransfer.text.WordTokenizer`, or words that
        :class:`~sktransfer.text.WordSegmenter` learns where none are between spaces.
    max_features : int, default=50_000
        Most words and word pairs, and most n-grams, of one column of texts.

    Attributes
    ----------
    kinds_ : dict
        "number", "date", "category" or "text" of each column that is used, by its name
        (by its number, where ``X`` is no frame).
    left_out_ : dict of str
        Why other columns are left out: no value, a single one, or none in the source or
        in the target.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    Raises
    ------
    TypeError
        If a column holds lists, mappings or other objects.
    ValueError
        If numbers are infinite, a column is not there in ``transform``, or holds
        something that cannot be read as what it held in ``fit``.

    See Also
    --------
    sklearn.compose.ColumnTransformer : Encoders of your choice for columns by name.

    Notes
    -----
    Frames are read by the names of their columns, in any order; further columns are
    ignored. A missing number has a flag of its own where rows of both sides lack one: a
    flag that only one side raises would tell domains apart, not labels. Strings that
    are all dates of ISO 8601 ("2024-05-31") are dates, times with an offset are
    converted to UTC. Levels that ``fit`` has not seen are zeros. A missing category is
    a level.

    The kinds and the features of texts follow those of TableVectorizer of skrub [1]_,
    which may take its place in a Pipeline; it makes dense features of texts.

    References
    ----------
    .. [1] skrub: machine learning with dataframes. https://skrub-data.org

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.embedding import TableVectorizer
    >>> rows = [["red", 1.0], ["blue", 3.0], ["red", None], ["blue", 2.0]]
    >>> X = np.array(rows, dtype=object)
    >>> vectorizer = TableVectorizer()
    >>> vectorizer.fit_transform(X).round(1)
    array([[ 0. ,  1. , -1.2,  0. ],
           [ 1. ,  0. ,  1.2,  0. ],
           [ 0. ,  1. ,  0. ,  1. ],
           [ 1. ,  0. ,  0. ,  0. ]])
    >>> vectorizer.get_feature_names_out().tolist()
    ['x0_blue', 'x0_red', 'x1', 'x1_missing']
    """

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "cardinality_threshold": [integer(1)],
        "min_frequency": [integer(1)],
        "scale": [one_of("standard", "rank")],
        "max_features": [integer(1)],
    }

    def __init__(
        self,
        *,
        cardinality_threshold: int = 40,
        min_frequency: int = 2,
        scale: str = "standard",
        tokenizer: Any = None,
        max_features: int = 50_000,
    ) -> None:
        self.cardinality_threshold = cardinality_threshold
        self.min_frequency = min_frequency
        self.scale = scale
        self.tokenizer = tokenizer
        self.max_features = max_features

    def fit(
        self, X: Any, y: Any = None, sample_domain: ArrayLike | None = None
    ) -> Self:
        """Find the kind of each column and learn its encoding.

        Parameters
        ----------
        X : frame or array-like of shape (n_samples, n_columns)
            A table; a frame of pandas, polars or pyarrow, or an array, of objects where
            columns differ.
        y : object
            Ignored.
        sample_domain : array-like of shape (n_samples,), default=None
            Positive = source, negative = target. Columns that one side has no value of
            are left out. None: all rows are of one domain.

        Returns
        -------
        self : TableVectorizer
            Fitted.
        """
        check_parameters(self)
        tokenizer = find_tokenizer(self.tokenizer)
        X, columns = self._open(X, reset=True)
        domain = check_sample_domain(sample_domain, len(X))
        self.kinds_: dict[Any, str] = {}
        self.left_out_: dict[Any, str] = {}
        self.encoders_: dict[Any, Any] = {}
        for name, series in columns.items():
            column = read_column(series, name)
            reason = _reason_to_leave_out(column, domain)
            if reason:
                self.left_out_[name] = reason
                continue
            self.kinds_[name] = column_kind(column, self.cardinality_threshold)
            encoder = self._encoder(column, self.kinds_[name], domain, tokenizer)
            self.encoders_[name] = encoder.fit(_encoded_values(column))
        return self

    def transform(self, X: Any) -> Any:
        """Encode the columns.

        Parameters
        ----------
        X : frame or array-like of shape (n_samples, n_columns)
            A table with the columns of ``fit``.

        Returns
        -------
        Z : ndarray or csr_array of float64 of shape (n_samples, n_features_out)
            Features; sparse where a column holds texts.
        """
        check_is_fitted(self)
        X, columns = self._open(X, reset=False)
        blocks: list[Any] = [np.zeros((len(X), 0))]
        for name, kind in self.kinds_.items():
            column = read_column(columns[name], name, STRING if kind == TEXT else kind)
            found = self.encoders_[name].transform(_encoded_values(column))
            blocks += found if isinstance(found, list) else [found]
        if TEXT in self.kinds_.values():
            return sparse.csr_array(sparse.hstack(blocks, format="csr"))
        return np.hstack(blocks)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Names of the features.

        Parameters
        ----------
        input_features : object
            Ignored; the names of the columns of ``fit`` are used.

        Returns
        -------
        names : ndarray of object of shape (n_features_out,)
            The column, and the level, the part of the date, the word or "char" and the
            n-gram.
        """
        check_is_fitted(self)
        named = hasattr(self, "feature_names_in_")
        found: list[str] = []
        for name, encoder in self.encoders_.items():
            column = str(name) if named or not isinstance(name, int) else f"x{name}"
            dates = (DATE_PARTS,) if self.kinds_[name] == DATE else ()
            found += encoder.names(column, *dates)
        return np.array(found, dtype=object)

    def _open(self, X: Any, *, reset: bool) -> tuple[Any, dict[Any, Any]]:
        """Check a table, and find its columns."""
        X = table_container(X)
        if not is_frame(X):
            if isinstance(X, np.ndarray) and X.dtype.kind in "USO":
                X = unchanged_values(X.tolist() if X.ndim else X, "X")
            X = validate_data(
                self, X, dtype=None, ensure_all_finite="allow-nan", reset=reset
            )
            if reset:
                self._columns = list(range(X.shape[1]))
            return X, dict(zip(self._columns, table_columns(X).values()))
        columns = table_columns(X)
        if not len(X) or not columns:
            raise ValueError(
                f"Found array with {len(X)} sample(s) and {len(columns)} feature(s) "
                "(columns of the frame); a minimum of 1 is required by TableVectorizer."
            )
        if reset:
            self._remember_names(columns)
        elif set(self.kinds_) - set(columns):
            columns = self._by_place(columns)
        return X, columns

    def _remember_names(self, columns: dict[Any, Any]) -> None:
        self.n_features_in_, self._columns = len(columns), list(columns)
        self.__dict__.pop("feature_names_in_", None)
        if all(isinstance(name, str) for name in columns):
            self.feature_names_in_ = np.array(list(columns), dtype=object)

    def _by_place(self, columns: dict[Any, Any]) -> dict[Any, Any]:
        """Columns by number, where those of fit had no names; else an error."""
        named = hasattr(self, "feature_names_in_")
        if not named and len(columns) == self.n_features_in_:
            return dict(enumerate(columns.values()))
        gone = [name for name in self.kinds_ if name not in columns]
        raise ValueError(
            "feature names should match those that were passed during fit: X has no "
            f"column {gone[0]!r}"
            + (f" and lacks {len(gone) - 1} others" if len(gone) > 1 else "")
            + f"; got {list(columns)[:10]}. Pass the columns of fit, in any order, "
            "empty ones where there is no value."
        )

    def _encoder(
        self, column: Column, kind: str, domain: Any, tokenizer: Any
    ) -> NumberEncoder | CategoryEncoder | TextEncoder:
        if kind == TEXT:
            return TextEncoder(tokenizer, self.max_features)
        if kind == CATEGORY:
            return CategoryEncoder(self.cardinality_threshold, self.min_frequency)
        missing = column.missing()
        sides = [missing] if domain is None else [missing[domain > 0]]
        if domain is not None and (domain < 0).any():
            sides.append(missing[domain < 0])
        return NumberEncoder(self.scale, all(side.any() for side in sides))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _encoded_values(column: Column) -> NDArray[Any]:
    """What the encoder of a column takes."""
    if column.kind == NUMBER:
        return column.values[:, None]
    return date_parts(column.values) if column.kind == DATE else column.values


def _reason_to_leave_out(column: Column, domain: Any) -> str:
    """Why a column says nothing of the target, or nothing at all."""
    known = ~column.missing()
    if not known.any():
        return "no value"
    values = column.values[known]
    if known.all() and (values == values[0]).all():
        return "a single value"
    if domain is not None and (domain > 0).any() and (domain < 0).any():
        for side, rows in (("source", domain > 0), ("target", domain < 0)):
            if not known[rows].any():
                return f"no value in the {side}"
    return ""
