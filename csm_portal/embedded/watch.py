"""Whether the worker is deaf: it runs, and what beat sends does not come to it. Told from the database, past the portal's own code."""

import psycopg

# Beat sends a sign twice a minute; a sign of beat's so young shows that the silence is not beat's.
BEAT_SECONDS = 60
SILENT_SECONDS = 120
# While somebody renews a lease, all hands are busy and a sign has to wait: that is no deafness.
_DEAF = """
SELECT EXISTS (SELECT 1 FROM accounts_heartbeat WHERE name = 'beat' AND seen_at > now() - make_interval(secs => %(beat)s))
   AND EXISTS (SELECT 1 FROM accounts_heartbeat WHERE name = 'worker' AND seen_at < now() - make_interval(secs => %(silent)s))
   AND NOT EXISTS (SELECT 1 FROM accounts_jobrun WHERE state = 'running' AND lease_until > now())
   AND NOT EXISTS (SELECT 1 FROM accounts_outbox WHERE done_at IS NULL AND lease_until > now())
"""


def worker_is_deaf(database_url: str) -> bool:
    """Whether beat signs, no worker has answered for two minutes, and none is at work; False where the database cannot be asked."""
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            row = connection.execute(_DEAF, {"beat": BEAT_SECONDS, "silent": SILENT_SECONDS}).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])
