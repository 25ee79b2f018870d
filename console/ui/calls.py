"""Click to call: a unit's SIP address or phone number goes to the program that calls here."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from console.domain.units import Unit
from console.ui.mirror import Mirror

_SIP = re.compile(r"sips?:[^\s@]+@[^\s@]+|[^\s@]+@[^\s@]+")
_NUMBER = re.compile(r"\+?[\d\-() ]{3,}")


def call_address(phone: str | None) -> str | None:
    """Return the address that a phone program understands, ``None`` if there is none.

    Args:
        phone: "sip:k7@radio.example", "k7@radio.example" or a number.
    """
    said = (phone or "").strip()
    if _SIP.fullmatch(said):
        return said if said.casefold().startswith(("sip:", "sips:")) else f"sip:{said}"
    if _NUMBER.fullmatch(said):
        return "tel:" + re.sub(r"[^\d+]", "", said)
    return None


class Caller(QObject):
    """Begins calls, and notes in the case's log that one was begun.

    Args:
        mirror: Where it is looked up what a unit works on.
        note: Writes a line into the log of a case.
        opened: Hands an address to the program that calls; ``None`` for the desktop's own.

    Signals:
        told: A sentence: that a call was begun.
        refused: A sentence: why none was.
    """

    told = Signal(str)
    refused = Signal(str)

    def __init__(
        self,
        mirror: Mirror,
        note: Callable[[str, str], bool],
        opened: Callable[[QUrl], bool] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._mirror, self._note = mirror, note
        self._opened = opened or QDesktopServices.openUrl

    def address_of(self, unit: Unit) -> str | None:
        """Return where a unit is called."""
        return call_address(unit.phone)

    def call(self, unit: Unit) -> bool:
        """Begin a call; return whether a program took it."""
        address = self.address_of(unit)
        if address is None:
            self.refused.emit(self.tr("{0} has no phone number.").format(unit.call_sign))
            return False
        if not self._opened(QUrl(address)):
            text = self.tr(
                "No program here calls {0}; dial it by hand, or set one up for tel: and sip:."
            )
            self.refused.emit(text.format(address))
            return False
        said = self.tr("Call to {0} begun: {1}").format(unit.call_sign, address)
        for one in self._mirror.assignments_of_unit(unit.id):
            if one.is_running:
                self._note(one.incident, said)
        self.told.emit(said)
        return True
