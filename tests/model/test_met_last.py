"""The last in a Java HashMap, whatever its size; String.hashCode as Java has it."""

import pytest

from migrate.model.met_last import _bucket, _hash, met_last


@pytest.mark.parametrize(
    ("text", "code"), [("", 0), ("a", 97), ("Aa", 2112), ("BB", 2112), ("hello", 99162322)]
)
def test_hash_code_is_javas(text: str, code: int) -> None:
    assert _hash(text) == code


@pytest.mark.parametrize("name", ["kmig-canary", "_kmig-probe-6b07405ead8f-r1-scram", "x"])
def test_it_stands_in_the_last_bucket_of_a_table_of_every_size(name: str) -> None:
    made = met_last(name)
    assert made.startswith(f"{name}-")
    for bits in range(4, 17):
        size = 1 << bits
        assert _bucket(_hash(made)) & (size - 1) == size - 1
