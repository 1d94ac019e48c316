"""Whether the answer to what was drawn is right, clearly refused, or neither."""

import re
import traceback
import warnings
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

UNCLEAR = re.compile(
    r"broadcast|zero-size|inhomogeneous|setting an array element|invalid literal"
    r"|truth value|unhashable|not supported between|ufunc|has no attribute"
    r"|unexpected keyword|'NoneType' object|cannot reshape|need at least one array"
    r"|[Cc]annot cast|ambiguous argument"
    r"|[Dd]imension mismatch|matmul|read-only|infs or NaNs|not subscriptable"
    r"|out of bounds|SVD did not|singular|surrogates not allowed|unknown dtype"
    r"|object is not|positional argument|codec can't|memoryview"
    r"|must be real number|or a real number, not|required argument|empty sequence"
    r"|bad argument"
    r"|Buffer dtype|ndarray is not|iterator should|Cannot convert|cannot convert"
)
# what errors say of the data must be so
ABOUT_DATA = {
    r"contains? (NaN|infinity)|not finite": lambda args: not _finite(args),
    r"0 sample\(s\)": lambda args: any(n == 0 for n in map(_size, args.values())),
}


class Outcome(NamedTuple):
    """equal, refused, or a fault: wrong, unclear, changed.

    "equal up to rounding": the answer to plain data moves as far where the last digits
    of its numbers do. "refused form": refused, though plain data is taken.
    -inf is a score too: of items that a recommender does not show.
    """

    verdict: str
    detail: str = ""
    where: str = ""


def attempt(run, args):
    """The answer, or the error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return run(**args)
        except Exception as error:
            return error


def judge(subject, given):
    """Compare the drawn forms with plain data."""
    before = {name: picture(g.make()) for name, g in given.items()}
    kept = {name: g.make() for name, g in given.items()}
    once = {name: _again(kept[name], g.make) for name, g in given.items()}
    found = attempt(subject.run, once)
    for name, value in kept.items():
        if before[name] is not None and before[name] != picture(value):
            return Outcome("changed", f"{name} was written to")
    # labels that are not read may have any form
    meant = all(
        g.plain is not None or name == "y" or g.kind.startswith("no ")
        for name, g in given.items()
    )
    plain = {name: (lambda g=g: g.plain) for name, g in given.items()}
    if isinstance(found, Exception):
        problem = unclear(found, {n: g.plain for n, g in given.items()})
        if problem:
            return Outcome("unclear", problem, place(found))
        if any(
            g.plain is None and not g.kind.startswith("no ") for g in given.values()
        ):
            return Outcome("refused")
        expected = attempt(subject.run, plain)
        if isinstance(expected, Exception):
            return Outcome("refused")
        return Outcome("refused form", f"{type(found).__name__}: {found}", place(found))
    if found.dtype.kind == "f" and not (np.isfinite(found) | (found == -np.inf)).all():
        return Outcome("wrong", "answer is not finite")
    if not meant:
        return Outcome("wrong", "taken, though nothing can be meant")
    expected = attempt(subject.run, plain)
    if isinstance(expected, Exception):
        return Outcome(
            "wrong", f"taken, though plain data is refused: {expected}", place(expected)
        )
    # recommenders keep whole numbers in single precision
    single = {"interactions", "matrix"} & set(subject.takes.values())
    tolerance = 1e-3 if single else 1e-6
    if same(found, expected, tolerance):
        return Outcome("equal")
    # of a frame of sparse columns the dense rows are as plain
    dense = {name: (lambda g=g: _dense(g)) for name, g in given.items()}
    if same(found, attempt(subject.run, dense), tolerance):
        return Outcome("equal")
    if same(found, expected, tolerance, drift(subject, given, expected)):
        return Outcome("equal up to rounding")
    return Outcome("wrong", f"another answer: {difference(found, expected)}")


def _dense(given):
    return given.plain.toarray() if "pandas sparse" in given.kind else given.plain


def _again(value, make):
    """The same container at each call; what can be read once is made anew."""
    return make if hasattr(value, "__next__") else (lambda: value)


def same(found, expected, tolerance, drift=0.0):
    if isinstance(expected, Exception) or found.size != expected.size:
        return False
    # y of one column gives answers of one column
    found, expected = found.ravel(), expected.ravel()
    if found.dtype.kind != "f" or expected.dtype.kind != "f":
        return np.array_equal(found, expected)
    with np.errstate(invalid="ignore"):
        far = np.where(found == expected, 0, np.abs(found - expected))
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=0)
    return bool((far <= tolerance * scale + 100 * drift).all())


def drift(subject, given, expected):
    """How far answers move where the last digits or the order of plain rows do."""
    largest = 0.0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        plain = {name: _moved(g.plain, rng) for name, g in given.items()}
        if seed == 2:
            plain = {name: _other_order(value) for name, value in plain.items()}
        moved = {name: (lambda v=v: v) for name, v in plain.items()}
        other = attempt(subject.run, moved)
        if isinstance(other, Exception) or other.shape != expected.shape:
            return np.inf
        if other.dtype.kind == "f":
            with np.errstate(invalid="ignore"):
                far = np.where(other == expected, 0, np.abs(other - expected))
            largest = max(largest, float(far.max(initial=0)))
    return largest


def _moved(plain, rng):
    kind = getattr(getattr(plain, "dtype", None), "kind", "")
    if kind != "f" or plain.ndim != 2:
        return plain
    eps = np.finfo(plain.dtype).eps * 8
    if sp.issparse(plain):
        plain = plain.copy()
        plain.data = _moved(plain.data[:, None], rng)[:, 0]
        return plain
    return (plain * (1 + eps * rng.choice([-1, 1], plain.shape))).astype(plain.dtype)


def _other_order(plain):
    two = isinstance(plain, np.ndarray) and plain.ndim == 2
    return np.asfortranarray(plain) if two else plain


def difference(found, expected):
    if found.shape != expected.shape:
        return f"shape {found.shape}, not {expected.shape}"
    if found.dtype.kind != "f" or expected.dtype.kind != "f":
        return f"{found.ravel()[:5]}, not {expected.ravel()[:5]}"
    far = np.abs(found - expected)
    return f"by {far.max():g} of {np.abs(expected).max():g}"


def unclear(error, args):
    """What is unclear about an error, or an empty string."""
    kind, message = type(error), str(error)
    ours = kind.__module__.split(".")[0] in ("sktransfer", "sklearn")
    if kind not in (ValueError, TypeError) and not ours:
        return f"{kind.__name__}: {message}"
    raised = place(error).split(":")[0]
    if "fuzz" in raised.split("/"):
        return f"raised by the draws: {kind.__name__}: {message}"
    if "sklearn" in raised and re.search("inhomogeneous|a real number, not", message):
        return ""  # what scikit-learn says of rows of several lengths, sets and dicts
    if not message or UNCLEAR.search(message):
        return f"{kind.__name__}: {message}"
    for pattern, true in ABOUT_DATA.items():
        if re.search(pattern, message) and not true(args):
            return f"{kind.__name__}, which is not so: {message}"
    return ""


def _finite(args):
    """Whether all numbers are there, and fit into single precision."""
    for value in args.values():
        if value is None:
            return False
        value = value.data if sp.issparse(value) else value
        try:
            value = np.asarray(value, dtype=float)
            if not (np.abs(value) < np.finfo(np.float32).max).all():
                return False
        except (TypeError, ValueError):
            if any(v is None or v != v for v in np.asarray(value, object).ravel()):
                return False
    return True


def _size(value):
    return (
        0
        if value is None
        else value.shape[0]
        if hasattr(value, "shape")
        else len(value)
    )


def place(error):
    """The last lines of the package and of all that an error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/sktransfer/" in f.filename]
    return " < ".join(
        f"{'/'.join(f.filename.split('/')[-3:])}:{f.lineno} {f.name}"
        for f in (*frames[-1:], *own[-1:-4:-1])
    )


def picture(value):
    """All that a container holds, to see whether it is written to; None: unknown."""
    if sp.issparse(value):
        if value.format in ("csr", "csc", "bsr"):
            parts = (value.data, value.indices, value.indptr)
        elif value.format == "coo":
            parts = (value.data, *value.coords)
        else:
            return value.toarray().tobytes()
        return [part.tobytes() for part in parts]
    if isinstance(value, np.ndarray):
        return value.tolist().__repr__() if value.dtype.hasobject else value.tobytes()
    if hasattr(value, "__next__"):
        return None
    if isinstance(value, list | tuple) or not hasattr(value, "__array__"):
        return repr(value)
    return repr(np.asarray(value).tolist())
