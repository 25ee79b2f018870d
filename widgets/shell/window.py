"""The main window: the bars, the docks, the keys that work everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from widgets.common.appearance import Appearance
from widgets.common.language import LANGUAGES
from widgets.common.theme import Theme
from widgets.shell.alarm_bar import BottomBar
from widgets.shell.command_edit import CommandReader
from widgets.shell.key_sheet import KeySheet
from widgets.shell.notice import Notice
from widgets.shell.regions import Region, Regions, Workspace
from widgets.shell.top_bar import TopBar


class MainWindow(QMainWindow):
    """The console's window.

    Args:
        reader: Understands the command line.
        layout_file: Where the arrangement, theme and language are kept between runs.

    Signals:
        command_entered: Text of a command that can be carried out.
        new_incident_wanted: Ctrl+N.
        lock_wanted: Ctrl+Alt+L.
        closing: The window is about to go; whoever owns threads stops them.
    """

    command_entered = Signal(str)
    new_incident_wanted = Signal()
    lock_wanted = Signal()
    closing = Signal()

    def __init__(self, appearance: Appearance, reader: CommandReader, layout_file: Path) -> None:
        super().__init__()
        self._appearance = appearance
        self._settings = QSettings(str(layout_file), QSettings.Format.IniFormat)
        middle = QWidget()
        self.top = TopBar(appearance, reader)
        docks = QWidget()
        docks_box = QVBoxLayout(docks)
        docks_box.setContentsMargins(0, 0, 0, 0)
        self.regions = Regions(docks)
        docks_box.addWidget(self.regions.manager)
        self.bottom = BottomBar(appearance)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(docks, 1)
        column.addWidget(self.bottom)
        self.setCentralWidget(middle)
        self.keys = KeySheet(self)
        self.notice = Notice(self.bottom, self)
        self._actions: dict[str, QAction] = {}
        self._make_menu()
        self._make_shortcuts()
        self.top.command.entered.connect(self.command_entered)
        self.top.command.left.connect(lambda: self.regions.show_region(Region.QUEUE))
        appearance.theme_changed.connect(self._put_on)
        self._put_on(appearance.theme)
        self._retranslate()
        self.resize(1600, 900)

    def restore(self) -> None:
        """Show place, size, workspace and docks as they were left."""
        geometry = self._settings.value("geometry")
        fills = self._settings.value("fills", False, type=bool)
        if isinstance(geometry, QByteArray) and not fills:
            self.restoreGeometry(geometry)
        else:
            self.setGeometry(self.screen().availableGeometry())
        self.regions.restore(self._settings)

    def remembered(self, key: str, otherwise: str) -> str:
        """Return what was chosen last: "theme" or "language"."""
        return str(self._settings.value(key, otherwise))

    def save(self) -> None:
        """Keep place, size, workspace, docks, theme and language."""
        self._settings.setValue("geometry", self.saveGeometry())
        # Qt makes room for a title bar when it restores, also where no window manager draws one.
        fills = self.geometry() == self.screen().availableGeometry()
        self._settings.setValue("fills", fills)
        self._settings.setValue("theme", self._appearance.theme.name)
        self._settings.setValue("language", self._appearance.language)
        self.regions.save(self._settings)
        self._settings.sync()

    def show_workspace(self, workspace: Workspace) -> None:
        """Change to another workspace; the keys go to its main panel."""
        self.regions.use_workspace(workspace, self._settings)
        main = Region.WALL if workspace is Workspace.WALL else Region.QUEUE
        self.regions.show_region(main)

    def _action(self, name: str, does: Callable[[], None], *keys: str) -> QAction:
        action = QAction(self)
        action.triggered.connect(lambda _checked=False: does())
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        self._actions[name] = action
        self.addAction(action)
        return action

    def _make_menu(self) -> None:
        menu = self.top.menu
        menu.addAction(
            self._action("dispatcher", lambda: self.show_workspace(Workspace.DISPATCHER), "F2")
        )
        menu.addAction(self._action("wall", lambda: self.show_workspace(Workspace.WALL), "F3"))
        menu.addAction(self._action("reset", self.regions.reset))
        menu.addSeparator()
        for toggle in self.regions.toggle_actions():
            menu.addAction(toggle)
        menu.addSeparator()
        menu.addAction(self._action("theme", self._appearance.next_theme, "Ctrl+T"))
        menu.addAction(self._action("language", self._appearance.next_language, "Ctrl+L"))
        menu.addAction(self._action("keys", self.keys.toggle, "F1"))
        menu.addSeparator()
        menu.addAction(self._action("lock", self.lock_wanted.emit, "Ctrl+Alt+L"))
        menu.addAction(self._action("end", self._end, "Ctrl+Q"))

    def _make_shortcuts(self) -> None:
        self._action("command", self._go_to_command, "Ctrl+K")
        self._action("new", self.new_incident_wanted.emit, "Ctrl+N")
        self._action("menu", self.top.open_menu, "F10")
        self._action("next", lambda: self._step(1), "F6")
        self._action("before", lambda: self._step(-1), "Shift+F6")
        self._action("acknowledge", self._acknowledge, "F4")
        for place, region in enumerate(Region, start=1):
            shortcut = QShortcut(QKeySequence(f"Alt+{place}"), self)
            shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
            shortcut.activated.connect(lambda r=region: self.regions.show_region(r))

    def _step(self, step: int) -> None:
        self.regions.next_region(step)

    def _acknowledge(self) -> None:
        self.bottom.alarms.acknowledge_top()

    def _go_to_command(self) -> None:
        self.activateWindow()
        self.top.command.setFocus()
        self.top.command.selectAll()

    def _end(self) -> None:
        self.close()

    def _put_on(self, theme: Theme) -> None:
        self.regions.set_theme(theme)

    def _retranslate(self) -> None:
        self.setWindowTitle(self.tr("Zhihui command console"))
        self.regions.retitle()
        nexts = [code for code in LANGUAGES if code != self._appearance.language]
        texts = {
            "dispatcher": self.tr("Workspace: dispatcher"),
            "wall": self.tr("Workspace: wall operator"),
            "reset": self.tr("Arrange as delivered"),
            "theme": self.tr("Dark or light"),
            "language": self.tr("Language: {0}").format(LANGUAGES[nexts[0]]),
            "keys": self.tr("Keys"),
            "lock": self.tr("Lock the screen"),
            "end": self.tr("End"),
        }
        for name, text in texts.items():
            self._actions[name].setText(text)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the sheet of keys from hanging over the edge, and columns wide enough to read."""
        super().resizeEvent(event)
        self.regions.widen_soon()
        self.keys.hide()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Keep the arrangement, then tell whoever has to stop."""
        self.save()
        self.closing.emit()
        super().closeEvent(event)
