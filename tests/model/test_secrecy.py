"""What a configuration value is: its parts decide, not the text around them."""

import pytest

from migrate.model.secrecy import classify, literals

JAAS = "org.apache.kafka.common.security.scram.ScramLoginModule required "


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("password", "", "empty"),
        ("password", "   ", "empty"),
        ("password", "hunter2", "literal"),
        ("password", "${file:/run/s.properties:pw}", "reference"),
        ("anything", "${env:PW}", "reference"),
        ("connection.url", "jdbc:x?user=a&password=${env:PW}", "reference"),
        ("connection.url", "jdbc:x?user=a&password=hunter2", "literal"),
        ("connection.url", "jdbc:x?user=${env:U}&password=hunter2", "mixed"),
        ("password", "pre-${env:A}", "mixed"),
        ("sasl.jaas.config", JAAS + 'username="a" password="${file:/s:pw}";', "reference"),
        ("sasl.jaas.config", JAAS + 'username="a" password="hunter2";', "literal"),
        ("sasl.jaas.config", JAAS + 'username="${env:U}" password="hunter2";', "mixed"),
        ("password", "${topic}", "literal"),
        ("topics", "a,b", None),
        ("file", "/tmp/x", None),
        ("connection.url", "mongodb://user:pw@host/db", "literal"),
        ("connection.url", "mongodb://user:${env:PW}@host/db", "reference"),
        ("connection.url", "mongodb://host:27017/db", None),
        ("splunk.hec.token", "0f9c8b6a-1d2e-4f50-8a9b-0c1d2e3f4a5b", "literal"),
        ("http.headers", "Authorization: Bearer abcdefgh12345678", "literal"),
        ("http.headers", "Authorization: Bearer ${env:TOKEN}", "reference"),
        ("gcp.json", '{"private_key": "-----BEGIN PRIVATE KEY-----\\nMII"}', "literal"),
        ("tls", "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----", "literal"),
        ("tls", "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----", None),
        ("aws.id", "AKIAIOSFODNN7EXAMPLE", "literal"),
        ("basic.auth.user.info", "me:hunter2", "literal"),
        ("ssl.keystore.location", "/etc/store.p12", None),
        ("sasl.oauthbearer.token.endpoint.url", "https://idp/token", None),
        ("upload.token", "x", "literal"),
        ("value.converter.schemas.enable", "false", None),
    ],
)
def test_classify(key: str, value: str, expected: str | None) -> None:
    assert classify(key, value) == expected


def test_an_opaque_value_is_unknown_where_the_plugin_does_not_say_its_types() -> None:
    assert classify("thing", "f3Zk29aQx81LmPq0Ws7Tn4Vb", typed=False) == "unknown"
    assert classify("thing", "f3Zk29aQx81LmPq0Ws7Tn4Vb") is None
    assert classify("topic", "orders_enriched_per_day_v", typed=False) is None


def test_the_same_password_is_the_same_literal_wherever_it_stands() -> None:
    assert literals("password", "hunter2") == ("hunter2",)
    assert literals("sasl.jaas.config", JAAS + 'username="a" password="hunter2";') == ("hunter2",)
    assert literals("connection.uri", "mongodb://u:hunter2@h/d") == ("hunter2",)


@pytest.mark.parametrize(
    ("key", "value", "secrecy"),
    [
        ("connection.url", "jdbc:oracle:thin:scott/tiger99@db:1521/x", "literal"),
        ("connection.url", "jdbc:mysql://(host=h,user=u,password=hunter2)/db", "literal"),
        ("dsn", "host=h user=u password=hunter2", "literal"),
        ("http.headers", "X-API-Key: abcdef123", "literal"),
        ("http.headers", "Authorization: ApiKey abcdef123", "literal"),
        ("connection.uri", "mongodb://u:pa/ss@h", "literal"),
        ("db.pass", "hunter2", "literal"),
        ("transforms.enc.kek", "hunter2", "literal"),
        ("x.jaas.config", 'y password="${file:a:b}" clientSecret=Mark;', "mixed"),
        ("http.url", "http://h:8080/path?to=a@b.example", None),
        ("http.headers", "Content-Type: application/json", None),
    ],
)
def test_forms_that_carry_a_secret_without_quotes(
    key: str, value: str, secrecy: str | None
) -> None:
    assert classify(key, value) == secrecy
