"""What a sender is told whose commands could not be written."""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError

from console.central.settings import CentralError
from console.protocol.messages import Command, Result, Verdict
from console.store.engine import StoreError


def is_of_database(error: Exception) -> bool:
    """Whether the database failed, rather than a command that it cannot keep."""
    return isinstance(error, DBAPIError | OSError | StoreError) and not isinstance(error, DataError)


def stumbled(command: Command, error: Exception) -> Result:
    """Return what is said of a command that nothing can be made of."""
    if isinstance(error, DataError | OverflowError):
        return Result(
            command_id=command.command_id,
            verdict=Verdict.REJECTED,
            reason="The command holds a value that cannot be kept (a number too large, a text too "
            "long, or a NUL character in it); nothing was done.",
        )
    return Result(
        command_id=command.command_id,
        verdict=Verdict.REJECTED,
        reason=f"Central stumbled over this command ({type(error).__name__}); nothing was done. "
        "Its log says why: tell an administrator.",
    )


def failure(error: Exception) -> CentralError:
    """Return what is said of a database that did not write."""
    cause = (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, StoreError):
        return CentralError(cause)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return CentralError(
            f"Central lost its database ({cause}) and does not know whether this was done. "
            "Send it again: what was done is not done twice."
        )
    return CentralError(
        f"Central could not write to its database ({cause}); nothing was done. "
        "Its disk may be full or failing: see central's log, then send it again."
    )
