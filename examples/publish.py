"""Publish a batch from Python with the standard library alone, and retry it as a whole.

Usage: python3 examples/publish.py [URL]
"""

import json
import sys
import urllib.error
import urllib.request
import time

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
MAX_ATTEMPTS = 5


def publish(events):
    """Returns the publish ack. A retry is always safe: what is stored already comes back as a duplicate."""
    body = json.dumps({"events": events}).encode()
    request = urllib.request.Request(
        f"{URL}/publish", data=body, headers={"Content-Type": "application/json"}
    )
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                raise SystemExit(error.read().decode())
            wait = float(error.headers.get("Retry-After", 1))
        except urllib.error.URLError:
            wait = 2**attempt / 10
        if attempt == MAX_ATTEMPTS:
            raise SystemExit("gave up; send the same events again later")
        time.sleep(wait)


events = [
    {
        # The id names the thing that happened, so that every retry carries the same one.
        "topic": "sensors.temperature",
        "event_id": f"greenhouse-{minute}",
        "timestamp": f"2026-01-31T09:{minute:02}:00+07:00",
        "source": "greenhouse",
        "payload": {"celsius": 20 + minute / 10},
    }
    for minute in range(10)
]
for attempt in ("first", "retry"):
    ack = publish(events)
    print(f"{attempt}: {ack['unique']} stored, {ack['duplicates']} duplicates")
