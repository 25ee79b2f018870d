"""The console's client of central: link, cache upkeep, outbox."""
