"""The differences between two plans as text: where workloads move, what is copied, granted and decided."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from migrate.documents.plan import Plan, Wave
from migrate.model.base import Model


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
    yield from _entries(old, new)
    yield from _moved("withheld until the switch:", _acls(old), _acls(new))
    yield from _fates(old, new)
    yield from _sets("note", set(old.notes), set(new.notes))
    yield from _details(old, new)


_TOLD_OF_WAVES = {"workloads", "copies", "owns_topics", "groups", "withheld", "name", "number"}
_TOLD_OF_PLANS = {
    *("digest", "as_of", "inputs", "source_cluster", "accounts", "notes", "volumes", "waves"),
}
"""What has lines of its own above, or changes by itself."""


def _details(old: Plan, new: Plan) -> Iterator[str]:
    """Yield what else differs, key by key: what a hand has edited, and decisions that have no line above.

    Of a wave whose workloads and topics are not the same, the rest follows from that and is left out.
    """
    waves = {wave.number: wave for wave in old.waves}
    for wave in new.waves:
        before = waves.get(wave.number)
        if before is not None and _made_of(before) == _made_of(wave):
            values = (_dumped(one, _TOLD_OF_WAVES) for one in (before, wave))
            yield from _keys(_name(wave), *values)
    yield from _keys("", _dumped(old, _TOLD_OF_PLANS), _dumped(new, _TOLD_OF_PLANS))


def _made_of(wave: Wave) -> tuple[object, ...]:
    workloads = tuple(placed.workload for placed in wave.workloads)
    return wave.name, workloads, wave.copies, wave.owns_topics, wave.groups


def _dumped(document: Model, without: set[str]) -> dict[str, object]:
    return document.model_dump(mode="json", exclude=without)


def _keys(at: str, old: object, new: object) -> Iterator[str]:
    """Yield a line for each value that differs, with the path of keys to it."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            yield from _keys(f"{at}, {key}" if at else key, old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and all(map(_is_text, (*old, *new))):
        yield f"{at}: {_value(', '.join(old))} → {_value(', '.join(new))}"
    elif isinstance(old, list) and isinstance(new, list):
        yield from _keys(at, dict(_items(old)), dict(_items(new)))
    else:
        yield f"{at}: {_value(old)} → {_value(new)}"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_NAMES = (
    "stage",
    "op",
    "name",
    "user",
    "does",
    "part",
    "before",
    "secret",
    "key",
    "value",
    "moment",
)
"""What an item of a list is known by, as far as it has them."""


def _items(values: list[object]) -> Iterator[tuple[str, object]]:
    """Yield the items of a list with what each is known by: names of its own, or else itself."""
    used: Counter[str] = Counter()
    for value in values:
        names = [str(value[n]) for n in _NAMES if value.get(n)] if isinstance(value, dict) else []
        label = " ".join(names) or _value(value)
        used[label] += 1
        yield label if used[label] == 1 else f"{label} ({used[label]})", value


def _value(value: object) -> str:
    if value in (None, "", [], {}):
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _entries(old: Plan, new: Plan) -> Iterator[str]:
    """Yield workloads whose entry in workloads.yaml changed: how they are switched or rotated may be among it."""
    entries = {p.workload: p.entry for wave in old.waves for p in wave.workloads}
    for wave in new.waves:
        for placed in wave.workloads:
            if placed.entry != entries.get(placed.workload, placed.entry):
                yield f"workload {placed.workload}: its entry in workloads.yaml changed"


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
