"""The queue of the local store: who waits for a place, who starts next, and who starts it. There is no daemon.

Whoever frees a place, by ending a run, or asks, by reading or submitting, claims the runs that may start inside one
transaction, so that two never start the same, and launches them afterwards. A claim whose process is gone is void.
"""
