"""Tables, migrations, reads, outbox and cursor, city packs."""
