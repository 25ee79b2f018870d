"""Errors of the domain: each carries the offending values and says what they mean."""

from __future__ import annotations


class ZhihuiError(Exception):
    """Base of every error that is meant to be shown to a person.

    ``str(error)`` says what happened, what it means and what can be done.
    """


class IllegalTransitionError(ZhihuiError):
    """A state was asked for that cannot be reached from the present one.

    Attributes:
        thing: Id of what should have moved.
        present: The state it is in.
        wanted: The state that was asked for.
    """

    def __init__(self, thing: str, present: str, wanted: str) -> None:
        super().__init__(f"{thing} is “{present}” and cannot become “{wanted}” from there.")
        self.thing, self.present, self.wanted = thing, present, wanted


class UnknownRowError(ZhihuiError):
    """A command names something that does not exist.

    Attributes:
        kind: Kind of row.
        row_id: The id that was looked for.
    """

    def __init__(self, kind: str, row_id: str) -> None:
        super().__init__(f"There is no {kind} with the id {row_id}.")
        self.kind, self.row_id = kind, row_id


class RejectedError(ZhihuiError):
    """A command that may not be carried out, with the reason a person reads."""


class ConflictError(ZhihuiError):
    """A command was based on a version that is no longer the present one.

    Attributes:
        kind: Kind of row.
        row_id: Its id.
        present: The version held now.
        based_on: The version the command was based on, ``None`` if it named none.
    """

    def __init__(
        self,
        kind: str,
        row_id: str,
        *,
        present: int,
        based_on: int | None,
        name: str | None = None,
    ) -> None:
        yours = "" if based_on is None else f", yours was {based_on}"
        super().__init__(
            f"The {name or f'{kind} {row_id}'} was changed by someone else meanwhile "
            f"(version {present}{yours}). Look at it again and decide."
        )
        self.kind, self.row_id = kind, row_id
        self.present, self.based_on = present, based_on
