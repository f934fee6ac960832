"""Quotas for another number of brokers: each broker applies them alone, so the total depends on how many there are.

Source: org.apache.kafka.server.config.QuotaConfig. `request_percentage` stays: it is a share of one broker's threads.
"""

from math import ceil

from migrate.model.cluster import Quota
from migrate.model.words import count

_PER_BROKER = ("producer_byte_rate", "consumer_byte_rate", "connection_creation_rate")


def recomputed(quota: Quota, source: int, target: int | None) -> tuple[Quota, str]:
    """Return the quota that allows the same in total, and the change as text; unchanged without `target.brokers`.

    Byte rates are rounded up to whole numbers: AutoMQ accepts no others.
    """
    if target is None or target == source or not source:
        return quota, ""
    changed = {k: float(ceil(v * source / target)) for k, v in quota.values.items() if _adds(k)}
    if not changed:
        return quota, ""
    values = {**quota.values, **changed}
    change = f"per broker × {source}/{target}, from {count(source, 'broker')} to {target}"
    return quota.model_copy(update={"values": values}), change


def _adds(name: str) -> bool:
    return name in _PER_BROKER
