"""The command line: one file per subcommand, each with NAME, `add_parser` and a function returning the exit status."""

from app.cli import analyse, evaluate, labels, list_models, prepare, self_test, train

SUBCOMMANDS = (analyse, list_models, self_test, prepare, train, evaluate, labels)
