"""What every backend needs, whatever it keeps things in: checks of values, files, variables and code."""
