"""Atomic writing of files: complete or not at all."""

from __future__ import annotations

import os
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import BinaryIO

_ENDINGS = [
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class _Ended(BaseException):
    """The process was told to end; raised so that it cleans up first."""


@contextmanager
def clean_end() -> Iterator[None]:
    """Let SIGTERM and SIGHUP leave the block by an exception, then end the process.

    By default they end it at once, and what the block would remove stays. Signals that
    the program handles or ignores itself are left alone, and so are blocks in other
    threads than the main one, in which Python sets no handlers.
    """
    taken = []
    if threading.current_thread() is threading.main_thread():
        taken = [s for s in _ENDINGS if signal.getsignal(s) is signal.SIG_DFL]
    received = []

    def leave(number: int, frame: FrameType | None) -> None:
        received.append(number)
        for ending in taken:  # nothing interrupts the clean-up
            signal.signal(ending, signal.SIG_IGN)
        raise _Ended

    try:
        for ending in taken:
            signal.signal(ending, leave)
        yield
    finally:
        for ending in taken:
            signal.signal(ending, signal.SIG_DFL)
        if received:
            signal.raise_signal(received[0])


@contextmanager
def atomic_writer(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the place of ``path`` when it is complete.

    A reader never sees half a file, and after an error the old file still stands. The
    mode of an existing file is kept, and a link keeps pointing to its file.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        what = "a directory" if target.is_dir() else "no regular file"
        raise IsADirectoryError(f"it is {what}")
    temporary = target.parent / f".{secrets.token_hex(8)}.part"
    with clean_end():
        try:
            # Not tempfile, whose files stay readable by their owner only.
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
            with open(os.open(temporary, flags, 0o666), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                os.chmod(temporary, target.stat().st_mode & 0o7777)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
