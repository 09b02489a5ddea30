"""Versions of code in the local store: reading them from wherever they come, keeping each file once."""
