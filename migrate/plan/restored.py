"""The configs that topics get back once their copies have ended."""

from collections import defaultdict
from collections.abc import Mapping

from migrate.documents.plan import Restored
from migrate.plan.topic_configs import TopicConfigs


def restores(decided: Mapping[str, TopicConfigs]) -> tuple[Restored, ...]:
    """Return them by topic, those with the same ones together; a topic that gets nothing back is left out."""
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for topic, made in decided.items():
        alike[(*made.restored.items(), None, *made.inherited.items())].append(topic)
    first = ((decided[topics[0]], tuple(topics)) for topics in alike.values())
    return tuple(
        Restored(configs=made.restored, inherited=made.inherited, topics=topics)
        for made, topics in first
        if made.restored or made.inherited
    )
