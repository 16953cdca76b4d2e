"""What the tests of sign-in stand on."""

import pytest

from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from tests.auth.people import People


@pytest.fixture
def people(services: Services, schema: GraphSchema, tenant: str, database_url: str) -> People:
    """The users of the test's own tenant."""
    return People(services, schema, tenant, database_url)
