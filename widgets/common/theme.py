"""Themes: named colours read from a file, each with one meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtGui import QColor, QPalette

from console.domain.errors import ZhihuiError

#: Size of the interface's text and height of a table's row, in logical pixels.
TEXT_PX, SMALL_PX, ROW_PX = 13, 12, 26


class Token(StrEnum):
    """What a colour means; both themes give one for each."""

    WINDOW = "window"
    PANEL = "panel"
    RAISED = "raised"
    INPUT = "input"
    LINE = "line"
    EDGE = "edge"
    TEXT = "text"
    SECONDARY = "secondary"
    FOCUS = "focus"
    SELECTION = "selection"
    SELECTION_TEXT = "selection_text"
    STRIPE = "stripe"
    CRITICAL = "critical"
    HIGH = "high"
    CAUTION = "caution"
    AVAILABLE = "available"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    OFF = "off"


#: Colours that say something about an incident or a unit; any two are told apart by everybody.
STATUS_TOKENS = (
    Token.CRITICAL,
    Token.HIGH,
    Token.CAUTION,
    Token.AVAILABLE,
    Token.EN_ROUTE,
    Token.ON_SCENE,
    Token.OFF,
)


class ThemeError(ZhihuiError):
    """A theme's file cannot be used; says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One set of colours.

    Attributes:
        colours: "#RRGGBB" by token.
    """

    name: str
    is_dark: bool
    colours: Mapping[Token, str]

    def hex(self, token: Token) -> str:
        """Return the colour as "#RRGGBB"."""
        return self.colours[token]

    def colour(self, token: Token) -> QColor:
        """Return the colour for painting."""
        return QColor(self.colours[token])

    def palette(self) -> QPalette:
        """Return the palette for what no style sheet reaches."""
        palette = QPalette()
        roles = QPalette.ColorRole
        for role, token in (
            (roles.Window, Token.WINDOW),
            (roles.Base, Token.PANEL),
            (roles.AlternateBase, Token.PANEL),
            (roles.Button, Token.RAISED),
            (roles.ToolTipBase, Token.RAISED),
            (roles.WindowText, Token.TEXT),
            (roles.Text, Token.TEXT),
            (roles.ButtonText, Token.TEXT),
            (roles.ToolTipText, Token.TEXT),
            (roles.PlaceholderText, Token.SECONDARY),
            (roles.Highlight, Token.SELECTION),
            (roles.HighlightedText, Token.SELECTION_TEXT),
            (roles.Link, Token.EN_ROUTE),
            (roles.Mid, Token.LINE),
        ):
            palette.setColor(role, self.colour(token))
        for role in (roles.WindowText, roles.Text, roles.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour(Token.OFF))
        return palette


def load_theme(name: str, folder: Path) -> Theme:
    """Read a theme.

    Args:
        name: "dark" or "light", or another file's stem.
        folder: Where the themes' files lie.

    Raises:
        ThemeError: The file is missing, is no JSON, or a colour is missing or none.
    """
    path = folder / f"{name}.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        colours = {token: str(content["colours"][token.value]) for token in Token}
        dark = bool(content["dark"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ThemeError(
            f"The theme {path} cannot be used ({error!r}). Put the file back from the program."
        ) from error
    for token, value in colours.items():
        if not QColor.isValidColorName(value):
            raise ThemeError(f"In the theme {path}, “{value}” for “{token}” is no colour.")
    return Theme(name=name, is_dark=dark, colours=colours)
