"""The file in which runs travel from one store to another: writing it, and reading it as the hostile thing it may be.

A zip file whose members are stored as they are, so that it cannot unpack to more than it is:

    manifest.json                   version, when and where it was written, and size and SHA-256 of each other member
    experiments/<n>.json            an experiment
    runs/<n>/run.json               a run with params, tags, progress, files, checkpoints, inputs, executions, …
    runs/<n>/points                 all points, in order (streams.py)
    runs/<n>/log                    what was printed, byte for byte (streams.py)
    runs/<n>/events.jsonl           an event a line
    runs/<n>/artifacts/<path>       files, checkpoints among them
    sources/<n>.json                a version of code
    models/<n>.json                 a version of a model that a run made
    objects/<sha256>                the contents of the files of these two, each once

JSON is made from the fields of the models (records.py): a field that is added there is written and read here by itself,
and one that a reader does not know is left out.
"""
