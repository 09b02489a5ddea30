"""Importing TensorBoard event files, without TensorBoard: their frames (frames.py), messages (messages.py), runs (folder.py)."""
