"""TransferReport: data, shift, methods and decision on one page."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.labels import label_array, missing_labels
from sktransfer.inspection._gain_display import TransferGainDisplay, gains_over
from sktransfer.inspection._report_details import report_details
from sktransfer.inspection._shift_display import (
    LABELS,
    DomainShiftDisplay,
    largest_shifts,
)
from sktransfer.inspection.html import bars, page, paragraph, section, table, write_page
from sktransfer.text.checks import check_texts, is_text
from sktransfer.text.forms import WORDS_OF_TEXTS
from sktransfer.text.tokenizers import default_tokenizer
from sktransfer.transfer import TransferDecision

DISTANCE = "proxy A-distance (0: cannot be told apart, 2: always)"
DOMAIN_COLUMNS = ("domain", "side", "rows", "labelled", "shares of the classes")


class TransferReport:
    """One self-contained HTML page: data, shift, methods compared, decision.

    Made by :meth:`from_estimator`. The page holds its own style and figures, runs no
    script and loads nothing, so that it can be mailed or archived. In a notebook it
    shows itself.

    Parameters
    ----------
    title : str, default="Transfer report"
        Heading.
    decision : TransferDecision or str, default=""
        What is to be done, how good it is expected to be, and what would settle it.
    domains : sequence of tuples, default=()
        A row for each domain: name, side, number of rows, number of labelled rows,
        shares of the classes.
    methods : mapping of str to sequence, default=None
        Columns of the comparison of the methods, all of one length.
    chosen : int, default=None
        Row of the comparison that was chosen.
    shift : DomainShiftDisplay, default=None
        Features that differ most.
    distances : mapping of str to float, default=None
        Distances of the domains by name.
    gains : TransferGainDisplay, default=None
        Gains in accuracy over a baseline on held-out labels.
    notes : sequence of str, default=()
        Sentences to add, such as warnings.
    details : mapping of str to mapping, default=None
        Further tables by heading: columns by name, all of one length.

    See Also
    --------
    TransferGainDisplay, DomainShiftDisplay : The figures, with matplotlib.
    sktransfer.AutoTransferClassifier : What is reported on.

    Examples
    --------
    >>> from sktransfer.inspection import TransferReport
    >>> report = TransferReport(
    ...     title="Books to music",
    ...     decision="Adapt: profiles.",
    ...     methods={"method": ["source only", "profiles"], "agreement": [0.8, 0.9]},
    ...     chosen=1,
    ... )
    >>> html = report.to_html()
    >>> html.startswith("<!DOCTYPE html>"), "<h1>Books to music</h1>" in html
    (True, True)
    """

    def __init__(
        self,
        *,
        title: str = "Transfer report",
        decision: TransferDecision | str = "",
        domains: Sequence[tuple[Any, ...]] = (),
        methods: Mapping[str, Sequence[Any]] | None = None,
        chosen: int | None = None,
        shift: DomainShiftDisplay | None = None,
        distances: Mapping[str, float] | None = None,
        gains: TransferGainDisplay | None = None,
        notes: Sequence[str] = (),
        details: Mapping[str, Mapping[str, Sequence[Any]]] | None = None,
    ) -> None:
        self.title = title
        self.decision = decision
        self.domains = domains
        self.methods = methods
        self.chosen = chosen
        self.shift = shift
        self.distances = distances
        self.gains = gains
        self.notes = notes
        self.details = details

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        sample_domain: ArrayLike,
        domain_names: Mapping[int, str] | None = None,
        feature_names: Sequence[str] | None = None,
        shared_features: bool = True,
        X_test: Any = None,
        y_test: ArrayLike | None = None,
        title: str = "Transfer report",
        notes: Sequence[str] = (),
    ) -> TransferReport:
        """Describe the data that an AutoTransferClassifier saw and what it decided.

        Parameters
        ----------
        estimator : AutoTransferClassifier
            Fitted.
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            What it was fitted to.
        y : array-like of shape (n_samples,)
            The labels given to ``fit``; None or NaN where missing.
        sample_domain : array-like of int of shape (n_samples,)
            The domains given to ``fit``.
        domain_names : mapping of int to str, default=None
            Names of the domains. None: their codes.
        feature_names : sequence of str, default=None
            Names of the columns of ``X``.
        shared_features : bool, default=True
            Whether both sides share their features, so that the shift of each feature
            can be shown. False for texts of two languages.
        X_test : like X, default=None
            Target rows with held-out labels.
        y_test : array-like of shape (n_test,), default=None
            Their labels. They are used only to show the gain of each method.
        title : str, default="Transfer report"
            Heading.
        notes : sequence of str, default=()
            Sentences to add.

        Returns
        -------
        report : TransferReport
            The page.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If a side is empty, or one of ``X_test`` and ``y_test`` is missing.
        """
        check_is_fitted(estimator)
        if (X_test is None) != (y_test is None):
            raise ValueError(
                "X_test and y_test belong together; got only "
                f"{'y_test' if X_test is None else 'X_test'}."
            )
        measure = "frequency" if is_text(X) or sparse.issparse(X) else "mean"
        shift = distances = None
        if shared_features:
            rows, feature_names = comparable_columns(X, feature_names)
            names, values = largest_shifts(
                rows, sample_domain, feature_names=feature_names, measure=measure
            )
            shift = DomainShiftDisplay(names=names, shift=values, measure=measure)
        if estimator.domain_distance_ == estimator.domain_distance_:
            distances = {DISTANCE: estimator.domain_distance_}
        gains = None
        if y_test is not None:
            gains = candidate_gains(estimator, X_test, y_test)
        return cls(
            title=title,
            decision=estimator.decision_,
            domains=describe_domains(y, sample_domain, domain_names),
            methods=distinct_columns(estimator.report_),
            chosen=estimator.best_index_,
            shift=shift,
            distances=distances,
            gains=gains,
            notes=notes,
            details=report_details(estimator, X, sample_domain, X_test, y_test),
        )

    def to_html(self) -> str:
        """The page.

        Returns
        -------
        html : str
            A whole document.
        """
        parts = []
        if self.decision:
            adapt = getattr(self.decision, "adapt", None)
            kind = {None: "", True: " good", False: " bad"}[adapt]
            parts.append(paragraph(str(self.decision), f"decision{kind}"))
        parts.extend(paragraph(text) for text in self._expectations())
        parts.extend(paragraph(note, "note") for note in self.notes)
        if len(self.domains):
            parts.append(section("Data", table(DOMAIN_COLUMNS, self.domains)))
        if self.methods:
            rows = list(zip(*self.methods.values(), strict=True))
            header = [str(c).replace("_", " ") for c in self.methods]
            parts.append(
                section("Methods compared", table(header, rows, chosen=self.chosen))
            )
        if self.gains is not None:
            parts.append(
                section(
                    "Gain in accuracy on labels that were held out",
                    paragraph(f"Over {self.gains.baseline}; lines are 95 % intervals."),
                    bars(
                        self.gains.names,
                        self.gains.gains,
                        intervals=self.gains.half_widths,
                        label="Gains",
                    ),
                )
            )
        if self.shift is not None or self.distances:
            parts.append(section("Shift", *self._shift_section()))
        for heading, columns in (self.details or {}).items():
            rows = list(zip(*columns.values(), strict=True))
            parts.append(section(heading, table(list(columns), rows)))
        return page(self.title, parts)

    def _expectations(self) -> list[str]:
        """What is expected, by which evidence, and what held-out labels say."""
        parts = []
        decision = self.decision
        if isinstance(decision, TransferDecision) and decision.expected is not None:
            parts.append(
                f"Expected accuracy on the target: {decision.expected}, by "
                f"{decision.evidence}."
            )
            bounds = decision.gain_interval
            shown = (
                ""
                if bounds is None
                else ", {:+.3f} ({:+.3f} to {:+.3f})".format(decision.gain, *bounds)
            )
            parts.append(
                f"Gain of transfer: {decision.verdict}{shown}; {decision.next_step}."
            )
        if self.gains is not None and len(self.gains.names):
            gains = np.asarray(self.gains.gains, dtype=float)
            best = int(np.argmax(gains))
            parts.append(
                f"By labels held out: {self.gains.baseline} is right in "
                f"{self.gains.baseline_score:.3f}, {self.gains.names[best]} "
                f"{gains[best]:+.3f}."
            )
        return parts

    def to_dict(self) -> dict[str, Any]:
        """All that the page says, of plain numbers, strings, lists and dicts.

        Returns
        -------
        content : dict
            With "title", "decision", "domains", "methods", "chosen", "shift",
            "distances", "gains", "notes" and "details"; what is not known is None.
            ``json.dumps`` takes it.
        """
        content = {
            "title": self.title,
            "decision": self.decision,
            "domains": [dict(zip(DOMAIN_COLUMNS, row)) for row in self.domains],
            "methods": self.methods,
            "chosen": self.chosen,
            "shift": _fields(self.shift, ("names", "shift", "measure")),
            "distances": self.distances,
            "gains": _fields(
                self.gains,
                ("names", "gains", "half_widths", "baseline", "baseline_score"),
            ),
            "notes": self.notes,
            "details": self.details,
        }
        found: dict[str, Any] = {name: plain(own) for name, own in content.items()}
        if isinstance(self.decision, TransferDecision):
            found["decision"]["verdict"] = self.decision.verdict
        return found

    def _shift_section(self) -> list[str]:
        parts = []
        if self.distances:
            parts.append(table(["distance", "value"], list(self.distances.items())))
        if self.shift is not None:
            if len(self.shift.names):
                drawn = np.nan_to_num(np.asarray(self.shift.shift, dtype=float))
                label = LABELS[self.shift.measure]
                parts.append(paragraph(f"Largest shifts: {label}."))
                parts.append(
                    bars(
                        self.shift.names,
                        drawn,
                        signed=False,
                        label="Shift of features",
                    )
                )
            else:
                parts.append(paragraph("No feature differs."))
        return parts

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, whole or not at all.

        Parameters
        ----------
        path : str or path-like
            An existing file is replaced.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        write_page(path, self.to_html())

    def _repr_html_(self) -> str:
        return self.to_html()


def _fields(record: Any, names: Sequence[str]) -> dict[str, Any] | None:
    """Some attributes of an object, if there is one."""
    return None if record is None else {name: getattr(record, name) for name in names}


def plain(value: Any) -> Any:
    """A value of plain numbers, strings, lists and dicts; NaN as None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(_fields(value, [f.name for f in dataclasses.fields(value)]))
    if isinstance(value, Mapping):
        return {str(key): plain(own) for key, own in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(own) for own in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)


def describe_domains(
    y: ArrayLike, sample_domain: ArrayLike, names: Mapping[int, str] | None = None
) -> list[tuple[str, str, int, int, str]]:
    """Rows, labels and shares of the classes of each domain."""
    d = np.asarray(sample_domain)
    labels = np.asarray(label_array(y), dtype=object)
    known = ~missing_labels(labels)
    rows = []
    for code in sorted(np.unique(d).tolist(), key=lambda c: (c < 0, abs(c))):
        here = d == code
        classes, counts = np.unique(
            labels[here & known].astype(str), return_counts=True
        )
        shares = ", ".join(
            f"{c} {n / counts.sum():.2f}" for c, n in zip(classes.tolist(), counts)
        )
        name = str(code) if names is None else str(names.get(code, code))
        side = "source" if code > 0 else "target"
        rows.append((name, side, int(here.sum()), int((here & known).sum()), shares))
    return rows


def comparable_columns(
    X: Any, feature_names: Sequence[str] | None = None
) -> tuple[Any, Sequence[str] | None]:
    """Columns whose shift can be measured: numbers, or the words of texts."""
    if not is_text(X):
        return X, feature_names
    X = check_texts(X, "TransferReport")
    try:
        split = {**WORDS_OF_TEXTS, "tokenizer": default_tokenizer(X)}
        words = CountVectorizer(**split, min_df=5, binary=True)
        counts = words.fit_transform(X)
    except ValueError:
        words = CountVectorizer(token_pattern=r"\S+", binary=True)
        counts = words.fit_transform(X)
    return counts, words.get_feature_names_out()


def distinct_columns(report: Mapping[str, ArrayLike]) -> dict[str, list[Any]]:
    """Columns with any value; of columns that are equal only the last is kept."""
    columns = {name: np.asarray(values).tolist() for name, values in report.items()}
    held = {c: v for c, v in columns.items() if any(x == x and x != "" for x in v)}
    names = list(held)
    return {
        c: held[c]
        for k, c in enumerate(names)
        if held[c] not in map(held.get, names[k + 1 :])
    }


def candidate_gains(estimator: Any, X: Any, y: ArrayLike) -> TransferGainDisplay:
    """Gain of each fitted candidate over source only on labelled target rows."""
    right = {
        name: np.asarray(candidate.predict(X)) == np.asarray(y)
        for name, candidate in estimator.estimators_.items()
    }
    baseline = str(estimator.report_["candidate"][0])
    names, gains, half_widths = gains_over(right, baseline)
    return TransferGainDisplay(
        names=names,
        gains=gains,
        half_widths=half_widths,
        baseline=baseline,
        baseline_score=float(right[baseline].mean()),
    )
