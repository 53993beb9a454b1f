/* What the second version added. Never edited: files like this are out there. */
#ifndef CHAT21D_TEST_STORE_SCHEMA_2_H
#define CHAT21D_TEST_STORE_SCHEMA_2_H

static const char SCHEMA_2[] =
    "ALTER TABLE plan ADD COLUMN hops INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE waiting ("
    "  seq INTEGER PRIMARY KEY,"
    "  outcome INTEGER NOT NULL,"
    "  due_ms INTEGER NOT NULL,"
    "  place INTEGER NOT NULL,"
    "  times INTEGER NOT NULL,"
    "  next_child INTEGER NOT NULL,"
    "  app TEXT NOT NULL,"
    "  sender TEXT NOT NULL,"
    "  recipient TEXT NOT NULL,"
    "  bytes INTEGER NOT NULL,"
    "  is_head INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX waiting_sender ON waiting (app, sender, bytes);"
    "CREATE INDEX waiting_outcome ON waiting (outcome);"
    "CREATE INDEX waiting_pair ON waiting (app, sender, recipient, place) WHERE outcome = 5;"
    "CREATE INDEX waiting_head ON waiting (due_ms) WHERE is_head = 1;"
    "CREATE TABLE kv ("
    "  id INTEGER PRIMARY KEY,"
    "  policy TEXT NOT NULL,"
    "  app TEXT NOT NULL,"
    "  key TEXT NOT NULL,"
    "  value BLOB NOT NULL,"
    "  expires_ms INTEGER NOT NULL,"
    "  UNIQUE (policy, app, key)"
    ") STRICT;"
    "CREATE INDEX kv_expires ON kv (expires_ms) WHERE expires_ms > 0;";

#endif
