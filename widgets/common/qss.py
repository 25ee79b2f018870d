"""The style sheet of the whole program, made from a theme's tokens."""

from __future__ import annotations

from string import Template

from widgets.common.theme import ROW_PX, SMALL_PX, TEXT_PX, Theme, Token

_BASE = Template("""
QWidget { color: $text; font-size: ${text_px}px; }
QMainWindow, QDialog { background: $window; }
QToolTip { background: $raised; color: $text; border: 1px solid $edge; padding: 3px 6px; }
QLabel { background: transparent; }
QLabel[tone="secondary"] { color: $secondary; }
QLabel[tone="small"] { color: $secondary; font-size: ${small_px}px; }
QLabel[tone="title"] { font-size: 16px; font-weight: 600; }
QLabel[tone="figure"] { font-weight: 600; }
QLabel[tone="alarm"] { color: $critical; font-weight: 600; }
QLabel[tone="warn"] { color: $high; font-weight: 600; }
QFrame[role="bar"] { background: $raised; border: none; }
QFrame[role="cover"] { background: $window; }
QFrame[role="popup"] { background: $raised; border: 1px solid $edge; border-radius: 4px; }
QFrame[role="popup"] QListView { background: $raised; }
QFrame[role="panel"] { background: $panel; border: none; }
QFrame[role="line"] { background: $line; border: none; max-height: 1px; }
QLabel[role="key"] { border: 1px solid $edge; border-radius: 3px; padding: 0 4px;
    color: $text; font-size: ${small_px}px; }
""")

_INPUTS = Template("""
QLineEdit, QPlainTextEdit, QComboBox, QSpinBox { background: $input; border: 1px solid $edge;
    border-radius: 3px; padding: 3px 6px; min-height: 18px;
    selection-background-color: $selection; selection-color: $selection_text; }
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus { border: 2px solid $focus;
    padding: 2px 5px; }
QComboBox::drop-down { border: none; width: 18px; }
QComboBox::down-arrow { image: none; width: 0; height: 0; margin-right: 6px;
    border-left: 4px solid $input; border-right: 4px solid $input; border-top: 6px solid $text; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $edge; }
QPushButton, QToolButton { background: $raised; border: 1px solid $edge; border-radius: 3px;
    padding: 3px 10px; min-height: 18px; }
QToolButton[role="flat"] { border: 1px solid transparent; background: transparent;
    padding: 2px 6px; }
QPushButton:hover, QToolButton:hover { background: $selection; }
QToolButton:checked { background: $selection; color: $selection_text; }
QPushButton:focus, QToolButton:focus { border: 2px solid $focus; padding: 2px 9px; }
QToolButton[role="flat"]:focus { border: 2px solid $focus; padding: 1px 5px; }
QPushButton:disabled, QToolButton:disabled { color: $off; border-color: $line; }
QPushButton:default { border-color: $focus; font-weight: 600; }
QCheckBox:focus, QRadioButton:focus { text-decoration: underline; }
QMenu { background: $raised; border: 1px solid $edge; }
QMenu::item { padding: 4px 22px; }
QMenu::item:selected { background: $selection; color: $selection_text; }
""")

_VIEWS = Template("""
QAbstractItemView { background: $panel; border: 1px solid transparent; outline: none;
    alternate-background-color: $panel; gridline-color: $line;
    selection-background-color: $selection; selection-color: $selection_text; }
QAbstractItemView:focus { border: 1px solid $focus; }
QTableView::item, QTreeView::item, QListView::item { padding: 0 4px; min-height: ${row_px}px; }
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected {
    background: $selection; color: $selection_text; }
QHeaderView { background: $panel; }
QHeaderView::section { background: $panel; color: $secondary; border: none;
    border-bottom: 1px solid $line; padding: 2px 4px; font-size: ${small_px}px; }
QHeaderView::section:vertical { border: none; padding: 0 6px 0 0; }
QTableCornerButton::section { background: $panel; border: none; border-bottom: 1px solid $line; }
QScrollArea { background: $panel; border: none; }
QScrollArea > QWidget > QWidget { background: $panel; }
QScrollBar:vertical { background: $panel; width: 10px; margin: 0; }
QScrollBar:horizontal { background: $panel; height: 10px; margin: 0; }
QScrollBar::handle { background: $edge; border-radius: 4px; min-height: 24px; min-width: 24px;
    margin: 1px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: $line; }
""")

_DOCKS = Template("""
ads--CDockManager, ads--CDockContainerWidget { background: $window; border: none; }
ads--CDockContainerWidget > QSplitter { padding: 0; }
ads--CDockSplitter::handle { background: $window; }
ads--CDockAreaWidget { background: $panel; border: 1px solid $line; }
ads--CDockAreaWidget[focused="true"] { border: 1px solid $focus; }
ads--CDockAreaTitleBar { background: $raised; border-bottom: 1px solid $line; padding: 0;
    min-height: 24px; }
ads--CDockAreaTitleBar CTitleBarButton, ads--CTitleBarButton { background: transparent;
    border: none; padding: 0 3px; min-height: 0; }
ads--CTitleBarButton:hover { background: $selection; }
ads--CDockWidgetTab { background: $raised; border: none; border-right: 1px solid $line;
    padding: 0 6px; qproperty-iconSize: 14px 14px; }
ads--CDockWidgetTab QLabel { color: $secondary; font-size: ${small_px}px; }
ads--CDockWidgetTab[activeTab="true"] { background: $panel; }
ads--CDockWidgetTab[activeTab="true"] QLabel { color: $text; font-weight: 600; }
ads--CDockWidgetTab[focused="true"] { background: $selection; }
ads--CDockWidgetTab[focused="true"] QLabel { color: $selection_text; }
ads--CDockWidget { background: $panel; border: none; }
ads--CFloatingDockContainer { background: $window; }
""")


def stylesheet(theme: Theme) -> str:
    """Return the style sheet for a theme."""
    values = {token.value: theme.hex(token) for token in Token}
    figures = {"text_px": TEXT_PX, "small_px": SMALL_PX, "row_px": ROW_PX - 2}
    return "".join(part.substitute(values, **figures) for part in (_BASE, _INPUTS, _VIEWS, _DOCKS))
