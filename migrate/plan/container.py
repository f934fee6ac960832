"""Whether the target's brokers let clients do what the source's let them: settings that no topic can carry."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migrate.documents.plan import Wave
from migrate.estate import Estate
from migrate.model.words import count, first_of


@dataclass(frozen=True)
class Difference:
    """What is another way on the target, and who is hit; what `blocks` must be mended first."""

    told: str
    blocks: bool = False


def differences(
    estate: Estate, wave: Wave, target: Mapping[str, str], brokers: int
) -> tuple[Difference, ...]:
    """Return what the wave's clients would meet; a setting that one side does not tell is not compared."""
    source = estate.inventory.cluster.found.defaults
    return (
        *_transactions(estate, wave, source, target),
        *_replicas(wave, brokers),
        *_less(source, target, "group.max.session.timeout.ms", _groups(wave)),
        *_less(target, source, "group.min.session.timeout.ms", _groups(wave), larger=True),
        *_less(source, target, "offsets.retention.minutes", _groups(wave)),
        *_created(source, target),
    )


def _transactions(
    estate: Estate, wave: Wave, source: Mapping[str, str], target: Mapping[str, str]
) -> Iterator[Difference]:
    key = "transaction.max.timeout.ms"
    most = _number(target, key)
    if most is None:
        return
    moving = {placed.workload for placed in wave.workloads}
    longer = [
        (one.id, one.timeout_ms)
        for one in estate.inventory.transactions.found
        if one.timeout_ms is not None
        and one.timeout_ms > most
        and moving & set(estate.transactional_owners(one.id))
    ]
    if longer:
        name, timeout = longer[0]
        ids = first_of([name for name, _ in longer], 3)
        yield Difference(
            f"{key} is {most} on the target, and transactional id {name} asks for {timeout}: its producer could not "
            f"start there ({ids})",
            blocks=True,
        )
    else:
        writing = sorted(n for n in moving if estate.workloads[n].transactional_ids)
        yield from _less(
            source, target, key, f"producers of {first_of(writing, 3)}" if writing else ""
        )


def _replicas(wave: Wave, brokers: int) -> Iterator[Difference]:
    for restored in wave.restores:
        configs = {**restored.inherited, **restored.configs}
        wanted = _number(configs, "min.insync.replicas")
        if wanted is not None and wanted > brokers:
            yield Difference(
                f"min.insync.replicas is {wanted} on {first_of(restored.topics, 3)}, and the target has only "
                f"{count(brokers, 'broker')}: no producer could write there with acks=all",
                blocks=True,
            )


def _less(
    more: Mapping[str, str],
    less: Mapping[str, str],
    key: str,
    who: str,
    *,
    larger: bool = False,
) -> Iterator[Difference]:
    """Yield a warning where the target (`less`, or `more` if it is the larger one that hurts) goes less far."""
    far, near = _number(more, key), _number(less, key)
    if who and far is not None and near is not None and near < far:
        there, here = (far, near) if larger else (near, far)
        yield Difference(
            f"{key} is {here} on the source and {there} on the target: it concerns {who}"
        )


def _created(source: Mapping[str, str], target: Mapping[str, str]) -> Iterator[Difference]:
    key = "auto.create.topics.enable"
    if (source.get(key), target.get(key)) == ("true", "false"):
        yield Difference(
            f"{key} is true on the source and false on the target: a client that creates a topic by writing to "
            "it cannot do so there",
        )


def _groups(wave: Wave) -> str:
    return f"the groups {first_of(wave.groups, 3)}" if wave.groups else ""


def _number(values: Mapping[str, str | None] | Mapping[str, str], key: str) -> int | None:
    value = values.get(key)
    return int(value) if value is not None and value.lstrip("-").isdecimal() else None


def told(found: Iterable[Difference], *, blocks: bool) -> list[str]:
    """Return the sentences of those that block, or of those that do not."""
    return [one.told for one in found if one.blocks is blocks]
