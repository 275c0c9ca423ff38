"""Watching: metrics, heartbeat, logs without personal data, and what Flower is told.

instruments   counters that delivery moves, one call a request
collector     figures read from Redis and the store, once a scrape
folder        where the worker processes of one supervisor leave their counters for its exporter
exporter      the HTTP door to both
serving       the door put together from the settings, one a host
heartbeat     the file that says a worker is alive
events        every event that is logged, declared once
logging       log lines: text or JSON; ``redaction`` keeps personal data out of them
inspect       lanes on Flower's Broker page
requests      tasks' arguments hidden from Flower and logs
"""
