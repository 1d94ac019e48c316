"""Loaders of public tables of features."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sktransfer._core.domains import encode_domains
from sktransfer._core.parameters import check_value, one_of
from sktransfer._core.tables import TableError, parse_numbers
from sktransfer.datasets._frame import with_frame
from sktransfer.datasets._home import choose_several, data_file
from sktransfer.datasets._read_table import read_table

_OFFICE = "Office-Caltech-10 (Gong, Shi, Sha and Grauman 2012)"
_SHOPPERS = "Online Shoppers Purchasing Intention (UCI repository)"
_MEMBER_LIMIT = 2**30
_OFFICE_DOMAINS = ("amazon", "caltech", "dslr", "webcam")
_NUMERIC = (
    "Administrative",
    "Administrative_Duration",
    "Informational",
    "Informational_Duration",
    "ProductRelated",
    "ProductRelated_Duration",
    "BounceRates",
    "ExitRates",
    "PageValues",
    "SpecialDay",
    "OperatingSystems",
    "Browser",
    "Region",
    "TrafficType",
)


def load_office_caltech(
    source: str | Sequence[str] = "amazon",
    target: str | Sequence[str] = "webcam",
    *,
    features: str = "surf",
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load image features of ten classes in up to four domains.

    Parameters
    ----------
    source : str or sequence of str, default="amazon"
        Domains with labels: "amazon", "caltech", "dslr" or "webcam".
    target : str or sequence of str, default="webcam"
        Domains to be served.
    features : {"surf", "googlenet"}, default="surf"
        Counts of 800 visual words, or 1024 activations (not of "caltech").
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the rows as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ndarray of float32 of shape (n_rows, n_features)
            Features, source domains first.
        target : ndarray of int64 of shape (n_rows,)
            Classes, 1 to 10.
        domain : ndarray of object of shape (n_rows,)
            Names of the domains.
        sample_domain : ndarray of int64 of shape (n_rows,)
            Signed domains, see :func:`sktransfer.encode_domains`.
        frame : DataFrame
            With ``as_frame``.
        DESCR : str
            Description of the data.

    Raises
    ------
    FileNotFoundError
        If the folder is not set, or it or the file does not exist.
    ValueError
        If a domain has no such features, or the file is damaged.

    References
    ----------
    Gong, B., Shi, Y., Sha, F. and Grauman, K. (2012). Geodesic flow kernel for
    unsupervised domain adaptation. CVPR.
    """
    check_value("features", features, one_of("surf", "googlenet"))
    sources = choose_several("source", source, _OFFICE_DOMAINS)
    targets = choose_several("target", target, _OFFICE_DOMAINS)
    if set(sources) & set(targets):
        raise ValueError(
            f"A domain is either source or target; got {source}, {target}."
        )
    path = data_file(data_home, "images/office_caltech10.npz", _OFFICE)
    domains = sources + targets
    keys = [f"{p}{features}_{d}" for d in domains for p in ("", "y_")]
    arrays = read_arrays(path, keys)
    for d in domains:
        X, y = arrays[f"{features}_{d}"], arrays[f"y_{features}_{d}"]
        if X.ndim != 2 or y.shape != X.shape[:1] or y.dtype.kind not in "iu":
            raise TableError(
                f"{path}: {features}_{d} has shape {X.shape} and its labels {y.shape} "
                f"({y.dtype}); expected a matrix and one integer for each row."
            )
    widths = {d: arrays[f"{features}_{d}"].shape[1] for d in domains}
    if len(set(widths.values())) > 1:
        raise TableError(f"{path}: the domains differ in number of columns: {widths}.")
    domain = np.repeat(
        np.array(domains, dtype=object),
        [len(arrays[f"{features}_{d}"]) for d in domains],
    )
    data = np.vstack([arrays[f"{features}_{d}"] for d in domains]).astype(np.float32)
    labels = np.concatenate([arrays[f"y_{features}_{d}"] for d in domains])
    bunch = Bunch(
        data=data,
        target=labels.astype(np.int64),
        domain=domain,
        sample_domain=encode_domains(domain, target=targets),
        DESCR=f"{_OFFICE}: {features} features of {', '.join(domains)}. No licence is "
        "stated.",
    )
    columns: dict[str, Any] = {}
    if as_frame:
        columns = {f"{features}{j}": data[:, j] for j in range(data.shape[1])}
    return with_frame(
        bunch, as_frame, {**columns, "target": bunch.target, "domain": domain}
    )


def load_online_shoppers(
    *,
    data_home: str | os.PathLike[str] | None = None,
    as_frame: bool = False,
) -> Bunch:
    """Load 12,330 sessions of a web shop and whether they ended in a purchase.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder of the public files; None means the environment variable
        ``SKTRANSFER_DATA``.
    as_frame : bool, default=False
        Also return the rows as a pandas DataFrame.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ndarray of float64 of shape (n_rows, 15)
            Numeric features; durations are in seconds, the weekend is 0 or 1.
        feature_names : list of str
            Their names.
        target : ndarray of int64 of shape (n_rows,)
            1 for a purchase.
        month : ndarray of object of shape (n_rows,)
            Months, such as "May" and "June": domains.
        visitor_type : ndarray of object of shape (n_rows,)
            "New_Visitor", "Returning_Visitor" or "Other": domains.
        target_names : list of str
            ["no purchase", "purchase"].
        frame : DataFrame
            With ``as_frame``.
        DESCR : str
            Description of the data.

    Raises
    ------
    FileNotFoundError
        If the folder is not set, or it or the file does not exist.
    ValueError
        If the file is damaged or has another form than expected.
    """
    path = data_file(data_home, "tabular/online_shoppers.csv.gz", _SHOPPERS)
    flags = ["Weekend", "Revenue"]
    table = read_table(path, columns=[*_NUMERIC, "Month", "VisitorType", *flags])
    weekend, revenue = (_booleans(path, table[c], c) for c in flags)
    numbers = [parse_numbers(table[c], path=path, column=c) for c in _NUMERIC]
    data = np.column_stack([*numbers, weekend])
    names = [*_NUMERIC, "Weekend"]
    bunch = Bunch(
        data=data,
        feature_names=names,
        target=revenue,
        month=table["Month"],
        visitor_type=table["VisitorType"],
        target_names=["no purchase", "purchase"],
        DESCR=f"{_SHOPPERS}. Licence, unverified: CC BY 4.0.",
    )
    columns = {name: data[:, j] for j, name in enumerate(names)}
    columns |= {
        "Month": bunch.month,
        "VisitorType": bunch.visitor_type,
        "Revenue": revenue,
    }
    return with_frame(bunch, as_frame, columns)


def read_arrays(path: Path, keys: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read numeric arrays of an .npz file, never pickled objects."""
    try:
        with zipfile.ZipFile(path) as members:
            sizes = {m.filename: m.file_size for m in members.infolist()}
        # Sizes that the index claims; NumPy would allocate before it reads.
        for key in keys:
            if f"{key}.npy" not in sizes:
                known = sorted(n.removesuffix(".npy") for n in sizes)
                raise TableError(f"{path}: no array {key!r}; the arrays are {known}.")
            if sizes[f"{key}.npy"] > _MEMBER_LIMIT:
                raise TableError(f"{path}: array {key!r} is larger than 1 GiB.")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in keys}
    except TableError:
        raise
    except Exception as error:  # zipfile, zlib, ast and tokenize each have their own
        message = str(error).partition("\n")[0]
        raise TableError(
            f"{path}: no readable .npz file of arrays: {message}"
        ) from error
    for key, array in arrays.items():
        if not isinstance(array, np.ndarray):  # the bytes of some other file
            raise TableError(f"{path}: {key!r} is no array.")
        if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
            raise TableError(
                f"{path}: array {key!r} must hold finite numbers; got {array.dtype}"
                f"{' with NaN or infinity' if array.dtype.kind == 'f' else ''}."
            )
    return arrays


def _booleans(path: Path, values: NDArray, column: str) -> NDArray[np.int64]:
    for i, value in enumerate(values):
        if value not in ("True", "False"):
            raise TableError(
                f"{path}, row {i + 1}, column {column!r}: expected True or False, got "
                f"{value!r}."
            )
    return (values == "True").astype(np.int64)
