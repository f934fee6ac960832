"""The commands: their names in the order of use, and each one's module, imported when it is typed."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from migrate.cli.words import help_text

COMMANDS = {
    "init": "Write a commented kmig.yaml, workloads.yaml, worker.properties.",
    "inventory": "Read the source into inventory.json; draft new workloads.",
    "assess": "Test the readiness of each workload; list findings.",
    "plan": "Order workloads into waves; write plan.json and runbook.md.",
    "approve": "Record consent to a wave as it is planned now.",
    "apply": "Prepare a wave on the target: topics, users, ACLs, quotas.",
    "replicate": "Copy a wave's topics to the target with MirrorMaker 2.",
    "watch": "Watch running copies and moved groups, for weeks.",
    "verify": "Compare source, plan and target: ACLs, access, offsets, network.",
    "probe": "Print a script that tests a workload's access from another host.",
    "cutover": "Move a wave's clients and offsets to the target; open writes.",
    "rollback": "Undo a wave's latest stage, as the journal recorded it.",
    "offsets": "Translate positions that are kept outside Kafka.",
    "settle": "Say what becomes of stray writes: copied by hand, or lost.",
    "rotate": "Replace a wave's credentials; prove that the old ones are dead.",
    "close": "End a wave: check for stray writes, remove temporary grants.",
    "show": "List topics, ACLs, groups, connectors or users of the source.",
    "trace": "Show how far a credential reaches, who reads it, how it dies.",
    "review": "Trace four workloads; name what changed since the last time.",
    "status": "Show where each wave stands, and the next command.",
    "audit": "Show or verify the journal: what was done, when, by whom.",
    "rehearse": "Play a scenario on disposable real clusters, and judge it.",
    "clusters": "Start two empty clusters on this machine, to try kmig on.",
}
"""What `kmig --help` and a shell's completion say of each: read without its module, and a line of 80 columns."""


class Later(TyperCommand):
    """A command known by its name; its options and its work come from its module, once it is typed."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Return the context of the real command."""
        return command(str(self.name)).make_context(info_name, args, parent, **extra)


def command(name: str) -> Any:
    """Return a command as Typer runs it: `migrate.cli.NAME` has a function of that name, or an app of several."""
    module = import_module(f"migrate.cli.{name}")
    function = getattr(module, name)
    if several := getattr(module, "app", None):
        several.info.name, several.info.help = name, help_text(function)
        return get_command(several)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    alone.command(name, help=help_text(function))(function)
    return get_command(alone)


def register(app: typer.Typer) -> None:
    """Give the application all commands, without a module of any."""
    for name, does in COMMANDS.items():
        app.command(name, cls=Later, short_help=does)(lambda: None)
