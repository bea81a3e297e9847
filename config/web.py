"""How gunicorn serves the pages: `gunicorn -c python:config.web config.wsgi`.

https://docs.gunicorn.org/en/stable/settings.html
"""

from pathlib import Path

from config import settings

workers = settings.WEB_PROCESSES
worker_class = "gthread"
threads = settings.WEB_THREADS
timeout = 60  # seconds a whole process may hang
graceful_timeout = 3  # seconds; the supervisor ends everything after 4
keepalive = 5

# The heartbeat's file must not lie on a disk that can stall
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"
