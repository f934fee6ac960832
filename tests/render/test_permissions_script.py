"""The scripts of `kmig inventory --permissions`, run by a real shell with tools that note what they are told."""

import json
import subprocess
from pathlib import Path

import pytest

from migrate.cli.main import main
from migrate.errors import Exit

CONFIG = """\
version: 1
name: m
source:
  bootstrap_servers: "s-1:9092,s-2:9092"
  command_config: source.properties
  write_command_config: writer.properties
  allow_everyone_if_no_acl_found: false
target: {bootstrap_servers: "t-1:9092", principal: "User:CN=kmig", allow_everyone_if_no_acl_found: false}
replication:
  connect: "http://mm2:8083"
  principal: User:copier
  worker_group: mm2
  worker_principal: User:worker
  source: {sasl.mechanism: SCRAM-SHA-256}
  target: {sasl.mechanism: SCRAM-SHA-512}
"""
ALONE = CONFIG.partition("replication:")[0]
LOGIN = """\
security.protocol=SASL_PLAINTEXT
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="%s" password="p";
"""
TOOL = """\
#!/bin/sh
echo "$(basename "$0") $*" >>{log}
case "$*" in
*--describe*) [ -z "$BLIND" ] || {{ echo "the broker does not answer" >&2; exit 1; }} ;;
esac
case "$*" in
*--describe*--entity-name*kept*) echo "credential configs are SCRAM-SHA-512=iterations=4096" ;;
*--add-config-file*) for last; do :; done; cat "$last" >>{files}; [ -z "$KILLED" ] || kill $PPID ;;
*--group*) [ -z "$BROKEN" ] || {{ echo "the broker says no"; exit 1; }} ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kmig.yaml").write_text(CONFIG)
    for name, user in (("source", "kmig"), ("writer", "kept")):
        file = tmp_path / f"{name}.properties"
        file.touch(mode=0o600)
        file.write_text(LOGIN % user)
    for name in ("kafka-acls.sh", "kafka-configs.sh"):
        tool = tmp_path / "bin" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(TOOL.format(log=tmp_path / "log", files=tmp_path / "files"))
        tool.chmod(0o755)
    assert main(["-C", str(tmp_path), "inventory", "--permissions"]) == Exit.OK
    return tmp_path


def typed(
    folder: Path, side: str, passwords: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", f"permissions-{side}.sh"],
        cwd=folder,
        env={"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "ADMIN": "root.properties", **environ},
        input=passwords,
        capture_output=True,
        text=True,
        check=False,
    )


def test_users_are_made_with_typed_passwords_and_without_one_in_an_argument(folder: Path) -> None:
    ran = typed(folder, "source", "pass\\word one\ncopied\n")
    assert ran.returncode == 0, ran.stderr
    made = (folder / "files").read_text().splitlines()
    # a properties file: its reader takes one of two backslashes
    assert made == [
        r"SCRAM-SHA-512=password=pass\\word one",
        "SCRAM-SHA-256=password=copied",
    ]
    log = (folder / "log").read_text()
    assert "word one" not in log
    assert "copied" not in log
    assert "user kept has a password in SCRAM-SHA-512: not changed" in ran.stdout
    login = "--bootstrap-server s-1:9092,s-2:9092 --command-config root.properties"
    assert f"kafka-configs.sh {login} --alter --entity-type users --entity-name kmig " in log
    read = "--add --allow-principal User:kmig --operation Read --operation DescribeConfigs"
    assert f"kafka-acls.sh {login} {read} --topic *\n" in log
    assert f"kafka-acls.sh {login} --add --allow-principal User:copier" in log
    alter = "--add --allow-principal User:kept --operation Alter --operation Describe --cluster"
    assert alter in log


def test_who_logs_in_by_other_means_gets_rights_and_no_password(folder: Path) -> None:
    ran = typed(folder, "target", "copied\nworked\n")
    assert ran.returncode == 0, ran.stderr
    log = (folder / "log").read_text()
    assert "--entity-name CN=kmig" not in log
    assert "--allow-principal User:CN=kmig --operation Create" in log
    assert "--allow-principal User:worker --operation Read --group mm2\n" in log
    assert (
        "--operation DescribeConfigs --topic mm2- --resource-pattern-type prefixed\n"
        in log.partition("User:worker")[2]
    )


def test_a_tool_that_fails_ends_the_script_with_its_words(folder: Path) -> None:
    ran = typed(folder, "source", "one\ntwo\n", BROKEN="yes")
    assert ran.returncode == 1
    assert "the broker says no" in ran.stderr
    assert "--transactional-id" not in (folder / "log").read_text()


def test_a_name_in_a_script_is_a_word_and_nothing_else(folder: Path) -> None:
    text = CONFIG.replace("User:copier", "User:a'b$(touch pwned)")
    (folder / "kmig.yaml").write_text(text)
    assert main(["-C", str(folder), "inventory", "--permissions"]) == Exit.OK
    typed(folder, "source", "one\ntwo\n")
    assert not (folder / "pwned").exists()
    assert "--allow-principal User:a'b$(touch pwned) " in (folder / "log").read_text()


ODD = "a'b$(touch pwned)\ntouch pwned #"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("worker_group: mm2", "worker_group: {}"),
        ("worker_principal: User:worker", "worker_principal: {}"),
        ("principal: User:copier", "principal: {}:b"),
        ('principal: "User:CN=kmig"', "principal: {}"),
        ("source: {{sasl.mechanism: SCRAM-SHA-256}}", "source: {{sasl.mechanism: {}}}"),
    ],
)
def test_no_value_of_kmig_yaml_is_a_command(folder: Path, old: str, new: str) -> None:
    odd = json.dumps("SCRAM" + ODD if "mechanism" in new else ODD)
    text = CONFIG.replace(
        old.replace("{{", "{").replace("}}", "}"), new.format(odd).replace('":b', ':b"')
    )
    assert text != CONFIG
    (folder / "kmig.yaml").write_text(text)
    assert main(["-C", str(folder), "inventory", "--permissions"]) == Exit.OK
    for side in ("source", "target"):
        typed(folder, side, "one\ntwo\n")
        assert not (folder / "pwned").exists()


def test_a_user_that_cannot_be_looked_at_is_not_changed(folder: Path) -> None:
    """An unanswered question is no answer: it may have a password."""
    ran = typed(folder, "source", "one\ntwo\n", BLIND="yes")
    assert ran.returncode == 1
    assert "the broker does not answer" in ran.stderr
    assert "--alter" not in (folder / "log").read_text()


def test_an_interrupted_script_leaves_no_file_with_a_secret(folder: Path, tmp_path: Path) -> None:
    files = tmp_path / "temporary"
    files.mkdir()
    ran = typed(folder, "source", "one\ntwo\n", KILLED="yes", TMPDIR=str(files))
    assert ran.returncode == 143
    assert list(files.iterdir()) == []


def test_both_scripts_and_the_single_commands_are_data(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    assert main(["-C", str(folder), "-o", "json", "inventory", "--permissions"]) == Exit.OK
    shown = capfd.readouterr()
    for side in ("source", "target"):
        text = (folder / f"permissions-{side}.sh").read_text()
        assert f'"{side}": ' in shown.out
        assert (folder / f"permissions-{side}.sh").stat().st_mode & 0o777 == 0o600
        assert "password=p" not in text
    assert "kafka-acls --add --allow-principal 'User:kmig'" in shown.out


@pytest.mark.parametrize(
    ("config", "warns"),
    [
        (CONFIG, ""),
        (
            CONFIG.replace("  worker_principal: User:worker\n", ""),
            "warning: rights of the Connect worker are missing: declare `replication.worker_principal`\n",
        ),
        (
            ALONE,
            "warning: rights of the copier and the Connect worker are missing: declare `replication`\n",
        ),
        (
            ALONE.replace("target: {", "target: {profile: automq-byoc, "),
            "",
        ),
    ],
    ids=["all declared", "no worker", "no copier", "BYOC copies by another tool"],
)
def test_whose_rights_are_missing_is_a_warning(
    folder: Path, capfd: pytest.CaptureFixture[str], config: str, warns: str
) -> None:
    (folder / "kmig.yaml").write_text(config)
    capfd.readouterr()
    assert main(["-C", str(folder), "inventory", "--permissions"]) == Exit.OK
    said = capfd.readouterr().err
    assert "".join(line for line in said.splitlines(True) if line.startswith("warning")) == warns
    assert said.count("warning") == bool(warns)
