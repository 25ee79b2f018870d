"""Wrong passwords counted by name and by place; each wait is longer than the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.domain.errors import ZhihuiError

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)
#: Wrong passwords are forgotten when so long none has come.
FORGOTTEN_AFTER = timedelta(hours=2)
#: Wrong passwords that are free: of one name from one place, of one name, from one place.
FREE_OF_BOTH, FREE_OF_NAME, FREE_OF_PLACE = 5, 20, 60
_MOST_KEPT = 20_000


class TooManyTriesError(ZhihuiError):
    """Too many wrong passwords.

    Attributes:
        retry_after_s: Whole seconds to wait.
    """

    def __init__(self, name: str, retry_after_s: int) -> None:
        super().__init__(
            f"Too many wrong passwords for {name[:40]}: wait {retry_after_s} s, "
            "or ask an administrator to unlock it."
        )
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class _Count:
    """Wrong passwords so far; ``until`` is when the next may be tried."""

    wrong: int
    last: datetime
    until: datetime


def device_place(device: str) -> str:
    """Return what tries at a device that proved to be ours are counted under.

    Its address is not: others behind the same one could have it wait.
    """
    return f"device {device}"


class Tries:
    """Who has to wait before the next password; belongs to the event loop."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._counts: dict[tuple[str, str], _Count] = {}

    def check(self, name: str, host: str, *, is_known: bool) -> None:
        """Check that a password may be tried now.

        Args:
            name: Log-on name as typed.
            host: Where it comes from: an address, or `device_place`.
            is_known: Whether it is typed into a device that proved to be one of ours; strangers
                who guess cannot lock its person out.

        Raises:
            TooManyTriesError: It may not yet.
        """
        now = self._clock()
        keys = self._keys(name, host)
        own = (keys[0], keys[2]) if is_known else keys
        held = [self._counts[key] for key, _ in own if key in self._counts]
        until = max((one.until for one in held), default=now)
        if until > now:
            raise TooManyTriesError(name, int((until - now).total_seconds()) + 1)

    def wrong(self, name: str, host: str) -> None:
        """Count a wrong password."""
        now = self._clock()
        if len(self._counts) >= _MOST_KEPT:
            self._forget(now)
        for key, free in self._keys(name, host):
            earlier = self._counts.get(key)
            is_old = earlier is None or earlier.last < now - FORGOTTEN_AFTER
            wrong = 1 if earlier is None or is_old else earlier.wrong + 1
            wait = timedelta(0)
            if wrong >= free:
                wait = min(FIRST_WAIT * 2 ** min(wrong - free, 16), LONGEST_WAIT)
            self._counts[key] = _Count(wrong=wrong, last=now, until=now + wait)

    def right(self, name: str, host: str) -> None:
        """Forget the wrong passwords of a name from a place, and its part in the others."""
        for key, _ in self._keys(name, host)[:2]:
            self._counts.pop(key, None)

    def unlock(self, name: str) -> bool:
        """Let a name be tried again from everywhere; return whether it was locked anywhere."""
        now = self._clock()
        mine = [key for key in self._counts if key[0] == name]
        was_locked = any(self._counts[key].until > now for key in mine)
        for key in mine:
            del self._counts[key]
        return was_locked

    def locked(self) -> dict[str, datetime]:
        """Return the names that have to wait somewhere, and until when."""
        now = self._clock()
        found: dict[str, datetime] = {}
        for (name, _), count in self._counts.items():
            if name and count.until > now:
                found[name] = max(count.until, found.get(name, now))
        return found

    @staticmethod
    def _keys(name: str, host: str) -> tuple[tuple[tuple[str, str], int], ...]:
        return ((name, host), FREE_OF_BOTH), ((name, ""), FREE_OF_NAME), (("", host), FREE_OF_PLACE)

    def _forget(self, now: datetime) -> None:
        """Drop what has been quiet longest; the longest waits stay."""
        old = [key for key, one in self._counts.items() if one.until <= now]
        old.sort(key=lambda key: self._counts[key].last)
        for key in old[: max(len(old) // 2, 1)]:
            del self._counts[key]
