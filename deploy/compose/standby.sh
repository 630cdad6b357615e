#!/usr/bin/env bash
# Starts a standby: a copy of the server named second, under the name given first, by which the primary knows it.
set -euo pipefail
name=$1
primary=$2

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  install --directory --owner=postgres --mode=0700 "$PGDATA"
  PGPASSWORD=$REPLICATION_PASSWORD gosu postgres pg_basebackup --pgdata="$PGDATA" --wal-method=stream --write-recovery-conf \
    --dbname="host=$primary user=replicator application_name=$name"
fi
exec docker-entrypoint.sh postgres
