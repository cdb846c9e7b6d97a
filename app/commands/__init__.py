"""Every action of a person that changes something, each with its undo."""

from app.commands.corrections import Correct, Teach
from app.commands.labels import AddRating, ClearLabel, RemoveRating, SetLabels, TakeOpinions
from app.commands.layers import AddLayers, RemoveLayers
from app.commands.marks import AddMark, NameMark, RemoveMark
from app.commands.moments import SetMoment, ShowHidden
from app.commands.sessions import Hold, Several
from app.commands.stack import Command, CommandStack
from app.commands.tracks import ClearList, FindAgain, OpenPaths, RemoveTracks

__all__ = [
    "AddLayers",
    "AddMark",
    "AddRating",
    "ClearLabel",
    "ClearList",
    "Command",
    "CommandStack",
    "Correct",
    "FindAgain",
    "Hold",
    "NameMark",
    "OpenPaths",
    "RemoveLayers",
    "RemoveMark",
    "RemoveRating",
    "RemoveTracks",
    "SetLabels",
    "SetMoment",
    "Several",
    "ShowHidden",
    "TakeOpinions",
    "Teach",
]
