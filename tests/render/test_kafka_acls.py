"""Lines for `kafka-acls`: they say exactly these ACLs, whatever is in a name, and never what the tool cannot say."""

import subprocess
from collections.abc import Iterable, Iterator
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.model.acl import OPERATIONS, RESOURCE_TYPES, Acl
from migrate.render.kafka_acls import commands, why_inexpressible
from tests.estate import acls

NAMES = st.one_of(
    st.sampled_from(["t", "a b", "*", "x'y", 'q"r', "$HOME", "`id`", "-x", "--help", "ü"]),
    st.sampled_from(["a\nb", "\x1b[2J'1", "\u202e0", "\x00"]),
    st.text(min_size=1, max_size=6),
)
ACL = st.builds(
    Acl,
    principal=st.builds(lambda n: f"User:{n}", NAMES),
    host=st.sampled_from(["*", "10.0.0.1"]),
    permission=st.sampled_from(["ALLOW", "DENY"]),
    operation=st.sampled_from([o for o in OPERATIONS.values() if o != "ANY"]),
    resource_type=st.sampled_from(list(RESOURCE_TYPES.values())),
    pattern_type=st.sampled_from(["LITERAL", "PREFIXED"]),
    resource_name=NAMES,
).map(
    lambda a: (
        a.model_copy(update={"resource_name": "kafka-cluster"})
        if a.resource_type == "CLUSTER"
        else a
    )
)


def meant(lines: Iterable[str]) -> set[Acl]:
    """What the tool would make of the lines, read as a shell and the tool read them."""
    found = set()
    options = {"--topic": "TOPIC", "--group": "GROUP", "--transactional-id": "TRANSACTIONAL_ID"}
    options |= {"--delegation-token": "DELEGATION_TOKEN", "--user-principal": "USER"}
    for arguments in typed(lines):
        words = iter(split(arguments[4:]))
        fields: dict[str, str] = {}
        operations = []
        assert next(words) == "--add"
        for word in words:
            if word == "--cluster":
                fields |= {"resource_type": "CLUSTER", "resource_name": "kafka-cluster"}
            elif word in options:
                fields |= {"resource_type": options[word], "resource_name": next(words)}
            elif word == "--operation":
                said = next(words)
                operations.append(
                    next(o for o in OPERATIONS.values() if o.replace("_", "") == said.upper())
                )
            elif word == "--resource-pattern-type":
                fields["pattern_type"] = next(words).upper()
            elif word.endswith("-principal"):
                fields |= {"principal": next(words), "permission": word[2:-10].upper()}
            else:
                assert word.endswith("-host"), word
                fields["host"] = next(words)
        found |= {Acl.model_validate({**fields, "operation": one}) for one in operations}
    return found


def typed(lines: Iterable[str]) -> list[list[str]]:
    """The arguments that a shell gives to the tool, line by line."""
    script = "\n".join(["kafka-acls.sh() { printf '%s\\0' $# \"$@\"; }", *lines])
    said = subprocess.run(["bash"], input=script.encode(), capture_output=True, check=True)
    assert not said.stderr
    words = iter(said.stdout.decode().split("\0")[:-1])
    return [list(islice(words, int(number))) for number in words]


def split(words: list[str]) -> Iterator[str]:
    """`--topic=-x` is `--topic` and `-x`."""
    for word in words:
        yield from word.split("=", 1) if word.startswith("--") and "=-" in word else (word,)


@settings(max_examples=150, deadline=None)
@given(st.frozensets(ACL, max_size=8))
def test_the_lines_say_exactly_what_can_be_said(some: frozenset[Acl]) -> None:
    said = {acl for acl in some if not why_inexpressible(acl)}
    lines = list(commands(said))
    assert all(line.isprintable() for line in lines)
    assert meant(lines) == said


def test_denials_come_first_and_operations_of_one_resource_together() -> None:
    lines = list(
        commands(
            acls(
                "ALLOW READ on topic t to User:a",
                "ALLOW DESCRIBE_CONFIGS on topic t to User:a",
                "DENY WRITE on topic t to User:a",
            )
        )
    )
    assert len(lines) == 2
    assert "--deny-principal User:a" in lines[0]
    assert lines[1].endswith(
        "--operation Read --operation DescribeConfigs --topic t --resource-pattern-type literal"
    )
