"""Taking runs in from elsewhere: each importer fills a store of its own, which is then merged into the one in use."""
