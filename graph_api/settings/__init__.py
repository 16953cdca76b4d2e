"""The one settings class: every knob of the service, read from `GRAPH_API_*` variables."""

from typing import Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph_api.settings.database import DatabaseSettings
from graph_api.settings.operations import OperationSettings
from graph_api.settings.records import RecordSettings
from graph_api.settings.serving import ServingSettings, is_loopback
from graph_api.settings.sign_in import SignInSettings


class Settings(
    RecordSettings,
    SignInSettings,
    OperationSettings,
    ServingSettings,
    DatabaseSettings,
    BaseSettings,
):
    """Settings of one service process; each field is the variable `GRAPH_API_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="GRAPH_API_", extra="ignore")

    @model_validator(mode="after")
    def _open_only_on_loopback(self) -> Self:
        if self.dev_tenant is not None and not is_loopback(self.host):
            raise ValueError(
                f"GRAPH_API_DEV_TENANT is for a loopback address only, and GRAPH_API_HOST is "
                f"{self.host!r}: anybody who reaches it would read and write that tenant"
            )
        if not self.cookie_secure and not is_loopback(self.host):
            raise ValueError(
                f"GRAPH_API_COOKIE_SECURE=false is for a loopback address only, and "
                f"GRAPH_API_HOST is {self.host!r}: sign-in cookies would cross a network in clear"
            )
        return self
