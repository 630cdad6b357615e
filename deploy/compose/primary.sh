#!/usr/bin/env bash
# Runs once, when the primary's data directory is made: who may replicate, and how many must have a commit before it counts.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<SQL
CREATE ROLE replicator WITH REPLICATION LOGIN PASSWORD '$REPLICATION_PASSWORD';
ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (pg1, pg2, pg3)';
ALTER SYSTEM SET synchronous_commit = 'on';
SQL
echo 'host replication replicator all scram-sha-256' >> "$PGDATA/pg_hba.conf"
