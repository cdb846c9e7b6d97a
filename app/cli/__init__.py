"""The command line: one file per subcommand, each with NAME, `add_parser` and a function returning the exit status."""

from app.cli import (
    analyse,
    evaluate,
    explain,
    labels,
    library,
    list_models,
    playlist,
    prepare,
    report,
    self_test,
    survey,
    train,
)

SUBCOMMANDS = (
    analyse,
    explain,
    list_models,
    self_test,
    prepare,
    survey,
    train,
    evaluate,
    report,
    labels,
    library,
    playlist,
)
