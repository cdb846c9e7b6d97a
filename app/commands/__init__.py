"""Every action of a person that changes something, each with its undo."""

from app.commands.stack import Command, CommandStack
from app.commands.tracks import ClearList, OpenPaths, RemoveTracks

__all__ = ["ClearList", "Command", "CommandStack", "OpenPaths", "RemoveTracks"]
