"""Quotas for another number of brokers: each counts alone, so what a client may do in all depends on how many.

Source: org.apache.kafka.server.config.QuotaConfig. Shares of a broker's threads stay: they do not add up.
"""

from math import ceil

from migrate.model.cluster import Quota

_PER_BROKER = ("producer_byte_rate", "consumer_byte_rate", "connection_creation_rate")


def recomputed(quota: Quota, source: int, target: int | None) -> tuple[Quota, str]:
    """The quota that allows the same in all, and what was done; as it is where target's brokers are not declared.

    Byte rates are rounded up to whole numbers: AutoMQ takes no others.
    """
    if target is None or target == source or not source:
        return quota, ""
    changed = {k: float(ceil(v * source / target)) for k, v in quota.values.items() if _adds(k)}
    if not changed:
        return quota, ""
    values = {**quota.values, **changed}
    said = f"per broker: times {source}/{target}, for {source} brokers become {target}"
    return quota.model_copy(update={"values": values}), said


def _adds(name: str) -> bool:
    return name in _PER_BROKER
