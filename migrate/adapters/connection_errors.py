"""Why nobody answered, in words: what sockets, names and TLS raise, translated in one place.

Names of Python's exceptions are no words of a message, and some exceptions have no text of their own.
"""

import socket
import ssl
from collections.abc import Iterator


def why(error: BaseException, seconds: float) -> str:
    """What happened to a question that was given so many seconds.

    By the first cause that the system names, else in the words of the last: those of a library around it quote it.
    """
    words = "the connection was lost"
    for one in _causes(error):
        if isinstance(one, TimeoutError):
            return f"no answer within {seconds:g} s"
        if isinstance(one, OSError) and (said := _of_system(one)):
            return said
        if isinstance(one, UnicodeError):
            return "not an address"
        words = str(one) or words
    return words


def _of_system(error: OSError) -> str:
    """The system's own words; empty where it is a library's error that only derives from OSError."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS there: {error.reason or error}"
    if isinstance(error, socket.gaierror):
        return f"the name does not resolve here: {error.strerror}"
    return error.strerror or ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, the last first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
