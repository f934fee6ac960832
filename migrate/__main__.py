"""`python -m migrate` is `kmig`."""

from migrate.cli.main import run

run()
