"""Marks and blurring on copies of evidence: from the sheet into an item of evidence of its own."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QBuffer, QIODevice, QObject, Signal

from console.app.desktop_models import DeskModels
from console.app.desktop_pictures import EvidencePictures
from console.domain.hints import Box
from console.domain.marks import Marking
from console.domain.places import Evidence
from console.ui.marking import copy_of
from widgets.common.appearance import Appearance
from widgets.desk.mark_sheet import MarkSheet
from widgets.shell.window import MainWindow

#: What a model may call what is to be covered, as part of its class name.
COVERED = ("face", "plate", "person", "head", "人脸", "车牌", "号牌")


class Suggester(Protocol):
    """Where suggestions come from: the wall's hints."""

    @property
    def has_detector(self) -> bool:
        """Whether there is a model."""

    def look_at(self, picture: bytes) -> int:
        """Have it look at a picture; the answer bears the number."""


class MarkDesk(QObject):
    """Opens the sheet for a picture that is here, and attaches the copy that is kept.

    Signals:
        said: A sentence for the person who marks.
    """

    said = Signal(str)

    def __init__(
        self,
        window: MainWindow,
        models: DeskModels,
        pictures: EvidencePictures,
        appearance: Appearance,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._models, self._pictures = models, pictures
        self._suggester: Suggester | None = None
        self._asked: int | None = None
        self.sheet = MarkSheet(appearance, window)
        self.sheet.kept.connect(self._keep)
        self.sheet.said.connect(self.said)
        self.sheet.suggestions_wanted.connect(self._suggest)

    def set_suggester(self, suggester: Suggester) -> None:
        """Have a model offer what to cover."""
        self._suggester = suggester

    def open(self, evidence: Evidence) -> None:
        """Begin a copy of a piece of evidence; one whose picture is not here is not marked."""
        picture = self._pictures.held(evidence.sha256)
        if picture is None or picture.isNull():
            text = self.tr("The original's picture is not here, so no copy can be marked.")
            self.said.emit(text)
            return
        self.sheet.open(evidence, picture)

    def take_found(self, request: int, found: tuple[object, ...]) -> None:
        """Cover what the model has found in the picture that is being marked."""
        if request != self._asked or not self.sheet.isVisible():
            return
        self._asked = None
        boxes = [(str(getattr(one, "name", "")), getattr(one, "box", None)) for one in found]
        self.sheet.cover(
            tuple(
                box
                for name, box in boxes
                if isinstance(box, Box) and any(word in name.casefold() for word in COVERED)
            )
        )

    def _suggest(self, evidence: Evidence) -> None:
        picture = self._pictures.held(evidence.sha256)
        if self._suggester is None or not self._suggester.has_detector or picture is None:
            self.said.emit(self.tr("No model is set that could offer what to cover."))
            return
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        picture.save(buffer, "PNG")  # type: ignore[call-overload]  # Qt's stubs want bytes
        self._asked = self._suggester.look_at(bytes(buffer.data().data()))

    def _keep(self, evidence: Evidence, marking: Marking) -> None:
        picture = self._pictures.held(evidence.sha256)
        if picture is None:
            self.said.emit(self.tr("The original's picture is not here, so no copy can be marked."))
            return
        copy = copy_of(picture, marking.marks)
        if self._models.actions.attach_copy(evidence, copy.data, copy.sha256, marking.done):
            text = self.tr("The marked copy is evidence of its own now; the original is as it was.")
            self.said.emit(text)
