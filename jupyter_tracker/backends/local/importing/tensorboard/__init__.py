"""Importing TensorBoard event files without TensorBoard: their frames, the messages in them, folders as runs."""
