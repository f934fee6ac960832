"""runbook.md: per wave what must hold, what to type, what to expect, and how to go back."""

from migrate.documents.plan import Plan, Wave
from migrate.steps import CreateAcls, Step

_HEAD = """# Runbook: {migration}

Made from the inventory of {as_of:%Y-%m-%d %H:%M} UTC, source cluster {source}.
Type the commands in this directory, in this order. Exit codes: 0 ok, 1 failed, 2 usage, 3 could not tell, 4 refused.
kmig records who typed a command (the operating system's user name) and authenticates nobody.
"""


def runbook(plan: Plan, approvals: tuple[str, ...] = ()) -> str:
    """The whole text; `approvals` are the roles that the policy wants to consent."""
    parts = [_HEAD.format(migration=plan.migration, as_of=plan.as_of, source=plan.source_cluster)]
    parts += [_wave(wave, approvals) for wave in plan.waves]
    parts.append(_staying(plan))
    return "\n".join(parts)


def _wave(wave: Wave, approvals: tuple[str, ...]) -> str:
    who = "\n".join(
        f"| {p.workload} | {p.owner} | {'; '.join(p.reasons)} |" for p in wave.workloads
    )
    steps = "\n".join(_step(number, step) for number, step in enumerate(wave.prepare, 1))
    consent = "".join(
        f"| `kmig approve {wave.number} --as {role}` | `wave {wave.number} {wave.name} approved as {role}` | 0 |\n"
        for role in approvals
    )
    later = "\n".join(f"- {t.stage}: {t.does}, after: {t.waits_for}" for t in wave.templates)
    return f"""## Wave {wave.number}: {wave.name}

| workload | owner | why here |
|---|---|---|
{who}

### Prepare

| command | expect | exit |
|---|---|---|
| `kmig apply {wave.number} --yes` | `wave {wave.number} prepared` | 0 |
| `kmig apply {wave.number} --yes` | `nothing to do` | 0 |
| `kmig verify acls` | `pass` | 0 |

Go on only when the last one says `pass`. To go back: `kmig rollback {wave.number} --yes`, which deletes what was
made and nothing else.

{steps or "Nothing to prepare."}

### Replicate, cut over, rotate, close

| command | expect | exit |
|---|---|---|
| `kmig replicate {wave.number} --yes` | `wave {wave.number} replicates` | 0 |
| `kmig replicate {wave.number} --status` | `ready` in every line; type it again until so | 0 |
{consent}| `kmig cutover {wave.number}` | asks before the first step{_asks(wave)}; `wave {wave.number} cut over` | 0 |
| `kmig verify` | `pass` | 0 |
| `kmig rotate {wave.number} --yes` | `proven`, or no workload has a rotation | 0 |
| `kmig close {wave.number} --yes` | `wave {wave.number} closed` | 0 |

{_gate(wave)}

{later or "Nothing."}
"""


def _asks(wave: Wave) -> str:
    return " and again at the write gate" if wave.grants else ""


def _gate(wave: Wave) -> str:
    """Until when there is a way back."""
    back = f"`kmig rollback {wave.number} --yes` takes the clients back with what they have read"
    if not wave.grants:
        return (
            f"No producer moves. {back}, until its rotation is begun or a later wave is cut over."
        )
    return f"Point of no return: the write gate. Before it {back}; after it, go forward."


def _step(number: int, step: Step) -> str:
    lines = [f"{number}. {step.describe()}: {step.because}"]
    if isinstance(step, CreateAcls):
        lines += [f"   - {acl}" for acl in step.acls]
    return "\n".join(lines)


def _staying(plan: Plan) -> str:
    rows = "\n".join(
        f"| {a.kind} | {a.item.replace('|', chr(92) + '|')} | {a.fate.replace('_', ' ')} | {a.because} |"
        for a in plan.accounts
        if a.fate in ("left_behind", "dropped", "shared")
    )
    return f"""## Decided one by one

| what | which | decision | because |
|---|---|---|---|
{rows}
"""
