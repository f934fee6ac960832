"""kmig audit."""

import hashlib
import re
from typing import Annotated

import typer

from migrate.cli.session import say, session
from migrate.errors import KmigError, UsageError
from migrate.folder import MAPS, Folder, broken
from migrate.journal.trail import dump, has


def audit(
    context: typer.Context,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Verify the journal's hash chain; exit 1 and the line number if it is broken.",
        ),
    ] = False,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="HASH",
            help="Check that the chain holds this head, which an earlier command printed.",
        ),
    ] = None,
) -> None:
    """Print what was done, when and by whom.

    The digests of the maps of copied partitions, as they are now, stand below it.

    --check finds accidents and edits. It does not find a journal that was rewritten as a whole: keep a
    printed head elsewhere, and compare it with --head.

    Example: kmig audit --check
    """
    here = session(context)
    read = here.folder.journal()
    if head is not None and not re.fullmatch("[0-9a-f]{64}", head):
        raise UsageError(
            "--head needs a whole hash: 64 hexadecimal digits",
            "copy it from `journal head` of a command's output",
        )
    if check or head is not None:
        if read.fault:
            line, why = read.fault
            raise KmigError(broken(line, why), "compare journal.jsonl with a backup of it")
        if head is not None and not has(read.journal, head):
            raise KmigError(
                f"no journal entry has the hash {head}: the journal was rewritten",
                "restore journal.jsonl from a backup that has this entry",
            )
        text = f"{read.journal.count} entries, chain holds, head {read.journal.head}"
        here.show([text], {"entries": read.journal.count, "head": read.journal.head})
    else:
        from migrate.render import tables

        maps = _maps(here.folder)
        here.show(
            [*tables.trail(read.journal), *tables.maps(maps)],
            {"head": read.journal.head, "entries": dump(read.journal), "maps": maps},
        )
        if read.fault:
            line, why = read.fault
            raise KmigError(broken(line, why), "the trail above ends before that line")
    if read.torn:
        say(
            "warning: the last line of journal.jsonl is incomplete: kmig was killed while writing it; "
            "nothing was done on it, and the next command moves it to journal.torn"
        )


def _maps(folder: Folder) -> dict[str, str]:
    """Return the SHA-256 of each map's file."""
    place = folder.path / MAPS
    names = folder.disk.names(place) if folder.disk.is_folder(place) else ()
    own = (name for name in names if name.endswith(".jsonl"))
    return {name: hashlib.sha256(folder.disk.read(place / name)).hexdigest() for name in own}
