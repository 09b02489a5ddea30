"""Searches over params: how a space is written, which points are tried, and the program that tries them."""
