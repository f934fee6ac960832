"""Before the first change of a preparation: does the target take every topic, and let its clients do what they do?"""

from collections.abc import Iterator

from migrate.errors import Refused
from migrate.estate import Estate
from migrate.execute.wave_state import WaveState
from migrate.model.cluster import Partition, Topic
from migrate.model.words import count, first_of
from migrate.plan import container
from migrate.ports import Sites
from migrate.steps import CreateTopic


def require_accepted(state: WaveState, sites: Sites) -> None:
    """Refuse a wave of which the target would refuse or change a topic, now or behind its switch; print warnings."""
    brokers = len(sites.target.reader.brokers())
    for topics in (list(_copied(state, brokers)), list(_restored(state, brokers))):
        reasons = sites.target.writer.trial(topics) if topics else {}
        if reasons:
            name, why = next(iter(sorted(reasons.items())))
            raise Refused(
                f"the target would not take topic {name} as it is: {why} ({count(len(reasons), 'topic')}: "
                f"{first_of(sorted(reasons), 3)})",
                "change the config on the source, or what the target allows; then `kmig inventory` and `kmig plan`",
            )
    estate = Estate(state.config, state.inventory, state.people)
    settings = sites.target.reader.settings()
    found = container.differences(estate, state.wave, settings, brokers)
    for blocking in container.told(found, blocks=True):
        raise Refused(
            f"the target's brokers do not allow what clients of wave {state.wave.number} do: {blocking}",
            "change it on the target's brokers, or what the clients ask for; then rerun the command",
        )
    for warning in container.told(found, blocks=False):
        sites.tell(f"warning: {warning}")


def _copied(state: WaveState, brokers: int) -> Iterator[Topic]:
    """Yield the topics that the wave creates, as they are while they are copied."""
    for step in state.wave.prepare:
        if isinstance(step, CreateTopic):
            yield Topic(
                name=step.name,
                replication_factor=min(step.replication_factor, brokers),
                configs=step.configs,
                partitions=tuple(Partition(index=i) for i in range(step.partitions)),
            )


def _restored(state: WaveState, brokers: int) -> Iterator[Topic]:
    """Yield the same topics as they are behind their switch, whichever wave that is."""
    own = {t: one for wave in state.plan.waves for one in wave.restores for t in one.topics}
    for topic in _copied(state, brokers):
        if restored := own.get(topic.name):
            back = {k: v for k, v in restored.configs.items() if v is not None}
            kept = {k: v for k, v in topic.configs.items() if k not in restored.configs}
            yield topic.model_copy(update={"configs": {**kept, **restored.inherited, **back}})
