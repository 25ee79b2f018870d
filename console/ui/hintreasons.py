"""Why a detector gives no hints and a copy no marks, as patterns for `reasons`."""

from __future__ import annotations


def _noop(context: str, source: str) -> str:
    return source


HINT_PATTERNS: tuple[str, ...] = (
    _noop(
        "Reasons",
        "The detector {0} gives no hints: there is no file {1}. The wall goes on without it; have "
        "the model's file and its settings looked at.",
    ),
    _noop(
        "Reasons",
        "The detector {0} gives no hints: it is no ONNX model ({1}). The wall goes on without it; "
        "have the model's file and its settings looked at.",
    ),
    _noop(
        "Reasons",
        "The detector {0} gives no hints: its output is {1}, which does not go with {2} class "
        "names. The wall goes on without it; have the model's file and its settings looked at.",
    ),
    _noop(
        "Reasons",
        "The detector {0} gives no hints: the names of its classes are not given. The wall goes on "
        "without it; have the model's file and its settings looked at.",
    ),
    _noop(
        "Reasons",
        "The detector {0} gives no hints: it wants {1}, not one picture 1 × 3 × height × width. "
        "The wall goes on without it; have the model's file and its settings looked at.",
    ),
    _noop(
        "Reasons",
        "The detector {0} gives no hints: it wants pictures of {1}, set are {2}. The wall goes on "
        "without it; have the model's file and its settings looked at.",
    ),
    _noop(
        "Reasons",
        "The detector {0} gives no hints: its size is not fixed in the file; set it. The wall goes "
        "on without it; have the model's file and its settings looked at.",
    ),
    _noop(
        "Reasons",
        "The detector {0} gives no hints: it fails on a picture ({1}). The wall goes on without "
        "it; have the model's file and its settings looked at.",
    ),
    _noop(
        "Reasons",
        "The detector {0} gives no hints: it finds class {1}, and only {2} class names are given. "
        "The wall goes on without it; have the model's file and its settings looked at.",
    ),
    _noop(
        "Reasons",
        "The detector {0} gives no hints: {1}. The wall goes on without it; have the model's file "
        "and its settings looked at.",
    ),
    _noop("Reasons", "The mark lies outside the picture; nothing was marked."),
    _noop("Reasons", "Words on a picture are 1 to {0} letters."),
    _noop("Reasons", "The mark is too small to be seen; draw it larger."),
    _noop("Reasons", "A copy bears at most {0} marks."),
    _noop("Reasons", "The original of this copy is no evidence of the same incident."),
    _noop("Reasons", "Say what was done to the copy."),
    _noop("Reasons", "The copy names another hash than its original has."),
    _noop("Reasons", "The copy has the very bytes of its original; nothing was done to it."),
)
