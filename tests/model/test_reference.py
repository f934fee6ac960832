from migrate.model.reference import parse, references


def test_a_reference_prints_as_it_was_written() -> None:
    for text in ("${env:NAME}", "${file:/path.properties:key}", "${dir:/path:name}"):
        assert str(parse(text)) == text
    assert references("a ${env:X} b ${dir:/p:y}") == ("${env:X}", "${dir:/p:y}")
    assert parse("x${env:X}") is None
