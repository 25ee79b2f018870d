"""The strip of the wall: plan and page, coverage of today, repairs, and the keys."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.ui.wall_feed import WallFeed
from console.ui.wall_hints import HintKind, WallHints
from console.ui.wall_values import Repair, StripView
from console.ui.words import age_text
from widgets.common.appearance import Appearance, interface_font
from widgets.common.shapes import paint_mark
from widgets.common.theme import SMALL_PX, Theme, Token
from widgets.wall.tile_paint import FAILED_MARK, FOUND_MARK
from widgets.wall.words import finding_word, hint_kind_word, precision_text, trouble_title

STRIP_PX, SIDE_PX = 28, 244
_PAD, _LINE_PX, _BAR_PX = 10, 20, 6


def page_text(strip: StripView) -> str:
    """Return plan and page: "chaoyang-night 12/63"."""
    name = strip.plan
    if name == "all":
        name = QCoreApplication.translate("WallStrip", "All points")
    return f"{name} {strip.page}/{strip.pages}"


def coverage_words(strip: StripView) -> tuple[str, str]:
    """Return how soon a point comes again, and how many nobody has seen today."""
    if strip.held:
        again = QCoreApplication.translate("WallStrip", "held")
    elif strip.pages == 1:
        again = QCoreApplication.translate("WallStrip", "one page")
    else:
        text = QCoreApplication.translate("WallStrip", "revisit ≤ {0}")
        again = text.format(age_text(strip.round_s))
    unseen = QCoreApplication.translate("WallStrip", "unseen today {0}").format(strip.unseen)
    return again, unseen


class StripBase(QWidget):
    """Paints a `StripView` and paints it again when its figures change."""

    def __init__(
        self, feed: WallFeed, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._feed = feed
        self._theme = appearance.theme
        self._view = feed.strip()
        self._font = interface_font()
        self._small = QFont(self._font)
        self._small.setPixelSize(SMALL_PX)
        self._bold = QFont(self._font)
        self._bold.setBold(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        appearance.theme_changed.connect(self._wear)
        feed.strip_changed.connect(self._refresh)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say it in the new language."""
        if event.type() is QEvent.Type.LanguageChange:
            self.update()
        super().changeEvent(event)

    def _refresh(self) -> None:
        if self.isVisible():
            self._view = self._feed.strip()
            self.update()

    def _wear(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def _text(self, painter: QPainter, box: QRect, text: str, token: Token, font: QFont) -> int:
        """Write one line, cut off with … where it must be; return its width."""
        metrics = QFontMetrics(font)
        # What tells names apart, their number, stands at the end: the middle gives way.
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, max(0, box.width()))
        painter.setFont(font)
        painter.setPen(self._theme.colour(token))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), shown)
        return metrics.horizontalAdvance(shown)

    def _paint_coverage(self, painter: QPainter, box: QRect) -> None:
        """Three lengths: seen by people, by the sweep only, by nobody (hatched)."""
        view = self._view
        total = max(1, view.points)
        people = round(box.width() * view.by_person / total)
        sweep = round(box.width() * view.by_sweep / total)
        painter.fillRect(box, self._theme.colour(Token.INPUT))
        hatch = QBrush(self._theme.colour(Token.EDGE), Qt.BrushStyle.BDiagPattern)
        painter.fillRect(box, hatch)
        painter.fillRect(
            QRect(box.left(), box.top(), people, box.height()),
            self._theme.colour(Token.AVAILABLE),
        )
        painter.fillRect(
            QRect(box.left() + people, box.top(), sweep, box.height()),
            self._theme.colour(Token.EDGE),
        )


class WallStrip(StripBase):
    """One line under the tiles, for a wall that is a dock among others."""

    def __init__(
        self, feed: WallFeed, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(feed, appearance, parent)
        self.setFixedHeight(STRIP_PX)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint from left to right what there is room for."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour(Token.PANEL))
        view, left, right = self._view, _PAD, self.width() - _PAD
        box = QRect(left, 0, right - left, self.height())
        left += self._text(painter, box, page_text(view), Token.TEXT, self._bold) + _PAD
        again, unseen = coverage_words(view)
        for text, token in (
            (again, Token.CAUTION if view.held else Token.SECONDARY),
            (unseen, Token.TEXT if view.unseen else Token.SECONDARY),
        ):
            if QFontMetrics(self._small).horizontalAdvance(text) > right - left:
                break
            box = QRect(left, 0, right - left, self.height())
            left += self._text(painter, box, text, token, self._small) + _PAD
        if right - left > 110:
            self._paint_coverage(painter, QRect(left, (self.height() - _BAR_PX) // 2, 90, _BAR_PX))
            left += 90 + _PAD
        left = self._paint_repairs(painter, left, right)
        hint = self.tr("Space hold · ←/→ step · 1–9 pick · S evidence · P pin · F full")
        if QFontMetrics(self._small).horizontalAdvance(hint) < right - left:
            width = QFontMetrics(self._small).horizontalAdvance(hint)
            box = QRect(right - width, 0, width + 1, self.height())
            self._text(painter, box, hint, Token.SECONDARY, self._small)
        painter.end()

    def _paint_repairs(self, painter: QPainter, left: int, right: int) -> int:
        count = len(self._view.repairs)
        text = self.tr("{0} to repair").format(count)
        width = QFontMetrics(self._small).horizontalAdvance(text) + 18
        if not count or width > right - left:
            return left
        worst = FAILED_MARK if self._view.repairs[0].trouble else FOUND_MARK
        paint_mark(painter, QRectF(left, (self.height() - 12) / 2, 12, 12), worst, self._theme)
        box = QRect(left + 16, 0, width, self.height())
        self._text(painter, box, text, Token.TEXT, self._small)
        return left + width + _PAD


class WallSide(StripBase):
    """A column beside the tiles, for a wall that fills a screen.

    Signals:
        repair_picked: ``CameraId`` of a point in the repair list.
    """

    repair_picked = Signal(str)

    def __init__(
        self, feed: WallFeed, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(feed, appearance, parent)
        self.setFixedWidth(SIDE_PX)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self._rows: list[tuple[QRect, Repair]] = []
        self._hints: WallHints | None = None

    def set_hints(self, hints: WallHints) -> None:
        """Say how many hints wait for an answer, and how far each kind can be trusted."""
        self._hints = hints
        hints.changed.connect(lambda _point: self.update())
        hints.state_changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As tall as it is given."""
        return QSize(SIDE_PX, 400)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint plan, coverage, repairs and keys, from top to bottom."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour(Token.PANEL))
        keys = self._keys()
        bottom = self.height() - _PAD - len(keys) * _LINE_PX
        top = self._paint_plan(painter, _PAD)
        top = self._paint_today(painter, top + _PAD)
        top = self._paint_hints(painter, top + _PAD)
        self._paint_repairs(painter, top + _PAD, bottom - _PAD)
        for row, (key, text) in enumerate(keys):
            box = self._line(bottom + row * _LINE_PX)
            self._text(painter, box, key, Token.TEXT, self._small)
            self._text(painter, box.adjusted(62, 0, 0, 0), text, Token.SECONDARY, self._small)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pick the repair under the mouse."""
        for box, repair in self._rows:
            if box.contains(event.position().toPoint()):
                self.repair_picked.emit(repair.camera)

    def _line(self, top: int) -> QRect:
        return QRect(_PAD, top, self.width() - 2 * _PAD, _LINE_PX)

    def _paint_plan(self, painter: QPainter, top: int) -> int:
        view = self._view
        self._text(painter, self._line(top), page_text(view), Token.TEXT, self._bold)
        top += _LINE_PX + 4
        bar = QRect(_PAD, top, self.width() - 2 * _PAD, 3)
        painter.fillRect(bar, self._theme.colour(Token.INPUT))
        bar.setWidth(round(bar.width() * view.progress))
        painter.fillRect(bar, self._theme.colour(Token.CAUTION if view.held else Token.EDGE))
        top += 6
        again, _ = coverage_words(view)
        token = Token.CAUTION if view.held else Token.SECONDARY
        self._text(painter, self._line(top), again, token, self._small)
        return top + _LINE_PX

    def _paint_today(self, painter: QPainter, top: int) -> int:
        view = self._view
        self._text(painter, self._line(top), self.tr("Seen today"), Token.TEXT, self._bold)
        top += _LINE_PX + 4
        self._paint_coverage(painter, QRect(_PAD, top, self.width() - 2 * _PAD, _BAR_PX))
        top += _BAR_PX + 4
        if view.sweep_age_s is None:
            sweep = self.tr("sweep: not running")
        else:
            text = self.tr("sweep: {0} ago")
            if view.sweep_slowed:
                text = self.tr("sweep: {0} ago, slowed")
            sweep = text.format(age_text(view.sweep_age_s))
        for text, figure in (
            (self.tr("by people"), view.by_person),
            (self.tr("by the sweep only"), view.by_sweep),
            (self.tr("by nobody"), view.unseen),
            (sweep, None),
        ):
            box = self._line(top)
            self._text(painter, box, text, Token.SECONDARY, self._small)
            if figure is not None:
                digits = str(figure)
                width = QFontMetrics(self._small).horizontalAdvance(digits)
                box = QRect(box.right() - width, top, width + 1, _LINE_PX)
                self._text(painter, box, digits, Token.TEXT, self._small)
            top += _LINE_PX
        return top

    def _paint_hints(self, painter: QPainter, top: int) -> int:
        """Each kind of hint, how many there are now, and how often it was right."""
        hints = self._hints
        if hints is None:
            return top
        self._text(painter, self._line(top), self.tr("Hints"), Token.TEXT, self._bold)
        top += _LINE_PX + 2
        if not hints.shown:
            self._text(painter, self._line(top), self.tr("off"), Token.SECONDARY, self._small)
            return top + _LINE_PX
        every = hints.every()
        for kind in HintKind:
            count = sum(hint.kind is kind for _, hint in every)
            trust = precision_text(hints.measured.get(kind))
            if kind is HintKind.DETECTED:
                trust = self._detector_words(hints)
            box = self._line(top)
            self._text(painter, box, hint_kind_word(kind), Token.SECONDARY, self._small)
            self._text(painter, box.adjusted(62, 0, -24, 0), trust, Token.SECONDARY, self._small)
            if kind is not HintKind.MOTION:
                digits = str(count)
                width = QFontMetrics(self._small).horizontalAdvance(digits)
                box = QRect(box.right() - width, top, width + 1, _LINE_PX)
                token = Token.TEXT if count else Token.SECONDARY
                self._text(painter, box, digits, token, self._small)
            top += _LINE_PX
        return top

    def _detector_words(self, hints: WallHints) -> str:
        if hints.sentence is not None:
            return self.tr("the model fails")
        return self.tr("by your own model") if hints.has_detector else self.tr("no model set")

    def _paint_repairs(self, painter: QPainter, top: int, bottom: int) -> None:
        """List the points with faults, as many as fit; say how many more there are."""
        repairs = self._view.repairs
        title = self.tr("To repair {0}").format(len(repairs))
        self._rows = []
        if top + 2 * _LINE_PX > bottom:
            return
        self._text(painter, self._line(top), title, Token.TEXT, self._bold)
        top += _LINE_PX + 2
        if not repairs:
            text = self.tr("no faults known")
            self._text(painter, self._line(top), text, Token.SECONDARY, self._small)
            return
        fit = max(1, (bottom - top) // _LINE_PX)
        shown = repairs if len(repairs) <= fit else repairs[: fit - 1]
        for repair in shown:
            self._paint_repair(painter, self._line(top), repair)
            top += _LINE_PX
        if len(shown) < len(repairs):
            more = self.tr("and {0} more").format(len(repairs) - len(shown))
            self._text(painter, self._line(top), more, Token.SECONDARY, self._small)

    def _paint_repair(self, painter: QPainter, box: QRect, repair: Repair) -> None:
        self._rows.append((box, repair))
        failed = repair.trouble is not None
        mark = FAILED_MARK if failed else FOUND_MARK
        paint_mark(painter, QRectF(box.left(), box.top() + 4, 12, 12), mark, self._theme)
        word = ""
        if repair.trouble is not None:
            word = trouble_title(repair.trouble)
        elif repair.finding is not None:
            word = finding_word(repair.finding)
        metrics = QFontMetrics(self._small)
        width = min(metrics.horizontalAdvance(word), box.width() // 2)
        words = QRect(box.right() - width, box.top(), width + 1, box.height())
        self._text(painter, words, word, Token.SECONDARY, self._small)
        name = box.adjusted(18, 0, -width - 8, 0)
        self._text(painter, name, repair.name, Token.TEXT, self._small)

    def _keys(self) -> tuple[tuple[str, str], ...]:
        return (
            (self.tr("Space"), self.tr("hold, go on")),
            ("← →", self.tr("page back, on")),
            ("1–9 ↑ ↓", self.tr("pick a tile")),
            ("S", self.tr("evidence, new incident")),
            ("P", self.tr("pin the point")),
            ("R  T", self.tr("next to repair, repair list")),
            ("C X N", self.tr("hint: yes, no, next")),
            ("M", self.tr("hints on, off")),
            ("/", self.tr("search all points")),
            ("L  E", self.tr("next plan, edit plans")),
            ("U", self.tr("not looked at today")),
            ("H", self.tr("hand to another screen")),
            ("Ctrl+1…9", self.tr("1 to 36 tiles")),
            ("F", self.tr("full screen")),
        )
