"""An outside identity provider for tests: real keys, published by a real server on loopback."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from graph_api.settings import Settings

ISSUER = "https://id.example.com/"
AUDIENCE = "graph-api-of-example"


@dataclass
class SigningKey:
    """A private key of the provider."""

    key_id: str
    private: Any
    algorithm: str

    @property
    def published(self) -> dict[str, Any]:
        """The public half, as a JWKS shows it."""
        kind = (
            jwt.algorithms.ECAlgorithm if self.algorithm == "ES256" else jwt.algorithms.RSAAlgorithm
        )
        document: dict[str, Any] = kind.to_jwk(self.private.public_key(), as_dict=True)
        return {**document, "kid": self.key_id, "use": "sig", "alg": self.algorithm}

    @property
    def public_pem(self) -> bytes:
        """The public half, as anybody may read it."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, **changed: Any) -> str:
        """A token that is right but for the claims given here; None leaves one out."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "auth0|7",
            "email": "ann@example.com",
            "tenant": "permian",
            "roles": ["analyst"],
            "iat": now,
            "exp": now + 300,
        } | changed
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, self.private, self.algorithm, {"kid": self.key_id})


def rsa_key(key_id: str, bits: int = 2048) -> SigningKey:
    return SigningKey(key_id, rsa.generate_private_key(65537, bits), "RS256")


def ec_key(key_id: str) -> SigningKey:
    return SigningKey(key_id, ec.generate_private_key(ec.SECP256R1()), "ES256")


@dataclass
class Provider:
    """What the provider publishes, and how often it was asked."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    status: int = 200
    body: bytes | None = None
    delay_seconds: float = 0.0

    def settings(self, **changed: Any) -> Settings:
        """Settings of a service that trusts the provider."""
        return Settings(
            **{
                "oidc_jwks_url": self.url,
                "oidc_issuer": ISSUER,
                "oidc_audience": AUDIENCE,
                **changed,
            }
        )


@contextmanager
def serving_provider() -> Iterator[Provider]:
    """A provider that answers on loopback."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked += 1
            time.sleep(provider.delay_seconds)
            body = provider.body or json.dumps({"keys": provider.keys}).encode()
            self.send_response(provider.status)
            if provider.status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_port}/jwks"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
