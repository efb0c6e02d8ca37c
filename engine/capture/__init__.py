"""The capture: one SQLite file that holds everything that was seen, readable by anyone's SQL."""
