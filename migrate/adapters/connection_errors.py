"""The reasons for a failed connection in words: errors of sockets, name resolution and TLS, translated in one place.

Names of Python's exceptions do not belong into a message, and some exceptions have no text of their own.
"""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime


def why(error: BaseException, seconds: float) -> str:
    """Return the reason why a request with this time-out failed.

    The first cause with an operating-system error decides; else the innermost cause, which a library's error quotes.
    """
    words = "the connection was lost"
    for cause in _causes(error):
        if isinstance(cause, TimeoutError):
            return f"no answer within {seconds:g} s"
        if isinstance(cause, OSError) and (reason := _of_system(cause)):
            return reason
        if isinstance(cause, UnicodeError):
            return "not an address"
        words = str(cause) or words
    return words


def certificate_ends(connection: "ssl.SSLSocket | ssl.SSLObject") -> datetime | None:
    """Return when the peer's verified certificate ends, in UTC; None where nothing was verified."""
    ends = (connection.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC) if ends else None


def of_tls(error: BaseException) -> bool:
    """Whether TLS failed: then no request was read by the other side."""
    return any(isinstance(cause, ssl.SSLError) for cause in _causes(error))


_WANTS = "it wants a client certificate that it trusts"
_ALERTS = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _WANTS,
    # also a Java server's, where the client shows none
    "SSLV3_ALERT_BAD_CERTIFICATE": _WANTS,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _WANTS,
    "TLSV1_ALERT_UNKNOWN_CA": _WANTS,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "kmig's certificate has expired",
    "WRONG_VERSION_NUMBER": "it does not speak TLS there",
}
"""What the other side refuses, by OpenSSL's name for its alert."""


def _of_system(error: OSError) -> str:
    """Return the operating system's words; empty for a library's error that only derives from OSError."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        return _ALERTS.get(reason, f"the TLS handshake failed: {reason}")
    if isinstance(error, socket.gaierror):
        return f"the name does not resolve here: {error.strerror}"
    return error.strerror or ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and then its causes, the outermost first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
