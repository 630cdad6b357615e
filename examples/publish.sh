#!/bin/sh
# Publish one event with curl, twice: the retry is counted as a duplicate.
# Usage: sh examples/publish.sh [URL]
set -eu
url=${1:-http://127.0.0.1:8080}
event='{"topic": "orders.created", "event_id": "order-1042", "timestamp": "2026-01-31T09:30:00Z",
        "source": "shop", "payload": {"total": 19.90, "currency": "EUR"}}'
for attempt in first retry; do
  printf '%s: ' "$attempt"
  curl --fail-with-body --silent --show-error "$url/publish" -H 'Content-Type: application/json' -d "$event"
  echo
done
