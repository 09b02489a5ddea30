"""Importing MLflow stores: a database (database.py) and a folder (folder.py)."""
