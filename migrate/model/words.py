"""Numbers and their nouns, as every message has them."""


def count(number: int, noun: str, many: str = "") -> str:
    """`1 broker`, `3 brokers`, `1,204 ACLs`."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def amount(value: float) -> str:
    """A quota's value in full: `10,485,760`, `0.5`."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,}"
