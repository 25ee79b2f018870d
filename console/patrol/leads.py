"""How long before a page turns its streams are opened: learned from each camera."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: For cameras never seen, and the limits of what is learned.
USUAL_LEAD_S, LEAST_LEAD_S, MOST_LEAD_S = 4.0, 1.0, 12.0
_MARGIN_S = 0.7
#: A first frame later than this after the handshake came with the next key unit.
_WAITED_S = 0.35
_KEPT = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What is known of a camera's times, seconds; ``None`` where nothing is.

    Attributes:
        opening_s: From connecting to the stream playing.
        first_s: From connecting to the first frame, the slowest seen, slowly forgotten.
        key_s: From one key unit to the next.
    """

    opening_s: float | None = None
    first_s: float | None = None
    key_s: float | None = None

    def seen(self, *, opening_s: float | None, first_s: float | None, key_s: float | None) -> Lead:
        """Return the lead with what one opening showed."""
        return replace(
            self,
            opening_s=_slower(self.opening_s, opening_s),
            first_s=_slower(self.first_s, first_s),
            key_s=_slower(self.key_s, key_s),
        )

    def told(self, first_s: float) -> Lead:
        """Return the lead with what a sweep says a viewer waits for at most.

        Its first visit may have met a key unit by chance; later ones say more.
        """
        return replace(self, first_s=_slower(self.first_s, first_s))

    @property
    def seconds(self) -> float:
        """How long before it is to be seen its stream is opened.

        A camera that makes its viewers wait for the next key unit may need a whole interval of
        them; one that sends what it has kept needs its handshake only.
        """
        if self.first_s is None:
            return USUAL_LEAD_S
        opening_s = self.opening_s or 0.0
        needed_s = self.first_s
        if self.first_s - opening_s > _WAITED_S and self.key_s is not None:
            needed_s = max(needed_s, opening_s + self.key_s)
        elif self.first_s - opening_s > _WAITED_S:
            needed_s = max(needed_s, USUAL_LEAD_S - _MARGIN_S)
        return min(MOST_LEAD_S, max(LEAST_LEAD_S, needed_s + _MARGIN_S))


def _slower(known: float | None, now: float | None) -> float | None:
    """Return the slower of two times, the older one slowly forgotten."""
    if known is None or now is None:
        return now if known is None else known
    return now if now >= known else _KEPT * known + (1 - _KEPT) * now
