"""Play a scenario: start two real clusters, build the estate, run the commands, judge, keep the folder."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import javaproperties

from migrate.adapters.clock import SystemClock
from migrate.errors import KmigError, UsageError
from migrate.folder import REPORT
from migrate.model.check import Check, Verdict, worst
from migrate.model.words import count
from migrate.rehearse import faults, judge, live
from migrate.rehearse import rights as effective
from migrate.rehearse.hold import until_interrupted
from migrate.rehearse.lab.command import kmig
from migrate.rehearse.lab.process_watch import ProcessWatch
from migrate.rehearse.records import Judgement
from migrate.rehearse.scenario import ScriptLine, load
from migrate.rehearse.setup import SECRETS, Options, Rehearsal, claim, discard_data, start
from migrate.render.columns import table

_SHOWN = ("inventory", "plan", "verify", "replicate", "cutover", "rotate", "status")
_TIMELINES = ("cutover", "rotate")
_GIB = 1024**3
_EVENTS = {
    "start-clients": live.run,
    "kill-copier": faults.kill_copier,
    "cut-copier": faults.cut_copier,
    "mend-copier": faults.mend_copier,
}


def play(options: Options, say: Callable[[str], None], show: Callable[..., None]) -> None:
    """Play a scenario; raise when a command did not end as the scenario expects, or a check does not pass.

    `show` takes lines.
    """
    scenario = load(options.scenario)
    if scenario.runtime not in ("", options.runtime):
        raise UsageError(
            f"scenario {scenario.name} can only be played in containers",
            f"add --runtime {scenario.runtime}",
        )
    folder = _folder(options.folder, scenario.name)
    watch = ProcessWatch().start()
    began = time.monotonic()
    cleanup = ExitStack()
    try:
        here = start(scenario, options, folder, say, cleanup)
        _play(here, scenario.commands)
        if scenario.clients:
            here.say(
                "stopping the producers, letting groups read to the end, counting every record"
            )
            here.judgement = live.finish(here)
            here.checks.append(live.checked(here.judgement, scenario.at_least))
            here.checks.append(judge.proven(live.maps(here.folder)))
        if options.hold:
            _hold(here)
        visible = list(here.runtime.seen())
    finally:
        cleanup.close()
        discard_data(folder)
    _play(here, scenario.afterwards)
    watch.stop()
    here.checks.append(_secrets(here, watch, visible))
    _summary(here, watch, time.monotonic() - began, show)


def _play(here: Rehearsal, script: tuple[ScriptLine, ...]) -> None:
    """Run each line of the script; raise when a command does not end as expected."""
    for played in script:
        if played.event:
            _EVENTS[played.event](here)
        elif played.check:
            here.checks.append(
                effective.rights(here.scenario, here.source, here.target, here.passwords)
            )
        else:
            with faults.during(here, played.fault):
                _type(here, played)


def _type(here: Rehearsal, played: ScriptLine) -> None:
    deadline = time.monotonic() + played.within
    while True:
        ran = kmig(played.run.split(), here.folder, here.environ)
        with (here.folder / "transcript.txt").open("a", encoding="utf-8") as transcript:
            transcript.write(f"$ {ran.line}\n{ran.err}{ran.out}exit {ran.code}\n\n")
        missing = [
            text for text in played.expect if text not in ran.said and text not in ran.out + ran.err
        ]
        as_expected = ran.code == played.exit and not missing
        if as_expected or time.monotonic() > deadline:
            break
    here.ran.append(ran)
    here.say(f"  {ran.line:30} exit {ran.code}  {ran.seconds:4.1f} s")
    if not as_expected:
        expected = f"exit code {played.exit}" + (f" and `{missing[0]}`" if missing else "")
        raise KmigError(
            [
                f"`{ran.line}` ended with exit code {ran.code}; the scenario expects {expected}",
                *(ran.out + ran.err).split("\n"),
            ],
            f"read transcript.txt and the logs in {here.folder}",
        )


def _hold(here: Rehearsal) -> None:
    here.say(
        f"source  {here.source.bootstrap}  --command-config {here.folder}/{SECRETS}/source.properties"
    )
    here.say(
        f"target  {here.target.bootstrap}  --command-config {here.folder}/{SECRETS}/target.properties"
    )
    for worker in (here.worker, here.copier):
        if worker:
            here.say(f"connect {worker.url}")
    here.say(f"kmig -C {here.folder} …; the clusters stay until Control-C")
    until_interrupted(here.servers, here.say)


def _secrets(here: Rehearsal, watch: ProcessWatch, visible: list[tuple[str, bytes]]) -> Check:
    def places() -> Iterator[tuple[str, bytes]]:
        for path in sorted(here.folder.rglob("*")):
            if path.is_file() and here.folder / SECRETS not in path.parents:
                yield str(path.relative_to(here.folder)), path.read_bytes()
        for ran in here.ran:
            yield f"the output of {ran.line}", (ran.out + ran.err).encode()
        for line in watch.argument_lists:
            yield "an argument list", line
        yield from visible

    secrets = dict(here.passwords.by_name)
    rotated = javaproperties.loads((here.folder / SECRETS / "clients.properties").read_text())
    secrets |= {f"{n} now": v for n, v in rotated.items() if not n.endswith(".mechanism")}
    for cluster in (here.source, here.target):
        brokers = javaproperties.loads(cluster.secret_file.read_text())
        secrets |= {f"{cluster.spec.name} {name}": value for name, value in brokers.items()}
    return judge.secret_search(secrets, places())


def _summary(
    here: Rehearsal, watch: ProcessWatch, seconds: float, show: Callable[..., None]
) -> None:
    show(*f"{here.scenario.name}: {here.scenario.about.strip()}\n".split("\n"))
    for ran in here.ran:
        last = {r.line: r for r in here.ran}[ran.line]
        if ran.line.split()[1] in _SHOWN and ran.code == 0 and last is ran:
            talk = ran.err if ran.line.split()[1] in _TIMELINES else ""
            show(f"$ {ran.line}", *f"{talk}{ran.out}".split("\n"))
    if here.judgement:
        show(*_judgement(here.judgement))
    rows = [
        (check.name, check.verdict.value, line) for check in here.checks for line in check.evidence
    ]
    show(*table(rows, ("judge", "verdict", "evidence")))
    memory = f"{watch.peak_bytes / _GIB:.2f} GiB in {watch.peak_processes} processes"
    if here.runtime.uncounted:
        memory += f", {here.runtime.uncounted} not counted"
    show(f"{len(here.ran)} commands as expected; {seconds:.0f} s; peak memory {memory}")
    verdict = worst(check.verdict for check in here.checks)
    show(f"verdict: {verdict.value}")
    if (here.folder / REPORT).exists():
        show(f"report to open: {here.folder / REPORT}")
    show(f"folder: {here.folder}")
    if verdict is not Verdict.PASS:
        failed = [check.name for check in here.checks if check.verdict is not Verdict.PASS]
        raise KmigError(
            f"the rehearsal failed: {count(len(failed), 'check')} of the judge did not pass: "
            f"{', '.join(failed)}",
            f"read the judge's rows above, and the transcript in {here.folder}",
        )


def _judgement(judgement: Judgement) -> list[str]:
    rows = [
        (g.group, f"{g.processed:,}", g.skipped.number, g.duplicated.number, g.reordered.number)
        for g in judgement.groups
    ]
    headers = ("group", "processed", "skipped", "duplicated", "reordered")
    paused = [
        (
            f"wave {wave}",
            *("–" if s is None else f"{s:.1f} s" for s in (p["consumers"], p["writes"])),
        )
        for wave, p in judgement.pause_seconds.items()
    ]
    waves = table(paused, ("paused", "consumers", "writes"))
    lost = f"lost {judgement.lost} of {judgement.records:,} records"
    return [*table(rows, headers), "", *waves, lost, ""]


def _folder(wanted: Path | None, name: str) -> Path:
    stamp = f"{SystemClock().now():%Y%m%d-%H%M%S}"
    folder = (wanted or Path("rehearsals") / f"{name}-{stamp}").absolute()
    claim(folder)
    return folder
