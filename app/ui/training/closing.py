"""Closing the window while a training runs: the one question that stops everything else."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from app.jobs.training import Training
from app.ui.strings import tr
from app.ui.training.words import length


def may_close(parent: QWidget, training: Training) -> bool:
    """Ask, if a training runs, whether to end it; whether the window may close."""
    if not training.state.busy:
        return True
    left = training.state.left_s
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(tr("A model is being trained"))
    box.setText(tr("A model is being trained. Stop the training and close?"))
    kept = tr("What it has learned is kept: at the next start you can go on with it.")
    if left is not None:
        kept = f"{tr('It would take {time} more.').format(time=length(left))} {kept}"
    box.setInformativeText(kept)
    stop = box.addButton(tr("Stop, and go on next time"), QMessageBox.ButtonRole.AcceptRole)
    stay = box.addButton(tr("Stay and let it finish"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.exec()
    return box.clickedButton() is stop
