"""What is seen and touched: widgets that take models and emit ids."""
