"""An application as teams had them before there was Relevo: plain CQL, plain JSON, a service a version.

Arguments: host, port and keyspaces' prefix. Each line of standard input is a row in JSON. The champion is
looked up, the row posted to its `url`, and a line in JSON says which version it was and what it answered.
At the end it prints the rows of each version's live table.
"""

import json
import sys
import urllib.request

from cassandra.cluster import Cluster

host, port, prefix = sys.argv[1:]
cluster = Cluster([host], port=int(port))
session = cluster.connect()
registry, live = f"{prefix}historical_db.model_registry", f"{prefix}live_db"

for line in sys.stdin:
    rows = session.execute(f"SELECT version, mode, url FROM {registry} WHERE name=%s", ("wine",))
    (champion,) = [row for row in rows if row.mode == "champion"]
    request = urllib.request.Request(
        f"{champion.url}/predict", line.encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        told = {"version": champion.version, "url": champion.url, "answer": json.load(answer)}
    print(json.dumps(told), flush=True)

for version in ("a", "b"):
    found = session.execute(f"SELECT alcohol, predicted, mode FROM {live}.wine_{version}")
    print(json.dumps([[row.alcohol, row.predicted, row.mode] for row in found]), flush=True)
cluster.shutdown()
