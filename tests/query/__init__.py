"""Filters and orders in the local store: the same as in memory, only quick."""
