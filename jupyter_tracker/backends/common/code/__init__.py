"""Code that people hand over: whether it can run, and which files it is made of."""
