"""runbook.md: for each wave what must hold, what to type, what to expect, who approves, and how to roll back.

Every command is in a table with its output and its exit code, in the order to type them. Names from a cluster are
outside the commands: nothing in a name can become a command.
"""

from collections.abc import Iterable, Iterator

from migrate.documents.plan import Plan, StageGate, StageName, Volume, Wave
from migrate.model.words import amount, count, first_of, volume
from migrate.render.plain import between_blanks, markdown
from migrate.render.tables import why_here
from migrate.render.wrap import page
from migrate.steps import CreateAcls, Step

_HEAD = """# Runbook: {plan.migration}

Made from the inventory of {plan.as_of:%Y-%m-%d %H:%M} UTC, source cluster {source}. Target profile: {plan.profile}.

Type the commands of the tables in this directory, in this order. Type each only after the one before printed what is
expected. Stop where a gate is not met.

Exit codes: 0 ok, 1 failed, 2 usage, 3 could not tell, 4 refused. After 1, 3 or 4: read the message, follow its hint,
then rerun the command. A step that is done is not repeated.

`kmig status` shows where the migration stands and what comes next. kmig records each command with the operating
system's user name; it does not authenticate it.

Before the first wave, with the credentials that `kmig.yaml` names:

| command | expect | exit |
|---|---|---|
| `kmig inventory` | {complete} | {exit} |
| `kmig plan` | the waves of this runbook; if it changed, read it again | 0 |
"""

_PROBED = """
Also run `kmig verify protocol` and read its table. It tests on topics of its own what the target supports, and shows
which workloads need it.
"""

_ROLES = {"owner": "owner", "security_owner": "security owner"}


def runbook(plan: Plan, approvals: tuple[str, ...] = ()) -> str:
    """Return the whole text; `approvals` are the roles whose consent the policy requires."""
    volumes = {one.wave: one for one in plan.volumes}
    exported = plan.profile == "automq-byoc"
    lines = [*_head(plan), *([] if exported else _PROBED.split("\n"))]
    for wave in plan.waves:
        lines += _wave(wave, approvals, volumes.get(wave.number), exported=exported)
    return page([*lines, *_splits(plan), *_unexpressed(plan), *_configs(plan), *_staying(plan)])


def _head(plan: Plan) -> Iterator[str]:
    missing = ", ".join(plan.acknowledged)
    values = {
        "plan": plan,
        "source": markdown(plan.source_cluster),
        "complete": f"`complete`, but for {missing}" if missing else "`complete` in every line",
        "exit": 3 if missing else 0,
    }
    yield from (line.format(**values) for line in _HEAD.split("\n"))


def _wave(
    wave: Wave, approvals: tuple[str, ...], size: Volume | None, *, exported: bool
) -> Iterator[str]:
    gates = {gate.before: gate for gate in wave.gates}
    yield from between_blanks(f"## Wave {wave.number}: {markdown(wave.name)}")
    yield from ("| workload | owner | why here |", "|---|---|---|")
    for placed in wave.workloads:
        cells = (placed.workload, placed.owner, why_here(placed))
        yield f"| {' | '.join(map(markdown, cells))} |"
    yield from _before(wave, size)
    if exported:
        yield from _by_hand(wave)
        return
    yield from between_blanks("### Prepare")
    yield from _table(
        (f"kmig apply {wave.number} --yes", f"`wave {wave.number} prepared`"),
        (f"kmig apply {wave.number} --yes", "`nothing to do`"),
        ("kmig verify acls", "`pass`"),
    )
    yield from between_blanks(
        f"To go back: `kmig rollback {wave.number} --yes`. It deletes only what was created here, and topics only "
        "while they are empty."
    )
    yield from _steps(wave.prepare)
    yield from _gate(gates.get("replicate"))
    yield from _replicate(wave)
    yield from _gate(gates.get("cutover"))
    yield from _cutover(wave, approvals)
    yield from _gate(gates.get("rotate"))
    yield from _rotate(wave)
    yield from _gate(gates.get("close"))
    yield from between_blanks("### Close")
    yield from _table((f"kmig close {wave.number} --yes", f"`wave {wave.number} closed`"))
    yield from _templates(wave, "close")


def _by_hand(wave: Wave) -> Iterator[str]:
    """Yield the steps of a wave on a target where kmig changes nothing: its administrators do."""
    yield from between_blanks("### Steps for the target's administrators")
    yield from ("kmig changes nothing on this target. Its administrators do, in this order:", "")
    yield "1. Create the topics, users and quotas below."
    yield f"2. Apply `export/wave-{wave.number}-prepare/`: grants without WRITE on topics."
    yield "3. Copy the topics with a tool of your own, then stop the clients of this wave on the source."
    yield f"4. Apply `export/wave-{wave.number}-switch/`, only when the copy has ended and nothing is written on"
    yield "   the source: it lets the producers write. From then on there is no rollback."
    yield from ("5. Start the clients on the target.", "", "Topics, users and quotas:", "")
    yield from _steps(wave.prepare)


def _before(wave: Wave, size: Volume | None) -> Iterator[str]:
    if wave.not_before:
        yield from ("", f"Not before {wave.not_before}: `kmig cutover` refuses until then.")
    if size is None:
        return
    copied = [count(size.topics, "topic"), count(size.partitions, "partition")]
    records = None if size.records is None else f"at most {size.records:,} records"
    copied.append(records or "record count unknown")
    copied.append("size unknown" if size.bytes is None else volume(size.bytes))
    duration = (
        f"; {amount(size.seconds)} s at the declared rate" if size.seconds is not None else ""
    )
    yield from ("", f"Copied: {', '.join(copied)}{duration}.")
    for pause in size.pauses:
        yield from ("", f"Pause of {markdown(pause)}.")
    for warning in size.warnings:
        yield from ("", f"**Note:** {markdown(warning)}.")


def _replicate(wave: Wave) -> Iterator[str]:
    yield from between_blanks("### Replicate")
    yield from _table(
        (f"kmig replicate {wave.number} --yes", f"`wave {wave.number} replicates`"),
        (
            f"kmig replicate {wave.number} --status",
            "`ready` in every line, or nothing to copy; on exit 1 wait, then rerun the command",
        ),
    )
    yield from (
        "",
        f"To go back: `kmig rollback {wave.number} --yes` ends the copy. Then delete the topics that hold copies "
        "by hand: a second rollback undoes the preparation.",
    )
    yield from _templates(wave, "replicate")


def _cutover(wave: Wave, approvals: tuple[str, ...]) -> Iterator[str]:
    yield from between_blanks("### Cut over")
    rows = [
        (
            f"kmig approve {wave.number} --as {role}",
            f"`wave {wave.number} {wave.name} approved as {role}`",
        )
        for role in approvals
    ]
    gated = bool(wave.grants or wave.producers)
    yield from _table(
        *rows,
        (
            f"kmig cutover {wave.number}",
            f"asks before it stops anybody; `wave {wave.number} cut over`",
        ),
        ("kmig verify", "`pass`"),
    )
    back = f"`kmig rollback {wave.number} --yes` moves the clients back to the source, where they continue"
    if gated:
        yield from between_blanks(
            f"**Point of no return: the write gate.** Until then {back}, even if consumers have run on the "
            "target. After it there is no rollback."
        )
    else:
        yield from between_blanks(
            f"No producer moves: {back}, until its rotation starts or a later wave is cut over."
        )
    yield from _templates(wave, "cutover")
    yield from _opened(wave)


def _opened(wave: Wave) -> Iterator[str]:
    """Yield what the write gate grants, and the configs that are restored after it."""
    if wave.grants:
        yield from between_blanks("The write gate grants:")
        yield from (f"- {markdown(str(acl))}" for acl in wave.grants)
    if wave.restores:
        yield from between_blanks(
            "Configs that are restored (in brackets: if the target's brokers differ):"
        )
    for restored in wave.restores:
        yield f"- {markdown(', '.join(restored.topics))}: {markdown(', '.join(restored.shown))}"


def _rotate(wave: Wave) -> Iterator[str]:
    yield from between_blanks("### Rotate")
    yield from _table(
        (
            f"kmig rotate {wave.number} --yes",
            "`proven` for each credential"
            if wave.rotates
            else "`nothing to do`: no workload has a rotation",
        )
    )
    if wave.rotates:
        yield from (
            "",
            "No rollback: until the old credential is revoked, both log in, and a rerun of the command continues. "
            "A revoked credential cannot be restored.",
        )
    yield from _templates(wave, "rotate")


def _gate(gate: StageGate | None) -> Iterator[str]:
    """Yield who approves, on which evidence, and what stops the wave; with lines to sign."""
    if gate is None:
        return
    condition = f"Go if {gate.evidence}. Stop on: {gate.stop}."
    yield from ("", f"> **Gate before {gate.before}.** {condition}", ">")
    for owner in gate.owners:
        yield f"> - [ ] {markdown(owner)}: ____________________ date ____________"


def _table(*rows: tuple[str, str]) -> Iterator[str]:
    yield from ("| command | expect | exit |", "|---|---|---|")
    for command, expect in rows:
        yield f"| `{command}` | {expect} | 0 |"


def _steps(steps: Iterable[Step]) -> Iterator[str]:
    number = 0
    for number, step in enumerate(steps, 1):
        yield f"{number}. {markdown(step.describe())}: {markdown(step.because)}"
        if isinstance(step, CreateAcls):
            yield from (f"   - {markdown(str(acl))}" for acl in step.acls)
    if not number:
        yield "Nothing to prepare."


def _templates(wave: Wave, stage: StageName) -> Iterator[str]:
    """Yield a table of the steps that the stage makes of the facts behind its gates."""
    rows = [t for t in wave.templates if t.stage == stage]
    if rows:
        yield from between_blanks("Steps:")
        yield from ("| | step | where | why | after | undo |", "|---|---|---|---|---|---|")
    for number, row in enumerate(rows, 1):
        subjects = _first(wave.subjects(row))
        does = f"{row.does}: {subjects}" if subjects else row.does
        yield f"| {number} | {does} | {row.site} | {row.because} | {row.waits_for} | {row.undo} |"


def _first(names: tuple[str, ...]) -> str:
    """Return the first names for a cell, and how many more there are."""
    return first_of([markdown(name) for name in names], 8)


def _splits(plan: Plan) -> Iterator[str]:
    if not plan.splits:
        return
    yield from between_blanks("## Grants on topics of several waves")
    yield "Each is granted topic by topic as the topics move, and as a whole with the last of them."
    yield ""
    yield from ("| grant | before that | as a whole with wave |", "|---|---|---|")
    for split in plan.splits:
        parts = "; ".join(f"wave {w}: {markdown(', '.join(ts))}" for w, ts in split.parts.items())
        yield f"| {markdown(str(split.acl))} | {parts or 'nothing'} | {split.whole} |"


def _unexpressed(plan: Plan) -> Iterator[str]:
    if not plan.unexpressed:
        return
    yield from between_blanks("## ACLs that the target cannot express")
    yield from ("| ACL | becomes | because |", "|---|---|---|")
    for one in plan.unexpressed:
        yield f"| {markdown(str(one.acl))} | {one.fate} | {markdown(one.because)} |"


def _configs(plan: Plan) -> Iterator[str]:
    changed = [one for one in plan.topic_configs if one.fate != "kept"]
    if not changed:
        return
    yield from between_blanks("## Topic configs that change")
    yield from ("| config | becomes | because | topics |", "|---|---|---|---|")
    for config in changed:
        pairs = ", ".join(f"{key}={value}" for key, value in config.becomes.items())
        cells = (f"{config.key}={config.value}", pairs or config.fate, config.because)
        yield f"| {' | '.join(map(markdown, cells))} | {_first(config.topics)} |"


def _staying(plan: Plan) -> Iterator[str]:
    yield from between_blanks("## Decisions from workloads.yaml")
    yield from ("| what | which | decision | because |", "|---|---|---|---|")
    for a in plan.accounts:
        if a.fate in ("left_behind", "dropped", "shared"):
            yield f"| {a.kind} | {markdown(a.name)} | {a.fate.replace('_', ' ')} | {markdown(a.because)} |"
    if plan.notes:
        yield from between_blanks("## Notes")
        yield from (f"- {markdown(note)}" for note in plan.notes)
