"""Arguments that commands share, and what a shell offers where the values are known.

A shell asks at each press of a key: only files are read, and what cannot be read offers nothing.
"""

import json
from pathlib import Path
from typing import Annotated

import typer


def scenarios(incomplete: str) -> list[str]:
    """Return the scenarios that come with kmig."""
    from migrate.rehearse.places import known

    return _beginning(incomplete, known())


def waves(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the numbers of the plan's waves, each with the wave's name."""
    found = _planned(context)
    return [(number, name) for number, name, _ in found if number.startswith(incomplete)]


def workloads(context: typer.Context, incomplete: str) -> list[str]:
    """Return the workloads of the plan."""
    return _beginning(incomplete, [name for _, _, names in _planned(context) for name in names])


WaveNumber = Annotated[
    int,
    typer.Argument(metavar="WAVE", help="The wave's number in plan.json.", autocompletion=waves),
]


def _planned(context: typer.Context) -> list[tuple[str, str, list[str]]]:
    """Return number, name and workloads of each wave in the plan of the folder that was typed."""
    folder = context.find_root().params.get("folder") or "."
    try:
        plan = json.loads((Path(folder) / "plan.json").read_bytes())
        return [
            (str(w["number"]), str(w["name"]), [str(p["workload"]) for p in w["workloads"]])
            for w in plan["waves"]
        ]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []


def _beginning(incomplete: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
