"""Every action of a person that changes something, each with its undo."""

from app.commands.marks import AddMark, NameMark, RemoveMark
from app.commands.stack import Command, CommandStack
from app.commands.tracks import ClearList, FindAgain, OpenPaths, RemoveTracks

__all__ = [
    "AddMark",
    "ClearList",
    "Command",
    "CommandStack",
    "FindAgain",
    "NameMark",
    "OpenPaths",
    "RemoveMark",
    "RemoveTracks",
]
