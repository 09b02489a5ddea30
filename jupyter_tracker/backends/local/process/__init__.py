"""The processes behind runs: starting them, looking after them, stopping them, and finding those that are gone."""
