"""kmig offsets."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli.session import both, session
from migrate.cli.words import help_text
from migrate.errors import CannotTell, UsageError
from migrate.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.journal.standing import Journal
    from migrate.logs.translate import Translation
    from migrate.model.cluster import Commit
    from migrate.model.record import TopicPartition
    from migrate.ports import Sites

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
_POSITION = re.compile(r"(?P<topic>[A-Za-z0-9._-]+):(?P<partition>\d{1,10}):(?P<offset>\d{1,19})")


@app.callback()
def offsets() -> None:
    """Translate positions that are kept outside Kafka, to the other side.

    Example: kmig offsets translate orders:0:1042 orders:1:998
    """


def translate(
    context: typer.Context,
    positions: Annotated[
        list[str] | None,
        typer.Argument(metavar="TOPIC:PARTITION:OFFSET", help="The next offset to read."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Positions from a file: one a line, or JSON as Spark writes it: "
            '{"topic": {"0": 42}}. `-` is standard input.',
        ),
    ] = None,
    back: Annotated[
        bool, typer.Option("--back", help="From the target to the source: for a rollback.")
    ] = False,
) -> None:
    """Say where a reader goes on that keeps its position itself: Flink, Spark, a sink's table.

    An offset is the next one to read. Each is looked up in the map of its partition; the proof and what may be read
    again stand beside it. Reads only; commits nothing. Exit 3 where a position has no proven place.

    Example: kmig offsets translate orders:0:1042 orders:1:998

    Example: kmig offsets translate --file checkpoint.json -o json
    """
    from migrate.render import tables

    here = session(context)
    wanted = [_position(text) for text in positions or []]
    wanted += list(_from_file(file)) if file else []
    if not wanted:
        raise UsageError(
            "no position to translate", "name TOPIC:PARTITION:OFFSET, or a file with --file"
        )
    with both(here, here.folder.plan(), moving=True) as opened:
        names = list(_copying(here.folder.executed()))
        found = list(_translated(opened.sites, names, wanted, back=back))
    places: dict[str, dict[str, int]] = {}
    for one in found:
        if one.sound and one.target is not None:
            places.setdefault(one.topic, {})[str(one.partition)] = one.target
    here.show(
        tables.positions(found, back=back),
        {"translations": [one.model_dump() for one in found], "offsets": places},
    )
    if unsound := [one for one in found if not one.sound]:
        first = unsound[0]
        raise CannotTell(
            f"{count(len(unsound), 'position')} without a proven place: "
            f"{first.topic}:{first.partition}:{first.source}: {first.evidence}",
            "`kmig verify data` names the records; begin earlier by hand where reading again does no harm",
        )


app.command(help=help_text(translate), short_help="Say where a position goes on.")(translate)


def _copying(journal: "Journal") -> "Iterator[str]":
    from migrate.journal.copying import copy_connectors

    yield from copy_connectors(journal)


def _translated(
    sites: "Sites", connectors: list[str], wanted: "list[Commit]", *, back: bool
) -> "Iterator[Translation]":
    """Yield where each position goes on; several of one partition are translated one after the other."""
    from migrate.logs.lag import next_offsets
    from migrate.logs.translating import Asked, translated

    site = sites.target if back else sites.source
    ends = site.reader.ends({one.topic for one in wanted})
    upto = {p: e.stable for p, e in sites.source.reader.ends({c.topic for c in wanted}).items()}
    copied = next_offsets(sites, connectors)
    moved = frozenset(topic for topic, _ in upto) - {topic for topic, _ in copied}
    upto |= copied
    for one in wanted:
        if (one.topic, one.partition) not in ends:
            raise UsageError(
                f"{one.topic}-{one.partition} does not exist on the {site.name}",
                "correct the topic or the partition",
            )
    inside = [c for c in wanted if c.offset <= ends[c.topic, c.partition].end]
    found: dict[tuple[str, int, int], Translation] = {}
    while inside:
        round_: dict[TopicPartition, Commit] = {}
        later = []
        for one in inside:
            if round_.setdefault((one.topic, one.partition), one) is not one:
                later.append(one)
        asked = Asked(tuple(round_.values()), upto, back=back, moved=moved)
        found |= {(t.topic, t.partition, t.source or 0): t for t in translated(sites, asked)}
        inside = later
    for one in wanted:
        known = found.get((one.topic, one.partition, one.offset))
        yield known or _outside(one, ends[one.topic, one.partition].end)


def _outside(one: "Commit", end: int) -> "Translation":
    from migrate.logs.translate import Translation

    return Translation(
        topic=one.topic,
        partition=one.partition,
        source=one.offset,
        target=None,
        lag=0,
        method="none",
        proof="unknown",
        evidence=f"it is beyond the log, which ends at {end}",
    )


def _position(text: str, where: str = "") -> "Commit":
    from migrate.model.cluster import Commit

    parts = _POSITION.fullmatch(text)
    if parts is None or int(parts["offset"]) >= 2**63 or int(parts["partition"]) >= 2**31:
        raise UsageError(
            f"{where}`{text}` is not a position of the form TOPIC:PARTITION:OFFSET",
            "write for example orders:0:1042; the offset is the next one to read",
        )
    return Commit(
        topic=parts["topic"], partition=int(parts["partition"]), offset=int(parts["offset"])
    )


def _from_file(path: Path) -> "Iterator[Commit]":
    """Yield the positions of a file: a line each, or Spark's JSON."""
    try:
        text = typer.get_text_stream("stdin").read() if str(path) == "-" else path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "the file is not UTF-8"
        raise UsageError(f"cannot read file {path}: {why}", "correct --file") from error
    if text.lstrip().startswith("{"):
        yield from _from_json(path, text)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if own := line.partition("#")[0].strip():
            yield _position(own, f"{path}:{number}: ")


def _from_json(path: Path, text: str) -> "Iterator[Commit]":
    try:
        rows = [
            f"{topic}:{partition}:{offset}"
            for topic, own in json.loads(text).items()
            for partition, offset in own.items()
        ]
    except (ValueError, AttributeError, RecursionError) as error:
        raise UsageError(
            f'{path}: not JSON of the form {{"topic": {{"0": 42}}}}', "write it as Spark does"
        ) from error
    for row in rows:
        yield _position(row, f"{path}: ")
