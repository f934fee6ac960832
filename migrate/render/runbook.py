"""runbook.md: per wave what must hold, what to type, what to expect, who says go, and how to go back.

Every command stands in a table with what it prints and its exit code, in the order to type them. Names of people's
things stand outside the commands: nothing in a name can become a command.
"""

from collections.abc import Iterable, Iterator

from migrate.documents.plan import Plan, StageGate, StageName, Volume, Wave
from migrate.model.words import amount, count, volume
from migrate.render.plain import apart, markdown
from migrate.render.wrap import page
from migrate.steps import CreateAcls, Step

_HEAD = """# Runbook: {plan.migration}

Made from the inventory of {plan.as_of:%Y-%m-%d %H:%M} UTC, source cluster {source}. Target profile: {plan.profile}.

Type the commands of the tables in this directory, in this order, each once the one before has printed what is
expected. Exit codes: 0 ok, 1 failed, 2 usage, 3 could not tell, 4 refused. After 1, 3 or 4 read the message and its
hint, do what it says, and type the same command again: what is done is not done twice. Stop where a gate is not met.

`kmig status` says at any time where the migration stands and what comes next. kmig records who typed a command, by
the operating system's user name, and authenticates nobody.

Before you begin, with the credentials that `kmig.yaml` names:

| command | expect | exit |
|---|---|---|
| `kmig inventory` | {complete} | {exit} |
| `kmig plan` | the waves of this runbook; read it anew if it changed | 0 |
"""

_PROBED = """
`kmig verify protocol` asks beforehand, on topics of its own, what the target really does, and for which workloads
that counts; read its table before the first wave.
"""

_ROLES = {"owner": "owner", "security_owner": "security owner"}


def runbook(plan: Plan, approvals: tuple[str, ...] = ()) -> str:
    """The whole text; `approvals` are the roles that the policy wants to consent."""
    volumes = {one.wave: one for one in plan.volumes}
    exported = plan.profile == "automq-byoc"
    lines = [*_head(plan), *([] if exported else _PROBED.split("\n"))]
    for wave in plan.waves:
        lines += _wave(wave, approvals, volumes.get(wave.number), exported=exported)
    return page([*lines, *_splits(plan), *_unexpressed(plan), *_configs(plan), *_staying(plan)])


def _head(plan: Plan) -> Iterator[str]:
    missing = ", ".join(plan.acknowledged)
    said = {
        "plan": plan,
        "source": markdown(plan.source_cluster),
        "complete": f"`complete`, but for {missing}" if missing else "`complete` in every line",
        "exit": 3 if missing else 0,
    }
    yield from (line.format(**said) for line in _HEAD.split("\n"))


def _wave(
    wave: Wave, approvals: tuple[str, ...], size: Volume | None, *, exported: bool
) -> Iterator[str]:
    gates = {gate.before: gate for gate in wave.gates}
    yield from apart(f"## Wave {wave.number}: {markdown(wave.name)}")
    yield from ("| workload | owner | why here |", "|---|---|---|")
    for placed in wave.workloads:
        reasons = markdown("; ".join(placed.reasons))
        yield f"| {markdown(placed.workload)} | {markdown(placed.owner)} | {reasons} |"
    yield from _before(wave, size)
    if exported:
        yield from _by_hand(wave)
        return
    yield from apart("### Prepare")
    yield from _table(
        (f"kmig apply {wave.number} --yes", f"`wave {wave.number} prepared`"),
        (f"kmig apply {wave.number} --yes", "`nothing to do`"),
        ("kmig verify acls", "`pass`"),
    )
    yield from apart(
        f"To go back: `kmig rollback {wave.number} --yes`. It deletes what was made, topics only while they "
        "are empty, and nothing else."
    )
    yield from _steps(wave.prepare)
    yield from _gate(gates.get("replicate"))
    yield from _replicate(wave)
    yield from _gate(gates.get("cutover"))
    yield from _cutover(wave, approvals)
    yield from _gate(gates.get("rotate"))
    yield from _rotate(wave)
    yield from _gate(gates.get("close"))
    yield from apart("### Close")
    yield from _table((f"kmig close {wave.number} --yes", f"`wave {wave.number} closed`"))
    yield from _templates(wave, "close")


def _by_hand(wave: Wave) -> Iterator[str]:
    """A wave towards a target where kmig changes nothing: its administrators do, in this order."""
    yield from apart("### By target's administrators")
    yield from ("kmig types nothing here: on this target it refuses to act.", "")
    yield "1. Make the topics, users and quotas below."
    yield f"2. Apply `export/wave-{wave.number}-prepare/`: grants without WRITE on topics."
    yield "3. Copy the topics by means of your own, and stop the clients of this wave on source."
    yield f"4. Apply `export/wave-{wave.number}-switch/`, only when the copy has ended and nothing is written on"
    yield "   source: it lets the producers write. From there on there is no way back."
    yield from ("5. Start the clients on target.", "")
    yield from _steps(wave.prepare)


def _before(wave: Wave, size: Volume | None) -> Iterator[str]:
    if wave.not_before:
        yield from ("", f"Not before {wave.not_before}: `kmig cutover` refuses until then.")
    if size is None:
        return
    copied = [count(size.topics, "topic"), count(size.partitions, "partition")]
    copied.append(
        "records not counted" if size.records is None else f"at most {size.records:,} records"
    )
    copied.append("size not told" if size.bytes is None else volume(size.bytes))
    took = f"; {amount(size.seconds)} s at the declared rate" if size.seconds is not None else ""
    yield from ("", f"Copied: {', '.join(copied)}{took}.")
    for pause in size.pauses:
        yield from ("", f"Pause of {markdown(pause)}.")
    for warning in size.warnings:
        yield from ("", f"**Mind:** {markdown(warning)}.")


def _replicate(wave: Wave) -> Iterator[str]:
    yield from apart("### Replicate")
    yield from _table(
        (f"kmig replicate {wave.number} --yes", f"`wave {wave.number} replicates`"),
        (
            f"kmig replicate {wave.number} --status",
            "`ready` in every line, or nothing to copy; on exit 1 wait, and type it again",
        ),
    )
    yield from (
        "",
        f"To go back: `kmig rollback {wave.number} --yes` ends the copy; once more, it takes back the preparation, "
        "when the topics that hold copies by then were deleted by hand.",
    )
    yield from _templates(wave, "replicate")


def _cutover(wave: Wave, approvals: tuple[str, ...]) -> Iterator[str]:
    yield from apart("### Cut over")
    rows = [
        (
            f"kmig approve {wave.number} --as {role}",
            f"`wave {wave.number} {wave.name} approved as {role}`",
        )
        for role in approvals
    ]
    gated = bool(wave.grants or wave.producers)
    asks = " and again at the write gate" if gated else ""
    yield from _table(
        *rows,
        (
            f"kmig cutover {wave.number}",
            f"asks before the first step{asks}; `wave {wave.number} cut over`",
        ),
        ("kmig verify", "`pass`"),
    )
    back = f"`kmig rollback {wave.number} --yes` takes the clients back with what they have read"
    if gated:
        yield from apart(
            f"**Point of no return: the write gate.** Until then {back}, also after consumers have run on target. "
            "After it, go forward."
        )
    else:
        yield from apart(
            f"No producer moves: {back}, until its rotation is begun or a later wave is cut over."
        )
    yield from _templates(wave, "cutover")
    yield from _opened(wave)


def _opened(wave: Wave) -> Iterator[str]:
    """What the write gate grants, and the configs that return behind it."""
    if wave.grants:
        yield from apart("The write gate grants:")
        yield from (f"- {markdown(str(acl))}" for acl in wave.grants)
    if wave.restores:
        yield from apart("Configs that return:")
    for one in wave.restores:
        said = ", ".join(f"{k}={'default' if v is None else v}" for k, v in one.configs.items())
        yield f"- {markdown(', '.join(one.topics))}: {markdown(said)}"


def _rotate(wave: Wave) -> Iterator[str]:
    yield from apart("### Rotate")
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
            "No way back: until the old credential is revoked both log in, and the same command goes on; "
            "revoked, it is gone.",
        )
    yield from _templates(wave, "rotate")


def _gate(gate: StageGate | None) -> Iterator[str]:
    """Who says go, by what, and what stops; with lines to sign."""
    if gate is None:
        return
    said = f"Go when {gate.evidence}. Stop: {gate.stop}."
    yield from ("", f"> **Gate before {gate.before}.** {said}", ">")
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
    """What the stage does, once the facts behind its gates are known."""
    rows = [t for t in wave.templates if t.stage == stage]
    if rows:
        yield from apart("What it does:")
        yield from ("| | step | where | why | once | way back |", "|---|---|---|---|---|---|")
    for number, row in enumerate(rows, 1):
        does = f"{row.does}{_subjects(wave.subjects(row))}"
        yield f"| {number} | {does} | {row.site} | {row.because} | {row.waits_for} | {row.undo} |"


def _subjects(names: tuple[str, ...]) -> str:
    shown, more = names[:8], len(names) - 8
    listed = ", ".join(markdown(one) for one in shown) + (f" and {more} more" if more > 0 else "")
    return f": {listed}" if listed else ""


def _splits(plan: Plan) -> Iterator[str]:
    if not plan.splits:
        return
    yield from apart("## Grants that reach several waves")
    yield "Each is given topic by topic as its topics move, and whole with the last of them."
    yield ""
    yield from ("| grant | until then | whole with wave |", "|---|---|---|")
    for split in plan.splits:
        parts = "; ".join(f"wave {w}: {markdown(', '.join(ts))}" for w, ts in split.parts.items())
        yield f"| {markdown(str(split.acl))} | {parts or 'nothing'} | {split.whole} |"


def _unexpressed(plan: Plan) -> Iterator[str]:
    if not plan.unexpressed:
        return
    yield from apart("## What target has no words for")
    yield from ("| grant | becomes | because |", "|---|---|---|")
    for one in plan.unexpressed:
        yield f"| {markdown(str(one.acl))} | {one.fate} | {markdown(one.because)} |"


def _configs(plan: Plan) -> Iterator[str]:
    changed = [one for one in plan.topic_configs if one.fate != "kept"]
    if not changed:
        return
    yield from apart("## Topic configs that change")
    yield from ("| config | becomes | because | topics |", "|---|---|---|---|")
    for one in changed:
        becomes = ", ".join(f"{key}={value}" for key, value in one.becomes.items()) or one.fate
        topics = ", ".join(one.topics[:8]) + (
            f" and {len(one.topics) - 8} more" if one.topics[8:] else ""
        )
        yield (
            f"| {markdown(f'{one.key}={one.value}')} | {markdown(becomes)} | {markdown(one.because)} "
            f"| {markdown(topics)} |"
        )


def _staying(plan: Plan) -> Iterator[str]:
    yield from apart("## Decided one by one")
    yield from ("| what | which | decision | because |", "|---|---|---|---|")
    for a in plan.accounts:
        if a.fate in ("left_behind", "dropped", "shared"):
            yield f"| {a.kind} | {markdown(a.name)} | {a.fate.replace('_', ' ')} | {markdown(a.because)} |"
    if plan.notes:
        yield from apart("## Mind")
        yield from (f"- {markdown(note)}" for note in plan.notes)
