"""Figures of a process for whoever operates it: a registry of our own, counted where it happens.

Labels are routes, methods and kinds: nothing that a person typed, is called or came from.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "rembuk_requests", "Answers to requests.", ["method", "route", "status"], registry=REGISTRY
)
REQUEST_SECONDS = Histogram(
    "rembuk_request_seconds", "Time in Django for one request.", ["method"], registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip
IN_THREADS = Gauge("rembuk_requests_in_threads", "Requests Django works on.", registry=REGISTRY)
SOCKETS = Gauge("rembuk_sockets", "Open pages that listen.", registry=REGISTRY)
TOPICS = Gauge("rembuk_topics", "Topics that somebody listens to.", registry=REGISTRY)
TEXTS = Gauge("rembuk_texts", "Texts that are open in editors.", registry=REGISTRY)
DROPS = Counter(
    "rembuk_outbox_drops", "Sockets closed because they did not read.", registry=REGISTRY
)
HUB_LAG = Histogram(
    "rembuk_hub_lag_seconds", "How much later than due a tick ran.", registry=REGISTRY,
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
)  # fmt: skip
BATCHES = Histogram(
    "rembuk_commit_batch_rows", "Updates of texts in one commit.", registry=REGISTRY,
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500),
)  # fmt: skip
LINE = Gauge("rembuk_line_is_up", "1 when other processes are heard at once.", registry=REGISTRY)
JOBS = Gauge("rembuk_jobs_waiting", "Jobs that wait for a worker.", registry=REGISTRY)
