"""The log file of a run: blocks that are only ever appended, with one writer and one reader class."""
