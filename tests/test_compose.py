"""The compose file and the images it builds, as text: no container engine is needed."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from graph_api.core.age import SERVING_ROLE
from graph_api.settings import Settings

ROOT = Path(__file__).parents[1]
SERVICES = ("database", "migrate", "api")
API_SERVICES = ("migrate", "api")
PREFIX = "GRAPH_API_"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def test_the_services_are_the_database_its_migration_and_the_api(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == set(SERVICES)
    assert compose["services"]["migrate"]["command"] == ["graph-api", "migrate"]
    assert compose["services"]["api"]["command"] == ["graph-api", "serve"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_built_from_a_file_that_is_here(compose: dict[str, Any], name: str) -> None:
    build = compose["services"][name]["build"]
    # A relative dockerfile is looked for in the context.
    assert (ROOT / build["context"] / build["dockerfile"]).is_file()


def test_the_health_checks_ask_the_server_itself(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["database"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert "/readyz" in services["api"]["healthcheck"]["test"][-1]
    for name in ("database", "api"):
        assert {"interval", "timeout", "retries"} <= set(services[name]["healthcheck"])


def test_the_api_waits_for_a_healthy_and_migrated_database(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert services["api"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert services["api"]["depends_on"]["migrate"]["condition"] == (
        "service_completed_successfully"
    )


def test_the_data_are_on_a_named_volume_where_postgres_18_keeps_them(
    compose: dict[str, Any],
) -> None:
    assert compose["services"]["database"]["volumes"] == ["database:/var/lib/postgresql"]
    assert "database" in compose["volumes"]


def test_the_api_is_published_on_this_machine_only(compose: dict[str, Any]) -> None:
    (port,) = compose["services"]["api"]["ports"]
    assert port.startswith("127.0.0.1:")
    assert "ports" not in compose["services"]["database"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_password_comes_from_outside(compose: dict[str, Any], name: str) -> None:
    environment = compose["services"][name]["environment"]
    passwords = {key: value for key, value in environment.items() if "PASSWORD" in key}
    assert passwords
    for value in passwords.values():
        assert re.fullmatch(r"\$\{(POSTGRES|SERVICE)_PASSWORD:\?[^}]+\}", value)
    for value in environment.values():
        assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), "a password in a URL"


@pytest.mark.parametrize("name", SERVICES)
def test_every_secret_must_be_given(compose: dict[str, Any], name: str) -> None:
    environment = compose["services"][name]["environment"]
    fields = Settings.model_fields
    secret = {
        key: value
        for key, value in environment.items()
        if (field := fields.get(key.removeprefix(PREFIX).lower()))
        and not (field.repr or key.endswith("_URL"))
    }
    assert name == "database" or {f"{PREFIX}AUTH_SECRET", f"{PREFIX}AUDIT_KEYS"} <= set(secret)
    for value in secret.values():
        assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value)


def test_the_api_does_not_know_the_owner_of_the_database(compose: dict[str, Any]) -> None:
    environment = compose["services"]["api"]["environment"]
    assert f"//{SERVING_ROLE}@" in environment["GRAPH_API_DATABASE_URL"]
    assert not [value for value in environment.values() if "POSTGRES_PASSWORD" in value]
    migrating = compose["services"]["migrate"]["environment"]
    assert migrating["GRAPH_API_SERVICE_PASSWORD"] == environment["PGPASSWORD"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_confined(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] <= 1000
    assert {"cap_add", "privileged", "user"}.isdisjoint(service)
    for mount in service["tmpfs"]:
        assert {"noexec", "nosuid"} <= set(mount.partition(":")[2].split(","))


@pytest.mark.parametrize("dockerfile", ["api.Dockerfile", "database.Dockerfile"])
def test_no_image_runs_as_root(dockerfile: str) -> None:
    last_stage = (ROOT / "docker" / dockerfile).read_text().rpartition("\nFROM ")[2]
    (user,) = re.findall(r"^USER (\S+)$", last_stage, flags=re.MULTILINE)
    assert user.partition(":")[0] not in ("root", "0")
    assert last_stage.index("\nUSER ") < last_stage.index("\nCMD ")


def test_no_file_of_secrets_is_committed_or_put_into_an_image() -> None:
    assert not (ROOT / ".dockerignore").read_text().count("!.env")
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
    for dockerfile in (ROOT / "docker").iterdir():
        assert not re.search(r"PASSWORD|SECRET|TOKEN|_KEYS?\b|--build-arg", dockerfile.read_text())


@pytest.mark.parametrize("name", API_SERVICES)
def test_the_api_s_variables_are_settings(compose: dict[str, Any], name: str) -> None:
    for variable in set(compose["services"][name]["environment"]) - {"PGPASSWORD"}:
        assert variable.startswith(PREFIX)
        assert variable.removeprefix(PREFIX).lower() in Settings.model_fields


def test_the_settings_accept_the_api_s_variables(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in compose["services"]["api"]["environment"].items():
        default = re.fullmatch(r"\$\{\w+:-(.*)\}", str(value))
        monkeypatch.setenv(variable, default[1] if default else str(value))
    settings = Settings()
    assert settings.dev_tenant is None
    assert settings.host == "0.0.0.0"  # noqa: S104 - in a container; published on loopback
    assert f":{settings.port}/readyz" in compose["services"]["api"]["healthcheck"]["test"][-1]


def test_the_database_image_has_both_extensions_and_preloads_the_graph() -> None:
    text = (ROOT / "docker" / "database.Dockerfile").read_text()
    assert "FROM postgres:18\n" in text
    assert {"postgresql-18-age", "postgresql-18-pgvector"} <= set(text.split())
    assert "shared_preload_libraries=age" in text


def test_the_api_image_is_small_pinned_and_not_root() -> None:
    text = (ROOT / "docker" / "api.Dockerfile").read_text()
    assert text.count("FROM ") >= 2
    assert "FROM python:3.11-slim\n" in text
    assert "-c constraints.txt" in text
    assert re.findall(r"^USER (\S+)$", text, flags=re.MULTILINE) == ["10001:10001"]


def test_what_the_api_image_copies_is_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    text = (ROOT / "docker" / "api.Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, flags=re.MULTILINE):
        for source in line.split():
            assert f"!{source.split('/')[0]}" in ignored
            assert (ROOT / source).exists()
