"""The tables of a capture file.

Requests are numbered in the order in which they were opened, without gaps: from `meta.dense_from` on each number has
its row; before it only those remain that were still being served when their neighbours were evicted.

Times are `time.monotonic_ns()` of the machine that captured; `meta.wall_offset` added to one gives `time.time_ns()`.
"""

APPLICATION_ID = 0x536B7363  # "Sksc"
VERSION = 2

TABLES = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value INTEGER NOT NULL              -- wall_offset, emitted, recorded, dropped, evicted, requests, dense_from
) WITHOUT ROWID;
CREATE TABLE server (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    class TEXT NOT NULL,                -- ThreadingTCPServer, HTTPServer, ...
    transport TEXT NOT NULL,            -- tcp, udp, unix, unixgram
    address TEXT NOT NULL,              -- 127.0.0.1:9009, [::1]:9009, /tmp/ctl.sock, @abstract
    handler TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started INTEGER NOT NULL,
    stopped INTEGER,
    profile TEXT NOT NULL               -- JSON, see hosting/profile.py
);
CREATE TABLE worker (
    id INTEGER PRIMARY KEY,
    server INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    thread INTEGER NOT NULL,            -- native thread id
    name TEXT NOT NULL,
    child INTEGER NOT NULL,             -- 1: a forked process, 0: a thread of the host
    started INTEGER NOT NULL,
    ended INTEGER,
    status INTEGER,                     -- of a child: exit code, or minus the signal's number
    cpu INTEGER,                        -- of a child that has ended: ns on a CPU in all
    memory INTEGER                      -- and the most that it had at a time, bytes
);
CREATE TABLE request (
    id INTEGER PRIMARY KEY,
    server INTEGER NOT NULL,
    peer TEXT NOT NULL,
    local TEXT NOT NULL,
    worker INTEGER,
    opened INTEGER NOT NULL,
    closed INTEGER,
    state INTEGER NOT NULL,             -- records.State
    stage INTEGER NOT NULL,             -- the last stage that began
    bytes_in INTEGER NOT NULL DEFAULT 0,
    bytes_out INTEGER NOT NULL DEFAULT 0,
    error TEXT,                         -- type name, or the cause of death of a killed worker
    message TEXT,
    touched INTEGER NOT NULL DEFAULT 0, -- a bit for each facts.Means that acted on it
    slow INTEGER NOT NULL DEFAULT 0,    -- the stage that was slow, if one was
    receiving INTEGER NOT NULL DEFAULT 0, -- ns in calls that received, or waited for bytes in vain
    sending INTEGER NOT NULL DEFAULT 0  -- ns in calls that sent
);
CREATE TABLE stage (
    request INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    cpu INTEGER,                        -- ns on a CPU, NULL unknown
    PRIMARY KEY (request, started, stage)
) WITHOUT ROWID;
CREATE TABLE chunk (                    -- a piece; a chunk ends with its first piece that is without CONTINUES
    id INTEGER PRIMARY KEY,
    request INTEGER NOT NULL,
    direction INTEGER NOT NULL,         -- 0 received, 1 sent
    at INTEGER NOT NULL,
    size INTEGER NOT NULL,              -- true size of the whole chunk
    flags INTEGER NOT NULL,             -- facts.Piece
    data BLOB NOT NULL
);
CREATE TABLE failure (
    id INTEGER PRIMARY KEY,
    server INTEGER NOT NULL,
    request INTEGER,
    stage INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    message TEXT NOT NULL,
    detail TEXT NOT NULL,               -- JSON, see debug/failures.py
    cause INTEGER NOT NULL DEFAULT 1,   -- observe/causes.py: 1 a bug, 2 the peer has gone, 3 a time-out
    place TEXT NOT NULL DEFAULT '',     -- file:line of the user's innermost line
    signature TEXT NOT NULL DEFAULT ''  -- the same for equal failures: type, line, stage
);
CREATE TABLE interference (             -- what a gate or a fault did to a request
    id INTEGER PRIMARY KEY,
    request INTEGER NOT NULL,
    means INTEGER NOT NULL,             -- facts.Means
    at INTEGER NOT NULL,
    amount INTEGER NOT NULL,            -- ns or bytes, 0 where that says nothing
    detail TEXT NOT NULL
);
CREATE TABLE version (                  -- of a server's code: loaded, or (with an error) tried in vain
    id INTEGER PRIMARY KEY,
    server INTEGER NOT NULL,
    at INTEGER NOT NULL,
    number INTEGER NOT NULL,            -- the one that serves from then on
    digest TEXT NOT NULL,
    error TEXT NOT NULL                 -- "" when it was loaded
);
CREATE TABLE slow (                     -- a stage that lasted too long, as it was when that was noticed
    id INTEGER PRIMARY KEY,
    request INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    started INTEGER NOT NULL,
    at INTEGER NOT NULL,
    allowed INTEGER NOT NULL,           -- ns
    detail TEXT NOT NULL                -- JSON, see debug/whereabouts.py: what the worker did, and its stack
);
CREATE TABLE rerun (                    -- a request that is another one run again
    request INTEGER PRIMARY KEY,
    of INTEGER NOT NULL
);
CREATE TABLE load (
    server INTEGER NOT NULL,            -- 0: all servers together
    second INTEGER NOT NULL,            -- monotonic seconds
    opened INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    in_flight INTEGER NOT NULL,         -- at the end of the second
    bytes_in INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL,
    p50 INTEGER,                        -- ns, of requests closed in this second
    p95 INTEGER,
    p99 INTEGER,
    queued INTEGER NOT NULL DEFAULT 0,  -- the most clients seen waiting to be accepted
    PRIMARY KEY (server, second)
) WITHOUT ROWID;
CREATE TABLE counters (                 -- since the run began, or since the capture was cleared
    server INTEGER PRIMARY KEY,
    accepted INTEGER NOT NULL,          -- those that are over, as counted below, and those that are being served
    handled INTEGER NOT NULL,           -- the handler returned
    rejected INTEGER NOT NULL,          -- by verify_request, or because there was no room
    failed INTEGER NOT NULL,            -- by an exception that is the program's own
    reset INTEGER NOT NULL,             -- the peer had gone
    timed_out INTEGER NOT NULL,
    killed INTEGER NOT NULL,            -- with their worker
    truncated INTEGER NOT NULL,         -- datagrams that were longer than the server's buffer
    bytes_in INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL
);
CREATE TABLE timing (                   -- histograms, see observe/histogram.py
    server INTEGER NOT NULL,
    stage INTEGER NOT NULL,             -- 0: the request from accept to close
    bucket INTEGER NOT NULL,
    count INTEGER NOT NULL,
    longest INTEGER NOT NULL,           -- ns, exact in the highest bucket, else perhaps 0
    PRIMARY KEY (server, stage, bucket)
) WITHOUT ROWID;
CREATE TABLE cpu (
    server INTEGER NOT NULL,            -- of a worker: its server; of the rest: the program that made the servers
    at INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    thread INTEGER NOT NULL,            -- 0: the whole process; the pid itself: its main thread
    share REAL NOT NULL,                -- of one core since the last sample, 0..1 and more for processes
    rss INTEGER                         -- bytes, of processes
);
CREATE TABLE output (
    id INTEGER PRIMARY KEY,
    server INTEGER NOT NULL,
    at INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    stream INTEGER NOT NULL,            -- 1 stdout, 2 stderr, 0 Socketscope's own log
    line TEXT NOT NULL
);
"""

INDEXES = """
CREATE INDEX request_server ON request (server, id);
CREATE INDEX request_closed ON request (closed) WHERE closed IS NOT NULL;
CREATE INDEX request_live ON request (id) WHERE closed IS NULL;
CREATE INDEX chunk_request ON chunk (request);
CREATE INDEX failure_request ON failure (request);
CREATE INDEX failure_signature ON failure (signature, request);
CREATE INDEX slow_request ON slow (request);
CREATE INDEX interference_request ON interference (request);
CREATE INDEX failure_server ON failure (server, id);
CREATE INDEX version_server ON version (server, at);
CREATE INDEX rerun_of ON rerun (of);
CREATE INDEX worker_ended ON worker (ended) WHERE ended IS NOT NULL;
CREATE INDEX worker_live ON worker (id) WHERE ended IS NULL;
CREATE INDEX cpu_at ON cpu (at);
CREATE INDEX output_server ON output (server, id);
"""
