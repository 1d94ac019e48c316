"""EncoderFeatures: rows as the vectors of an encoder that the user has."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import _num_samples, check_is_fitted, validate_data

from sktransfer._core.document_scaling import DocumentScaler, used_source_rows
from sktransfer._core.domains import (
    SIDES,
    DomainMasks,
    check_sample_domain,
    domain_masks,
    require_both_sides,
    row_domains,
    target_row_masks,
)
from sktransfer._core.inputs import row_container, take_rows
from sktransfer._core.labels import missing_labels, row_labels
from sktransfer._core.parameters import (
    HasMethods,
    check_parameters,
    integer,
    one_of,
)
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.parts.texts import ReadsTexts
from sktransfer._core.progress import CallbackSupportMixin, reports_progress
from sktransfer.embedding._encoding import (
    VectorStore,
    encode_in_batches,
    encoder_name,
    encoding_function,
    plain_rows,
    sentences,
    stacked,
)
from sktransfer.text.checks import check_texts, is_text


class EncoderFeatures(
    ReadsTexts,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    GivenParameters,
    BaseEstimator,
):
    """Rows as the vectors of an encoder that you have, centred in each domain.

    The encoder is anything that turns a list of texts into an array: a model of
    sentence-transformers, a session of ONNX, a client of a service. Rows that are no
    texts (images, tables) are passed to it as they are. It is called, never fitted. A
    multilingual encoder makes texts of two languages comparable without a dictionary.

    Parameters
    ----------
    encoder : callable, object with ``encode`` or str
        Called with a list of at most ``batch_size`` texts, or as many rows of another
        container, it returns an array of shape (n_rows, n_features). A str names one as
        "module:attribute"; a class is made without arguments. What is named is loaded
        once in a process when it is needed, and neither copied nor pickled. An object
        is shared by all clones, never copied.
    batch_size : int, default=32
        Number of texts or rows of a call.
    pooling : {"document", "sentences"}, default="document"
        Whether the encoder gets whole texts, or their sentences, whose vectors are
        averaged: for encoders of sentences and of short texts. Only for texts.
    max_length : int, default=None
        Number of characters of a text that are read. None: all. Only for texts.
    cache : str, path-like or joblib.Memory, default=None
        Folder where each vector is kept: what was encoded once, in whichever fit or
        process, is not encoded again. Entries are told apart by the content of the
        row or sentence and by the name of the encoder, of its function or class: give
        each model of one class a folder of its own. None: nothing is kept.
    center : bool, default=True
        Whether the mean of its domain is subtracted from each row.
    encode_unlabelled : bool, default=True
        Whether source rows without a label are encoded in ``fit``. False: where at
        least 50 are labelled, the others are not, and ``fit_transform`` gives 0 for
        them, the mean. A transfer classifier does not read them unless it has a
        weighter, while a dictionary beside the encoder learns from them.
    progress : callable, default=None
        Called with the numbers of rows (or sentences) encoded and to be encoded after
        each batch.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in ``fit``; only for tables.
    feature_names_in_ : ndarray of shape (n_columns,)
        Names of the columns; only for frames.

    See Also
    --------
    sktransfer.adaptation.MultiViewMapper : Sets it beside other mappers.
    sktransfer.transfer.strategies.Distillation : A student that needs no encoder.
    sktransfer.crosslingual.CrossLingualMapper : Needs a dictionary and no encoder.

    Notes
    -----
    Rows are float32, in the encoder's own scale. Means are those of the rows of a
    domain in ``fit``; domains that are not given, are new or had fewer than 50 rows use
    the mean of their side. On the source side they are means of the labelled rows, if
    at least 50 are labelled. Rows without ``sample_domain`` are target rows in
    ``transform``. Equal texts are encoded once. Texts that hold nothing but blanks do
    not reach the encoder; they are 0, the mean.

    A transfer classifier with this mapper calls the encoder for each row that it
    predicts. ``strategy="distill"`` lets a student predict from words instead; see
    ``without_teacher`` of :class:`~sktransfer.TransferClassifier`.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.embedding import EncoderFeatures
    >>> def count_letters(texts):
    ...     return np.array([[text.count(c) for c in "abc"] for text in texts])
    >>> features = EncoderFeatures(count_letters)
    >>> features.fit_transform(["ab", "b", "cc", ""], sample_domain=[1, 1, -1, -1])
    array([[ 0.5,  0. ,  0. ],
           [-0.5,  0. ,  0. ],
           [ 0. ,  0. ,  0. ],
           [ 0. ,  0. ,  0. ]], dtype=float32)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "encoder": [callable, HasMethods("encode")],
        "batch_size": [integer(1)],
        "pooling": [one_of("document", "sentences")],
        "max_length": [integer(1), None],
        "cache": [str, os.PathLike, HasMethods(["cache", "clear"]), None],
        "center": ["boolean"],
        "encode_unlabelled": ["boolean"],
        "progress": [callable, None],
    }

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012
    __metadata_request__transform = {"sample_domain": True}  # noqa: RUF012

    def __init__(
        self,
        encoder: Any,
        *,
        batch_size: int = 32,
        pooling: str = "document",
        max_length: int | None = None,
        cache: Any = None,
        center: bool = True,
        encode_unlabelled: bool = True,
        progress: Callable[[int, int], Any] | None = None,
    ) -> None:
        self.encoder = encoder
        self.batch_size = batch_size
        self.pooling = pooling
        self.max_length = max_length
        self.cache = cache
        self.center = center
        self.encode_unlabelled = encode_unlabelled
        self.progress = progress

    @reports_progress
    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> Self:
        """Encode rows, and learn the mean of each domain.

        Parameters
        ----------
        X : sequence of str of length n_samples, table of one column, or other rows
            Texts; or rows of any container that the encoder takes.
        y : array-like of shape (n_samples,), default=None
            Labels: the source is centred by its labelled rows. Those of target rows
            are not read. A missing label is None or NaN.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. None: every row is
            both.

        Returns
        -------
        self : EncoderFeatures
            Fitted.

        Raises
        ------
        ValueError
            If one side has no row, all texts are empty, or the encoder does not return
            one finite vector for each row.
        TypeError
            If a text is missing, or the encoder returns no array of numbers.
        """
        self.fit_transform(X, y, sample_domain)
        return self

    def fit_transform(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> NDArray[np.float32]:
        """Encode rows, learn the mean of each domain, and subtract it.

        Parameters
        ----------
        X : sequence of str of length n_samples, table of one column, or other rows
            As in ``fit``.
        y : array-like of shape (n_samples,), default=None
            As in ``fit``.
        sample_domain : array-like of shape (n_samples,), default=None
            As in ``fit``.

        Returns
        -------
        Z : ndarray of float32 of shape (n_samples, n_features)
            Vectors, in the order of the rows.

        Raises
        ------
        ValueError
            As in ``fit``.
        TypeError
            As in ``fit``.
        """
        check_parameters(self)
        rows = self._open_rows(X, reset=True)
        n = _num_samples(rows)
        domain = check_sample_domain(sample_domain, n)
        masks = domain_masks(domain, n)
        require_both_sides(masks, type(self).__name__)
        labels = row_labels(y, n)
        Z, empty = self._encode_all_but(rows, self._skipped(labels, masks))
        self._n_features_out = Z.shape[1]
        self._scaler = None
        if self.center:
            self._scaler = DocumentScaler()
            d = row_domains(domain, n)
            for side, mask in zip(SIDES, masks):
                used = ~empty[mask]
                if side == "source" and labels is not None:
                    used &= used_source_rows(~missing_labels(labels[mask]) & used)
                used = used if used.any() else np.ones(used.size, dtype=bool)
                self._scaler.add_side(side, Z[mask], d[mask], used, None)
        return self._centred(Z, empty, domain)

    def transform(
        self, X: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.float32]:
        """Encode rows, and subtract the mean of their domain.

        Parameters
        ----------
        X : sequence of str of length n_samples, table of one column, or other rows
            As in ``fit``.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. None: all are target
            rows.

        Returns
        -------
        Z : ndarray of float32 of shape (n_samples, n_features)
            Vectors, in the order of the rows.

        Raises
        ------
        ValueError
            If `sample_domain` has another length, or the encoder does not return one
            finite vector of as many features as in ``fit`` for each row.
        TypeError
            If a text is missing, or the encoder returns no array of numbers.
        """
        check_is_fitted(self, "_n_features_out")
        rows = self._open_rows(X, reset=False)
        domain = check_sample_domain(sample_domain, _num_samples(rows))
        Z, empty = self._encode(rows, self._n_features_out)
        return self._centred(Z, empty, domain)

    def _open_rows(self, X: Any, *, reset: bool) -> Any:
        """Texts as a list of str; other rows in a container that can be cut."""
        if isinstance(X, str | bytes) or _holds_texts(X):
            return check_texts(X, type(self).__name__)
        rows = row_container(X)
        if _num_samples(rows) == 0:
            return []
        if getattr(rows, "ndim", 1) == 2:  # neither values nor types are looked at
            validate_data(self, rows, reset=reset, skip_check_array=True)
        return list(rows) if isinstance(rows, tuple) else rows

    def _skipped(self, labels: Any, masks: DomainMasks) -> NDArray[np.bool_]:
        """Source rows that need not be encoded."""
        none = np.zeros(masks.source.size, dtype=bool)
        if self.encode_unlabelled or labels is None:
            return none
        labelled = ~missing_labels(labels)
        none[masks.source] = ~used_source_rows(labelled[masks.source])
        return none & ~masks.target

    def _encode_all_but(
        self, rows: Any, skipped: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Vectors of rows, those that are skipped as empty texts."""
        if not skipped.any():
            return self._encode(rows)
        some = np.flatnonzero(~skipped)
        vectors, empty_some = self._encode(take_rows(rows, some))
        Z = np.zeros((skipped.size, vectors.shape[1]), dtype=np.float32)
        Z[some], empty = vectors, skipped.copy()
        empty[some] = empty_some
        return Z, empty

    def _encode(
        self, rows: Any, width: int | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Vectors of rows, 0 for empty texts, and which rows are empty texts."""
        n = _num_samples(rows)
        if n and not (isinstance(rows, list) and isinstance(rows[0], str)):
            return self._vectors(rows, n, width), np.zeros(n, dtype=bool)
        pieces = [self._pieces(text) for text in rows]
        empty = np.array([not each for each in pieces], dtype=bool)
        unique = {piece: None for each in pieces for piece in each}
        if not unique:
            if width is None:
                raise ValueError(
                    f"{type(self).__name__} needs a text to encode; got {n} texts, "
                    "none with more than blanks."
                )
            return np.zeros((n, width), dtype=np.float32), empty
        place = {piece: k for k, piece in enumerate(unique)}
        vectors = self._vectors(list(unique), len(unique), width)
        sizes = [len(each) for each in pieces]
        indices = [place[piece] for each in pieces for piece in each]
        shares = np.repeat(1 / np.maximum(sizes, 1), sizes).astype(np.float32)
        ends = np.r_[0, np.cumsum(sizes)]
        means = sparse.csr_array((shares, indices, ends), shape=(n, len(unique)))
        return means @ vectors, empty

    def _pieces(self, text: str) -> list[str]:
        """What the encoder gets of a text."""
        text = text[: self.max_length]
        if self.pooling == "sentences":
            return sentences(text)
        return [text] if text.strip() else []

    def _vectors(
        self, rows: Any, n_rows: int, width: int | None
    ) -> NDArray[np.float32]:
        """One vector of each row, from disk or by the encoder."""
        keys, store, new = [], None, list(range(n_rows))
        if self.cache is not None:
            keys = plain_rows(rows)
            store = VectorStore(self.cache, encoder_name(self.encoder))
            new = store.missing(keys)
        found: list[Any] = [None] * n_rows

        def keep(start: int, vectors: NDArray[np.float32]) -> None:
            for k, vector in zip(new[start:], vectors):
                found[k] = vector
                if store is not None:
                    store.put(keys[k], vector)
            if self.progress is not None:
                self.progress(start + len(vectors), len(new))

        if new:
            encode = encoding_function(self.encoder)
            encode_in_batches(encode, rows, new, self.batch_size, keep)
        if store is not None:
            for k in set(range(n_rows)).difference(new):
                found[k] = store.get(keys[k])
        return stacked(found, width)

    def _centred(
        self,
        Z: NDArray[np.float32],
        empty: NDArray[np.bool_],
        domain: NDArray[np.int64] | None,
    ) -> NDArray[np.float32]:
        """Rows without the mean of their domain."""
        if self._scaler is None:
            return Z
        n = Z.shape[0]
        d = row_domains(domain, n)
        for side, mask in zip(SIDES, target_row_masks(domain, n)):
            if mask.any():
                Z[mask] = self._scaler.scale(Z[mask], side, d[mask], empty[mask])
        return Z

    def __sklearn_clone__(self) -> Self:
        # an encoder is called, not fitted: copies share it, a session included
        copy = type(self)(**self.get_params(deep=False))
        for name in ("_metadata_request", "_sklearn_output_config"):
            if hasattr(self, name):
                setattr(copy, name, dict(vars(self)[name]))
        return copy


def _holds_texts(X: Any) -> bool:
    """Whether any row is a text: then all must be."""
    if isinstance(X, list | tuple):
        return any(isinstance(row, str) for row in X)
    return is_text(X)
