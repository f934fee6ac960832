"""kmig audit."""

import re
from typing import Annotated

import typer

from migrate.cli.session import say, session
from migrate.errors import KmigError, UsageError
from migrate.journal.trail import dump, has, lines
from migrate.render import tables


def audit(
    context: typer.Context,
    check: Annotated[
        bool,
        typer.Option("--check", help="Verify the journal's hash chain; exit 1 names the line."),
    ] = False,
    head: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="A head recorded earlier, which must be in the chain."),
    ] = None,
) -> None:
    """The readable trail: what was done, when, by whom.

    The chain stops accidents and shows an edit; somebody who rewrites the whole file is only caught against a head
    that was kept elsewhere (--head).

    Example: kmig audit --check
    """
    here = session(context)
    read = here.folder.journal()
    if head is not None and not re.fullmatch("[0-9a-f]{64}", head):
        raise UsageError(
            "--head takes a whole hash: 64 hexadecimal digits", "as each command prints it"
        )
    if check or head is not None:
        if read.fault:
            line, why = read.fault
            raise KmigError(f"journal.jsonl: line {line}: {why}", "compare with a copy of the file")
        if head is not None and not has(read.journal, head):
            raise KmigError(f"no entry has the hash {head}: the journal was rewritten since")
        text = f"{read.journal.count} entries, chain holds, head {read.journal.head}"
        here.show([text], {"entries": read.journal.count, "head": read.journal.head})
    else:
        trail = tables.table(lines(read.journal), ("when", "who", "wave", "what"))
        here.show(trail, {"head": read.journal.head, "entries": dump(read.journal)})
        if read.fault:
            line, why = read.fault
            raise KmigError(f"the trail ends before line {line} of journal.jsonl: {why}")
    if read.torn:
        say(
            "note: the last line is torn; it was never acted on, and the next command sets it aside"
        )
