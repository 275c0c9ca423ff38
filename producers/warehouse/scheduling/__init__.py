"""The schedules of syncs: Celery beat says when, a worker of a queue of its own starts the runs."""
