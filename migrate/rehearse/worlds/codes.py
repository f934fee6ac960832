"""Kafka's errors by their names, as clients of a simulated cluster get them."""


class BrokerError(Exception):
    """An error code of Kafka's protocol, and what it is about."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.about = about
