"""The tables of the local store, as a list of migrations.

A migration is never changed once it was released; a new one is appended. `PRAGMA user_version` counts those applied.
Times are integer microseconds since the epoch (UTC). JSON columns may hold NaN and Infinity as Python writes them.
"""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE experiments (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        description TEXT NOT NULL,
        tags TEXT NOT NULL,                     -- JSON object
        lifecycle TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deleted_at INTEGER,
        retention_mode TEXT NOT NULL DEFAULT 'full',
        retention_time REAL                     -- seconds; null for as long as it likes
    );

    CREATE TABLE key_sets (                     -- names that belong together
        id INTEGER PRIMARY KEY,
        keys TEXT NOT NULL UNIQUE               -- JSON array
    );
    INSERT INTO key_sets (id, keys) VALUES (1, '[]');

    CREATE TABLE runs (
        number INTEGER PRIMARY KEY,             -- order of creation; what the other tables refer to
        id TEXT NOT NULL UNIQUE,
        experiment_id TEXT NOT NULL REFERENCES experiments (id),
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        lifecycle TEXT NOT NULL DEFAULT 'active',
        lifecycle_before TEXT,                  -- where it returns to with its experiment, with which it was deleted
        deleted_at INTEGER,
        trimmed_at INTEGER,                     -- when retention removed its bulky data (retention.py)
        notes TEXT NOT NULL DEFAULT '',
        fields INTEGER NOT NULL DEFAULT 1 REFERENCES key_sets (id),     -- names of params and tags, see packing.py
        numbers BLOB NOT NULL DEFAULT x'',      -- their values that are numbers
        texts TEXT NOT NULL DEFAULT '[]',       -- JSON array: the other values
        metrics INTEGER NOT NULL DEFAULT 1 REFERENCES key_sets (id),    -- names of the metrics
        points BLOB NOT NULL DEFAULT x'',       -- their latest points: values, steps, times
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        ended_at INTEGER,
        exit_code INTEGER,
        signal TEXT,
        host TEXT NOT NULL DEFAULT '',          -- where the two processes are
        keeper TEXT NOT NULL DEFAULT '',        -- process that records the end: "pid:start time"
        child TEXT NOT NULL DEFAULT '',         -- process that trains, where it is another
        heartbeat_at INTEGER,
        stop_requested_at INTEGER,
        grace_period REAL,
        submission TEXT,                        -- JSON object; null for a run in a kernel
        parent TEXT NOT NULL DEFAULT '',        -- id of the run that it is a part of
        attempt INTEGER NOT NULL DEFAULT 1,     -- how often its code was started
        priority INTEGER NOT NULL DEFAULT 0,
        allotted TEXT NOT NULL DEFAULT '{}',    -- JSON object: the CPUs and GPUs of this machine that it has, by number
        source TEXT REFERENCES sources (id),    -- its code
        environment TEXT NOT NULL DEFAULT '{}', -- JSON object
        -- What a table does not show, as one JSON array: ten thousand rows are read in two thirds of the time.
        detail TEXT NOT NULL AS (json_array(kind, lifecycle, exit_code, signal, source, parent, attempt, priority,
            trimmed_at, notes, reason)) STORED
    );
    CREATE INDEX runs_by_experiment ON runs (experiment_id, lifecycle, number);
    CREATE INDEX runs_by_lifecycle ON runs (lifecycle, number);
    CREATE INDEX runs_by_name ON runs (name);
    CREATE INDEX runs_by_parent ON runs (parent);
    CREATE INDEX runs_by_state ON runs (state);
    CREATE INDEX runs_by_creation ON runs (created_at);
    CREATE INDEX runs_by_start ON runs (started_at);
    CREATE INDEX runs_by_end ON runs (ended_at);
    CREATE INDEX runs_by_duration ON runs (ended_at - started_at);
    CREATE INDEX runs_by_fields ON runs (fields);       -- these two tell which runs lack a param, tag or metric
    CREATE INDEX runs_by_metrics ON runs (metrics);
    CREATE INDEX runs_active ON runs (number) WHERE ended_at IS NULL;

    CREATE TABLE launches (                     -- submitted runs that no process answers for yet (queue/)
        run INTEGER PRIMARY KEY REFERENCES runs (number) ON DELETE CASCADE,
        sealed BLOB,                            -- what it is launched with, encrypted; null where its launcher has it
        host TEXT NOT NULL,                     -- where it was submitted and starts
        cpus INTEGER NOT NULL,                  -- what it needs
        gpus INTEGER NOT NULL,
        gpu_type TEXT NOT NULL,
        launcher TEXT NOT NULL DEFAULT '',      -- process that launches it: "pid:start time"; empty while it waits
        claimed_at INTEGER
    );

    CREATE TABLE queue_limits (                 -- null is no limit
        experiment_id TEXT PRIMARY KEY,         -- empty for the store
        minimum_instances INTEGER NOT NULL,
        maximum_instances INTEGER,
        maximum_queue_size INTEGER
    );

    CREATE TABLE params (
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        key TEXT NOT NULL,
        number REAL,                            -- null unless it is a number (filters.param_number)
        text TEXT NOT NULL,                     -- filters.param_text
        PRIMARY KEY (run, key)
    ) WITHOUT ROWID;
    CREATE INDEX params_by_number ON params (key, number) WHERE number IS NOT NULL;
    CREATE INDEX params_by_word ON params (key, text) WHERE number IS NULL;
    CREATE INDEX params_by_text ON params (key, text);

    CREATE TABLE tags (
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (run, key)
    ) WITHOUT ROWID;
    CREATE INDEX tags_by_value ON tags (key, value);

    CREATE TABLE metrics (                      -- one row for each metric of a run, over all of its points
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        key TEXT NOT NULL,
        count INTEGER NOT NULL,
        last REAL,                              -- null stands for NaN; the listing column has the true value
        last_step INTEGER NOT NULL,
        last_time REAL NOT NULL,                -- seconds
        first REAL,
        first_step INTEGER NOT NULL,
        first_time REAL NOT NULL,
        min REAL,                               -- over the values that are not NaN
        max REAL,
        PRIMARY KEY (run, key)
    ) WITHOUT ROWID;
    CREATE INDEX metrics_by_last ON metrics (key, last);
    CREATE INDEX metrics_by_min ON metrics (key, min);
    CREATE INDEX metrics_by_max ON metrics (key, max);

    CREATE TABLE journals (                     -- one for each process that logs to a run
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        name TEXT NOT NULL UNIQUE,              -- file name
        host TEXT NOT NULL,
        owner TEXT NOT NULL,                    -- process that writes it: "pid:start time"
        settled_bytes INTEGER NOT NULL DEFAULT 0,   -- up to here its rows are in chunks
        settled_rows INTEGER NOT NULL DEFAULT 0,
        state INTEGER NOT NULL DEFAULT 0        -- 0 is written, 1 complete, 2 settled and deleted
    );
    CREATE INDEX journals_by_run ON journals (run);
    CREATE INDEX journals_open ON journals (run) WHERE state < 2;

    CREATE TABLE chunks (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        journal INTEGER NOT NULL,
        key_set INTEGER NOT NULL,
        first_row INTEGER NOT NULL,             -- number of the first and last row within the journal
        last_row INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        data BLOB NOT NULL                      -- columns: row numbers, steps (int64), times, one per key (float64)
    );
    CREATE INDEX chunks_by_run ON chunks (run, journal, last_row);

    CREATE TABLE events (
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        time INTEGER NOT NULL,
        kind TEXT NOT NULL,
        level TEXT NOT NULL,
        message TEXT NOT NULL,
        data TEXT NOT NULL,                     -- JSON object
        PRIMARY KEY (run, sequence)
    ) WITHOUT ROWID;
    CREATE INDEX events_alerts ON events (time) WHERE kind = 'alert';

    CREATE TABLE progress (
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        operation TEXT NOT NULL,
        value REAL NOT NULL,
        final_value REAL,
        units TEXT NOT NULL,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (run, operation)
    ) WITHOUT ROWID;

    CREATE TABLE classifications (
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        name TEXT NOT NULL,
        content TEXT NOT NULL,                  -- JSON object
        created_at INTEGER NOT NULL,
        PRIMARY KEY (run, name)
    ) WITHOUT ROWID;

    CREATE TABLE artifacts (
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        path TEXT NOT NULL,
        size INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (run, path)
    ) WITHOUT ROWID;

    CREATE TABLE checkpoints (
        id TEXT PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        step INTEGER NOT NULL,
        folder TEXT NOT NULL,                   -- artifact path of the folder that holds its files and nothing else
        path TEXT NOT NULL,                     -- artifact path of what was logged: that folder, or what lies in it
        size INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        completed_at INTEGER                    -- null while it is incomplete
    );
    CREATE INDEX checkpoints_by_run ON checkpoints (run, step);

    CREATE TABLE models (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        version TEXT NOT NULL,                  -- Semantic Versioning
        run TEXT NOT NULL,                      -- ids, which stay when run and checkpoint are gone; '' for none
        checkpoint TEXT NOT NULL,
        step INTEGER,
        summary TEXT NOT NULL,
        metrics TEXT NOT NULL,                  -- JSON object
        tags TEXT NOT NULL,                     -- JSON object
        lifecycle TEXT NOT NULL,
        file_count INTEGER NOT NULL,
        size INTEGER NOT NULL,                  -- bytes
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        UNIQUE (name, version)
    );
    CREATE INDEX models_by_run ON models (run) WHERE run != '';
    CREATE INDEX models_by_checkpoint ON models (checkpoint) WHERE checkpoint != '';

    CREATE TABLE model_files (                  -- their contents are files (models/)
        model TEXT NOT NULL REFERENCES models (id) ON DELETE CASCADE,
        path TEXT NOT NULL,
        size INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (model, path)
    ) WITHOUT ROWID;

    CREATE TABLE logged_models (                -- models as MLflow's client logs them (logged_models.py)
        id TEXT PRIMARY KEY,
        experiment_id TEXT NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
        run INTEGER REFERENCES runs (number) ON DELETE CASCADE,     -- the one that made it; null for none
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        params TEXT NOT NULL,                   -- JSON object
        tags TEXT NOT NULL,                     -- JSON object
        lifecycle TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    );
    CREATE INDEX logged_models_by_experiment ON logged_models (experiment_id);
    CREATE INDEX logged_models_by_run ON logged_models (run);

    CREATE TABLE logged_model_uses (            -- runs that read or made one
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        role TEXT NOT NULL,                     -- input or output
        model TEXT NOT NULL,                    -- id, which may be one of elsewhere
        step INTEGER NOT NULL,
        PRIMARY KEY (run, role, model)
    ) WITHOUT ROWID;

    CREATE TABLE logged_model_points (          -- metrics that belong to a logged model, beside those of its runs
        id INTEGER PRIMARY KEY,
        model TEXT NOT NULL REFERENCES logged_models (id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        value REAL,                             -- null stands for NaN
        step INTEGER NOT NULL,
        time INTEGER NOT NULL,
        run TEXT NOT NULL,
        dataset TEXT NOT NULL,
        digest TEXT NOT NULL
    );
    CREATE INDEX logged_model_points_by_model ON logged_model_points (model);

    CREATE TABLE sources (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        digest TEXT NOT NULL,                   -- of its files
        kind TEXT NOT NULL,
        entry_point TEXT NOT NULL,
        origin TEXT NOT NULL,
        git_commit TEXT NOT NULL,
        description TEXT NOT NULL,
        lifecycle TEXT NOT NULL,
        file_count INTEGER NOT NULL,
        size INTEGER NOT NULL,                  -- bytes
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deleted_at INTEGER,
        UNIQUE (name, version)
    );
    CREATE INDEX runs_by_source ON runs (source) WHERE source IS NOT NULL;

    CREATE TABLE source_files (                 -- their contents are files (sources/objects.py)
        digest TEXT NOT NULL,
        path TEXT NOT NULL,
        size INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        executable INTEGER NOT NULL,
        PRIMARY KEY (digest, path)
    ) WITHOUT ROWID;

    CREATE TABLE datasets (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        digest TEXT NOT NULL,
        source_type TEXT NOT NULL,
        source TEXT NOT NULL,
        schema TEXT NOT NULL,                   -- JSON object
        profile TEXT NOT NULL,                  -- JSON object
        created_at INTEGER NOT NULL,
        UNIQUE (name, digest)
    );
    CREATE INDEX datasets_by_digest ON datasets (digest);

    CREATE TABLE dataset_uses (
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        role TEXT NOT NULL,                     -- input or output
        dataset INTEGER NOT NULL REFERENCES datasets (id),
        context TEXT NOT NULL,
        tags TEXT NOT NULL,                     -- JSON object
        created_at INTEGER NOT NULL,
        PRIMARY KEY (run, role, dataset, context)
    ) WITHOUT ROWID;
    CREATE INDEX dataset_uses_by_dataset ON dataset_uses (dataset, role);
    CREATE INDEX dataset_uses_by_context ON dataset_uses (context, role);

    CREATE TABLE executions (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        metadata TEXT NOT NULL,                 -- JSON object
        created_at INTEGER NOT NULL
    );

    CREATE TABLE run_executions (               -- an execution may belong to several runs
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        execution TEXT NOT NULL REFERENCES executions (id),
        PRIMARY KEY (run, execution)
    ) WITHOUT ROWID;
    CREATE INDEX run_executions_by_execution ON run_executions (execution);

    CREATE TABLE templates (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        source TEXT NOT NULL REFERENCES sources (id),
        entry_point TEXT NOT NULL,
        schema TEXT NOT NULL,                   -- JSON object
        defaults TEXT NOT NULL,                 -- JSON object
        resources TEXT NOT NULL,                -- JSON object
        description TEXT NOT NULL,
        lifecycle TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deleted_at INTEGER,
        UNIQUE (name, version)
    );

    CREATE TABLE vault (                        -- one row: the key of the secrets, which is kept elsewhere
        key_id TEXT PRIMARY KEY,                -- a fingerprint of the key
        place TEXT NOT NULL                     -- keyring or file
    );

    CREATE TABLE variables (
        id TEXT PRIMARY KEY,
        experiment_id TEXT REFERENCES experiments (id) ON DELETE CASCADE,   -- null for one of the store
        name TEXT NOT NULL,
        value TEXT,                             -- null for a secret
        sealed BLOB,                            -- the encrypted value of a secret (vault.py), else null
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX variables_by_name ON variables (coalesce(experiment_id, ''), name);
    """,
)
