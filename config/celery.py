import os
import warnings

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# A container's only user is often root; what makes it dangerous is pickle, which no worker of ours accepts.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("leakline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# By name: a worker loads it when models can be imported, everything else never does.
app.steps["worker"].add("config.ticking:Ticker")
