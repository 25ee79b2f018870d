"""What an administrator sees: tables, forms, history."""
