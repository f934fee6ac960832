"""The topics in which Connect clusters keep their connectors' configs: declared, or known by their names."""

from typing import NamedTuple

from migrate.documents.inventory import State
from migrate.estate import Estate
from migrate.model.connector import ConnectCluster

_NAMED = "connect-configs"
_ENDS = (_NAMED, "-configs", "_configs")
"""How names of topics end in which Connect keeps its connectors' configs."""


class ConfigTopics(NamedTuple):
    """The topics that may hold the configs of a Connect cluster, how that is known, and whether it is."""

    names: tuple[str, ...]
    how: str
    certain: bool = False


def config_topics(estate: Estate) -> dict[str, ConfigTopics]:
    """Return the topics that may hold the configs of each Connect cluster in the inventory.

    Declared in kmig.yaml, or by their names: Connect does not tell it. None where its workers use another Kafka
    cluster than the source.
    """
    declared = {c.name: c.config_topic for c in estate.config.connect if c.config_topic}
    named = tuple(t for t in estate.topics if t.endswith(_ENDS))
    return {
        cluster.name: ConfigTopics(
            (declared[cluster.name],), "`config_topic` in kmig.yaml", certain=True
        )
        if cluster.name in declared
        else _by_name(estate, cluster, named)
        for cluster in estate.inventory.connect.found.clusters
    }


def _by_name(estate: Estate, cluster: ConnectCluster, named: tuple[str, ...]) -> ConfigTopics:
    if cluster.kafka_cluster_id not in ("", estate.inventory.cluster.found.cluster_id):
        why = f"its workers use another Kafka cluster: {cluster.kafka_cluster_id}"
        return ConfigTopics((), why)
    mine = tuple(t for t in named if cluster.name in t or t.endswith(_NAMED))
    if mine:
        return ConfigTopics(mine, "by its name", certain=len(mine) == 1)
    if named:
        # another program's topic may end like that too
        return ConfigTopics(named, "by the end of its name alone")
    if estate.inventory.topics.standing is not State.COMPLETE:
        return ConfigTopics((), "section topics is not complete")
    return ConfigTopics((), "no topic of the source is named like one")
