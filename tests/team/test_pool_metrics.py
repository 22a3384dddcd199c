"""What is told of the pool of connections, which only PostgreSQL has."""

import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django import Settings

from queues_app.telemetry import metrics

SCRAPER = "k7Qe2mVx9Lr4Tz8Wn1Bc6Hd3Jf5Gs0Pa"


@pytest.mark.django_db
def test_the_pool_is_told_as_the_last_request_found_it(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = SCRAPER
    client.get("/readyz/")
    held = metrics.REGISTRY.get_sample_value("queuescope_database_connections")
    free = metrics.REGISTRY.get_sample_value("queuescope_database_connections_free")
    assert held is not None
    assert free is not None
    assert held >= 1
    assert 0 <= free <= held
    assert metrics.REGISTRY.get_sample_value("queuescope_database_waiting") == 0
    text = client.get("/metrics", headers={"Authorization": f"Bearer {SCRAPER}"}).content.decode()
    limit = configured.WEB_CONCURRENCY * configured.DATABASE_POOL_SIZE
    assert f"queuescope_database_connections_limit {limit}.0\n" in text
