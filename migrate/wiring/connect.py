"""The workers of a Connect cluster, reached as kmig.yaml says."""

import ssl

from migrate.adapters.connect.workers import Access, Workers
from migrate.adapters.properties import resolved
from migrate.adapters.secrets import Secrets
from migrate.documents.connect import ConnectAccess
from migrate.folder import CONFIG, Folder
from migrate.model.reference import parse


def workers(
    folder: Folder, access: ConnectAccess, secrets: Secrets, timeout: float, *, name: str = ""
) -> Workers:
    """Return the workers; references are resolved and stores are read now, and no connection is opened."""

    def secret(reference: str) -> str:
        place = parse(reference) if reference else None
        return secrets.resolve(place).strip() if place else ""

    login = Access.of(
        tls_of(folder, access, secrets),
        user=access.user,
        password=secret(access.password),
        token=secret(access.token),
    )
    return Workers(access.addresses, timeout, login, name=name)


def tls_of(folder: Folder, access: ConnectAccess, secrets: Secrets) -> ssl.SSLContext | None:
    """Return the TLS context of a Connect cluster; None where kmig.yaml says nothing of it."""
    if not access.tls:
        return None
    from migrate.adapters import tls  # here: its imports take longer than most commands

    values = {key: resolved(value, secrets) for key, value in access.tls.items()}
    return tls.read(folder.path / CONFIG, values).context()
