"""The live picture on the incident card: a tile, whose it is, and how the next one comes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QWidget

from console.ui.cardlive import CardLive, CardPicture
from console.ui.nearcameras import NearCamera
from widgets.common.appearance import Appearance
from widgets.common.labels import set_tone
from widgets.common.theme import Theme
from widgets.wall.tile_paint import CAPTION_PX, TileFrame, TilePainter

#: The picture is no wider; beside it stand the words, under it where there is no room for them.
WIDEST_PX, WORDS_PX = 288, 132
_SEEN_MS = 500


class LiveTileView(QWidget):
    """The tile itself: painted as the wall paints one.

    Signals:
        opened: It was double-clicked.
    """

    opened = Signal()

    def __init__(self, appearance: Appearance, model: CardLive, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._painter = TilePainter(appearance.theme)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        appearance.theme_changed.connect(self._wear)
        model.picture_ready.connect(self.update)
        model.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint picture and caption."""
        picture = self._model.picture()
        frame = TileFrame(whole=QRect(0, 0, self.width(), self.height()))
        painter = QPainter(self)
        if picture.tile is not None:
            self._painter.paint_picture(painter, frame, picture.tile)
            self._painter.paint_caption(painter, frame, picture.tile, picture.at - 1)
        painter.end()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Have it opened in full."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Have pictures scaled for this size."""
        super().resizeEvent(event)
        ratio = self.devicePixelRatioF()
        height = self.height() - CAPTION_PX
        self._model.set_box(round(self.width() * ratio), round(height * ratio))

    def _wear(self, theme: Theme) -> None:
        self._painter = TilePainter(theme)
        self.update()


class CardLiveView(QFrame):
    """The tile with its words; a stream runs only while some of it can be seen.

    Signals:
        camera_opened: ``CameraId`` that is to be shown in full.
    """

    camera_opened = Signal(str)

    def __init__(
        self, appearance: Appearance, model: CardLive, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self.tile = LiveTileView(appearance, model, self)
        self.words, self.keys = QLabel(self), QLabel(self)
        for label in (self.words, self.keys):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        set_tone(self.keys, "secondary")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(10, 4, 10, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(2)
        self._beside: bool | None = None
        self._seen = QTimer(self, interval=_SEEN_MS)
        self._seen.timeout.connect(self._look)
        self.tile.opened.connect(self.open_full)
        model.changed.connect(self.say)
        self._place()
        self.say()

    def act(self, key: int) -> bool:
        """Do what a key says: ← → another camera, F in full; return whether it is one of them."""
        match key:
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                self._model.step(1 if key == Qt.Key.Key_Right else -1)
            case Qt.Key.Key_F:
                self.open_full()
            case _:
                return False
        return True

    def open_full(self) -> None:
        """Have the camera shown in full."""
        camera = self._model.camera
        if camera is not None:
            self.camera_opened.emit(camera)

    def say(self) -> None:
        """Say which camera it is, or why there is none."""
        picture = self._model.picture()
        self.tile.setVisible(picture.tile is not None)
        self.words.setText("\n".join(self._words(picture)))
        set_tone(self.words, "" if picture.tile is not None else "secondary")
        keys = []
        if picture.of > 1:
            keys.append(self.tr("← → another camera"))
        if picture.of:
            keys.append(self.tr("F or double click: in full"))
        self.keys.setText("\n".join(keys))
        self.keys.setVisible(bool(keys))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Look while it can be seen."""
        super().showEvent(event)
        self._seen.start()
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Decode nothing that nobody sees."""
        super().hideEvent(event)
        self._seen.stop()
        self._model.set_watching(False)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put the words beside the tile where there is room."""
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say it in the new language."""
        if event.type() is QEvent.Type.LanguageChange:
            self.say()
        super().changeEvent(event)

    def _look(self) -> None:
        """A picture that is scrolled away or in a window put aside is not seen."""
        is_seen = not self.visibleRegion().isEmpty() and not self.window().isMinimized()
        self._model.set_watching(is_seen)

    def _place(self) -> None:
        room = max(160, self.width() - 20)
        beside = room >= WIDEST_PX + WORDS_PX
        width = min(WIDEST_PX, room)
        self.tile.setFixedSize(QSize(width, width * 9 // 16 + CAPTION_PX))
        if beside == self._beside:
            return
        self._beside = beside
        grid = self._grid
        for one in (self.tile, self.words, self.keys):
            grid.removeWidget(one)
        grid.addWidget(self.tile, 0, 0, 2 if beside else 1, 1)
        grid.addWidget(self.words, *((0, 1) if beside else (1, 0)))
        grid.addWidget(self.keys, *((1, 1) if beside else (2, 0)))
        grid.setColumnStretch(0, 0 if beside else 1)
        grid.setColumnStretch(1, 1 if beside else 0)
        grid.setRowStretch(1, 1 if beside else 0)

    def _words(self, picture: CardPicture) -> list[str]:
        near = picture.near
        if picture.trouble:
            return [picture.trouble]
        if near is None and not picture.has_place:
            return [self.tr("No live picture: nobody knows where the incident is.")]
        if near is None:
            return [self.tr("No live picture: no camera stands within 600 m, and nobody sent "
                            "there carries one.")]  # fmt: skip
        which = self.tr("{0} of {1} cameras").format(picture.at, picture.of)
        lines = [which if picture.of > 1 else self.tr("The only camera near")]
        lines.append(" · ".join(word for word in (self._whose(near), self._where(near)) if word))
        return lines

    def _whose(self, near: NearCamera) -> str:
        if not near.unit:
            return ""
        words = self.tr("{0}, sent there") if near.is_sent else self.tr("{0}, near by")
        return words.format(near.unit)

    def _where(self, near: NearCamera) -> str:
        if near.away_m is None:
            return self.tr("nobody knows where it is")
        step_m = 10 if near.away_m >= 100 else 5
        away = self.tr("{0} m away").format(max(step_m, step_m * round(near.away_m / step_m)))
        if near.sees is None:
            return away
        words = self.tr("{0}, looks here") if near.sees else self.tr("{0}, looks elsewhere")
        return words.format(away)
