"""A minimal mParticle: its Events API, one real-time audience, and the Firehose that tells a partner of it.

    with start(Config(output=Output(url="http://127.0.0.1:8080/mparticle", token="..."))) as standin:
        standin.admin.connect()
        httpx.post(f"{standin.url}/v2/events", auth=("feed-key", "feed-secret"), json={...})
        standin.admin.sent()

Run it by hand with ``python -m sandbox.mparticle --config FILE``.
"""

from sandbox.mparticle.client import Admin
from sandbox.mparticle.config import Audience, Config, Feed, Output, Retries
from sandbox.mparticle.process import StandIn, start

__all__ = ["Admin", "Audience", "Config", "Feed", "Output", "Retries", "StandIn", "start"]
