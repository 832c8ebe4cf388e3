"""A service around a model that is held while it reads, and a client of its application."""

from contextlib import closing

import pytest
from starlette.testclient import TestClient

from tests.serving import HeldModel, asgi_app_of, light_service


@pytest.fixture
def model():
    return HeldModel()


@pytest.fixture
def service(tmp_path, model):
    with closing(light_service(tmp_path, model, waiting=4)) as service:
        yield service
        model.go.set()


@pytest.fixture
def client(service):
    """A client of this machine; errors are replies."""
    app = asgi_app_of(service)
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
