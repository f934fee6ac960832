"""The differences between two plans as text: where workloads move, what is copied, granted and decided."""

from collections.abc import Iterable, Iterator, Mapping

from migrate.documents.plan import Plan, Wave


def differences(old: Plan, new: Plan) -> Iterator[str]:
    """Yield a line for each difference; none for plans that do the same. Offsets and sizes do not count."""
    changed = sorted(name for name in new.inputs if old.inputs.get(name) != new.inputs[name])
    if changed:
        yield f"inputs that changed: {', '.join(changed)}"
    if old.source_cluster != new.source_cluster:
        yield f"source: cluster {old.source_cluster} → {new.source_cluster}"
    yield from _moved("workload", _workloads(old), _workloads(new), _reasons(new))
    yield from _moved("the copy of topic", _each(old, "copies"), _each(new, "copies"))
    yield from _moved("topic", _each(old, "owns_topics"), _each(new, "owns_topics"))
    yield from _moved("group", _each(old, "groups"), _each(new, "groups"))
    yield from _moved("step", _steps(old), _steps(new))
    yield from _moved("withheld until the switch:", _acls(old), _acls(new))
    yield from _fates(old, new)
    yield from _sets("note", set(old.notes), set(new.notes))


def _workloads(plan: Plan) -> dict[str, str]:
    return {p.workload: _name(wave) for wave in plan.waves for p in wave.workloads}


def _reasons(plan: Plan) -> dict[str, str]:
    return {p.workload: "; ".join(p.reasons) for wave in plan.waves for p in wave.workloads}


def _each(plan: Plan, what: str) -> dict[str, str]:
    return {one: _name(wave) for wave in plan.waves for one in getattr(wave, what)}


def _steps(plan: Plan) -> dict[str, str]:
    return {step.describe(): _name(wave) for wave in plan.waves for step in wave.prepare}


def _acls(plan: Plan) -> dict[str, str]:
    return {str(acl): _name(wave) for wave in plan.waves for acl in wave.withheld}


def _name(wave: Wave) -> str:
    return f"wave {wave.number} {wave.name}"


def _moved(
    what: str, old: Mapping[str, str], new: Mapping[str, str], why: Mapping[str, str] | None = None
) -> Iterator[str]:
    for name, before, after in _changed(old, new):
        because = f": {why[name]}" if why and name in why else ""
        if before is None:
            yield f"+ {what} {name} in {after}{because}"
        elif after is None:
            yield f"- {what} {name} (was in {before})"
        else:
            yield f"{what} {name}: {before} → {after}{because}"


def _fates(old: Plan, new: Plan) -> Iterator[str]:
    for item, was, now in _changed(_decided(old), _decided(new)):
        if was is None:
            yield f"+ {item}: {now}"
        elif now is None:
            yield f"- {item} (was {was})"
        else:
            yield f"{item}: {was} → {now}"


def _decided(plan: Plan) -> dict[str, str]:
    return {f"{a.kind} {a.name}": _fate(a.fate, a.owner) for a in plan.accounts}


def _changed(
    old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield what differs: its name, its old and its new value, None where it is missing."""
    both = ((name, old.get(name), new.get(name)) for name in sorted({*old, *new}))
    return (one for one in both if one[1] != one[2])


def _fate(fate: str, owner: str) -> str:
    words = fate.replace("_", " ")
    return f"moves with workload {owner}" if owner else words


def _sets(what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    for one in sorted(set(new) - set(old)):
        yield f"+ {what}: {one}"
    for one in sorted(set(old) - set(new)):
        yield f"- {what}: {one}"
