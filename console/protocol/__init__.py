"""The wire: messages, their codec, packed positions. See `docs/protocol.md`."""
