"""GraphQL over HTTP to the letter: a table of requests, and whatever Hypothesis can think of."""

import socket
from collections.abc import Iterator

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_api.core.media_types import EVENT_STREAM, GRAPHQL_RESPONSE, JSON_RESPONSE, response_type
from graph_api.serving import served
from graph_api.settings import Settings

QUERY = b'{"query": "{ __typename }"}'
WRITE = 'mutation { upsertOperator(input: {operator: {name: "A"}}) { __typename } }'
JSON = {"Content-Type": "application/json"}
STRICT = {**JSON, "Accept": GRAPHQL_RESPONSE}
BODY_MAX = 100_000


@pytest.fixture(scope="module")
def url(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings_ = Settings(
        database_url=database_url,
        dev_tenant="tenant-http",
        data_dir=tmp_path_factory.mktemp("unused"),
        port=0,
        request_body_max_bytes=BODY_MAX,
    )
    with served(settings_) as server:
        yield server.address


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30) as client:
        yield client


def refused(answer: httpx.Response) -> str:
    """The code of an answer that holds nothing but errors, each with a code and a message."""
    document = answer.json()
    assert set(document) <= {"errors", "extensions"}
    for error in document["errors"]:
        assert error["message"]
        assert "Traceback" not in error["message"]
        assert error["extensions"]["code"]
    code: str = document["errors"][0]["extensions"]["code"]
    return code


# Content-Type, status
CONTENT_TYPES = [
    ("application/json", 200),
    ("APPLICATION/JSON", 200),
    ("application/json;charset=utf-8", 200),
    ("application/json; charset=UTF-8", 200),
    ('application/json; charset="utf-8"', 200),
    ("application/json ; charset=utf8", 200),
    ("application/json; profile=x", 200),
    ("application/json;", 200),
    ("application/json; charset=utf-16", 415),
    ("application/json; charset=latin-1", 415),
    ("application/json; charset=", 415),
    ("application/jsonx", 415),
    ("application/json-patch+json", 415),
    ("application/graphql", 415),
    ("application/graphql+json", 415),
    ("application/graphql-response+json", 415),
    ("text/json", 415),
    ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415),
    ("multipart/form-data; boundary=x", 415),
    ("application/*", 415),
    ("json", 415),
    ("application/json, text/plain", 415),
    ("", 415),
    (None, 415),
]


@pytest.mark.parametrize(("content_type", "status"), CONTENT_TYPES)
def test_content_types(client: httpx.Client, content_type: str | None, status: int) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = client.post("/graphql", content=QUERY, headers=headers)
    assert answer.status_code == status
    if status != 200:
        assert refused(answer) == "BAD_USER_INPUT"


def test_two_content_types_are_none(client: httpx.Client) -> None:
    twice = [("Content-Type", "application/json"), ("Content-Type", "text/plain")]
    assert client.post("/graphql", content=QUERY, headers=twice).status_code == 415


# Accept, media type of the answer; None for 406
ACCEPTED = [
    ("", JSON_RESPONSE),
    ("*/*", JSON_RESPONSE),
    ("application/*", JSON_RESPONSE),
    (JSON_RESPONSE, JSON_RESPONSE),
    ("Application/JSON", JSON_RESPONSE),
    ("application/json; charset=utf-8", JSON_RESPONSE),
    (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
    ("application/graphql-response+json; charset=utf-8", GRAPHQL_RESPONSE),
    ("application/graphql-response+json, application/json", GRAPHQL_RESPONSE),
    ("application/json, application/graphql-response+json", JSON_RESPONSE),
    ("application/json;q=0.9, application/graphql-response+json", GRAPHQL_RESPONSE),
    ("application/graphql-response+json;q=0.5, application/json;q=0.6", JSON_RESPONSE),
    ("application/graphql-response+json;q=0.2, */*;q=0.1", GRAPHQL_RESPONSE),
    ("application/graphql-response+json;q=0.1, */*;q=0.2", JSON_RESPONSE),
    ("application/json;q=0, */*", GRAPHQL_RESPONSE),
    ("text/html, application/xhtml+xml, */*;q=0.8", JSON_RESPONSE),
    ("text/event-stream, */*;q=0.1", EVENT_STREAM),
    ("application/json, text/event-stream;q=0.5", JSON_RESPONSE),
    ("application/json;q=0", None),
    ("application/json; charset=utf-16", None),
    ("*/*;q=0", None),
    ("text/html", None),
    ("text/*", None),
    ("application/jsonx", None),
    ("application/json;q=2", None),
    ("application/json;q=nan", None),
]


@pytest.mark.parametrize(("accept", "expected"), ACCEPTED)
def test_what_a_client_accepts(client: httpx.Client, accept: str, expected: str | None) -> None:
    answer = client.post("/graphql", content=QUERY, headers={**JSON, "Accept": accept})
    if expected is None:
        assert answer.status_code == 406
        assert refused(answer) == "BAD_USER_INPUT"
    else:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{expected}; charset=utf-8"


def test_accept_may_be_several_headers_or_none() -> None:
    assert response_type([]) == JSON_RESPONSE
    assert response_type(["text/html", GRAPHQL_RESPONSE]) == GRAPHQL_RESPONSE


def deep(depth: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening * depth + closing * depth


def with_variables(document: str, variables: bytes) -> bytes:
    return b'{"query": %s, "variables": %s}' % (orjson.dumps(document), variables)


WELLS = "query($n: Int) { wells(first: $n) { totalCount } }"

# name, body, status in `application/graphql-response+json`
BODIES: list[tuple[str, bytes, int]] = [
    ("a query", QUERY, 200),
    ("an unknown key beside", b'{"query": "{ __typename }", "foo": 1}', 200),
    ("nulls beside", b'{"query":"{__typename}","variables":null,"operationName":null}', 200),
    ("extensions beside", b'{"query": "{ __typename }", "extensions": {"a": 1}}', 200),
    ("an empty operation name", b'{"query": "{ __typename }", "operationName": ""}', 200),
    ("white space around", b"\n " + QUERY + b"\r\n", 200),
    ("an inner duplicate key", with_variables(WELLS, b'{"n": 1, "n": 2}'), 200),
    ("query in a variable", with_variables(WELLS, b'{"n": 1, "x": {"query": "a"}}'), 200),
    ("nothing", b"", 400),
    ("white space", b"  ", 400),
    ("no JSON", b"hello", 400),
    ("half of it", QUERY[:-1], 400),
    ("two of it", QUERY + QUERY, 400),
    ("a comment", b"/* */" + QUERY, 400),
    ("a trailing comma", b'{"query": "{ __typename }",}', 400),
    ("single quotes", b"{'query': '{ __typename }'}", 400),
    ("a byte order mark", b"\xef\xbb\xbf" + QUERY, 400),
    ("UTF-16", QUERY.decode().encode("utf-16"), 400),
    ("Latin-1", '{"query": "{ a(b: \\"é\\") }"}'.encode("latin-1"), 400),
    ("an overlong encoding", b'{"query": "\xc0\xaf"}', 400),
    ("a surrogate in UTF-8", b'{"query": "\xed\xa0\x80"}', 400),
    ("half of a surrogate pair", b'{"query": "\\ud800"}', 400),
    ("NUL in the query", b'{"query": "{ __typename \\u0000 }"}', 400),
    ("a raw NUL", b'{"query": "{ __typename \x00 }"}', 400),
    ("a raw line feed in a string", b'{"query": "{ __typename \n }"}', 400),
    ("null", b"null", 400),
    ("true", b"true", 400),
    ("a number", b"42", 400),
    ("a string", b'"{ __typename }"', 400),
    ("NaN", b"NaN", 400),
    ("an empty object", b"{}", 400),
    ("an empty array", b"[]", 400),
    ("a batch", b"[" + QUERY + b"," + QUERY + b"]", 400),
    ("deep arrays", deep(50_000), 400),
    ("deep objects", deep(10_000, b'{"a":', b"}").replace(b":}", b":1}", 1), 400),
    ("a document a parser nests", with_variables(WELLS, b'{"n": %s}' % deep(1000)), 400),
    ("a query that is null", b'{"query": null}', 400),
    ("a query that is a number", b'{"query": 1}', 400),
    ("a query that is an object", b'{"query": {"a": 1}}', 400),
    ("a query that is an array", b'{"query": ["{ __typename }"]}', 400),
    ("an empty query", b'{"query": ""}', 400),
    ("a blank query", b'{"query": " "}', 400),
    ("a query of another case", b'{"Query": "{ __typename }"}', 400),
    ("query twice", b'{"query": "{ __typename }", "query": "{ __typename }"}', 400),
    ("variables twice", b'{"variables":{},"query":"{ __typename }","variables":{}}', 400),
    ("a persisted query that is none", b'{"extensions": {"persistedQuery": {"version": 1}}}', 400),
    ("variables that are text", b'{"query": "{ __typename }", "variables": "{}"}', 400),
    ("variables that are an array", b'{"query": "{ __typename }", "variables": []}', 400),
    ("variables that are a number", b'{"query": "{ __typename }", "variables": 0}', 400),
    ("variables that are false", b'{"query": "{ __typename }", "variables": false}', 400),
    ("extensions that are an array", b'{"query": "{ __typename }", "extensions": []}', 400),
    ("an operation name that is 0", b'{"query": "{ __typename }", "operationName": 0}', 400),
    ("an operation name in an array", b'{"query":"{ __typename }","operationName":["A"]}', 400),
    ("a syntax error", b'{"query": "{"}', 400),
    ("a deep query", b'{"query": "%s"}' % deep(10_000, b"{a", b"}"), 400),
    ("an unknown field", b'{"query": "{ noSuchField }"}', 400),
    ("no operation", b'{"query": "fragment A on Query { __typename }"}', 400),
    ("several operations, no name", b'{"query": "query A{__typename} query B{__typename}"}', 400),
    (
        "several operations, another name",
        b'{"query": "query A{__typename} query B{__typename}", "operationName": "C"}',
        400,
    ),
    (
        "several operations, one named",
        b'{"query": "query A{__typename} query B{__typename}", "operationName": "B"}',
        200,
    ),
    ("an unknown name for one", b'{"query": "{ __typename }", "operationName": "A"}', 400),
    ("a subscription", b'{"query": "subscription { ruleChanged { __typename } }"}', 400),
    ("a variable of the wrong type", with_variables(WELLS, b'{"n": "one"}'), 400),
    ("a variable that is an object", with_variables(WELLS, b'{"n": {"a": 1}}'), 400),
    ("a variable that is a fraction", with_variables(WELLS, b'{"n": 1.5}'), 400),
    ("an integer beyond 32 bits", with_variables(WELLS, b'{"n": 2147483648}'), 400),
    ("an integer beyond 64 bits", with_variables(WELLS, b'{"n": %s}' % (b"9" * 30)), 400),
    ("an integer beyond every number", with_variables(WELLS, b'{"n": %s}' % (b"9" * 20_000)), 400),
    ("a number beyond every number", with_variables(WELLS, b'{"n": 1e999}'), 400),
    ("a variable that is NaN", with_variables(WELLS, b'{"n": NaN}'), 400),
    ("a variable that is infinite", with_variables(WELLS, b'{"n": -Infinity}'), 400),
    ("a variable that is missing", b'{"query": "query($n: Int!) { wells(first: $n) { totalCount } }"}', 400),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status"), [one[1:] for one in BODIES], ids=[b[0] for b in BODIES]
)
def test_bodies(client: httpx.Client, body: bytes, status: int) -> None:
    strict = client.post("/graphql", content=body, headers=STRICT)
    assert strict.status_code == status, strict.text
    if status != 200:
        assert refused(strict) in ("BAD_USER_INPUT", "LIMIT_EXCEEDED")
    # an older client hears of a document's faults in the answer, of a request's in the status
    legacy = client.post("/graphql", content=body, headers=JSON)
    assert legacy.status_code in (200, status)
    assert legacy.json()


def test_text_that_no_database_holds_is_refused_where_it_stands(client: httpx.Client) -> None:
    document = "query($name: String) { operators(where: {name: {eq: $name}}) { totalCount } }"
    body = with_variables(document, b'{"name": "a\\u0000b"}')
    answer = client.post("/graphql", content=body, headers=STRICT)
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x", "gzip, identity"])
def test_compressed_bodies_are_refused(client: httpx.Client, encoding: str) -> None:
    headers = {**STRICT, "Content-Encoding": encoding}
    answer = client.post("/graphql", content=QUERY, headers=headers)
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "identity"
    assert refused(answer) == "BAD_USER_INPUT"
    headers["Content-Encoding"] = "identity"
    assert client.post("/graphql", content=QUERY, headers=headers).status_code == 200


@pytest.mark.parametrize("declared", [True, False])
def test_the_size_of_a_body_is_limited(client: httpx.Client, declared: bool) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(BODY_MAX // 1000 + 1):
            yield b" " * 1000

    body = b" " * (BODY_MAX + 1) if declared else pieces()
    answer = client.post("/graphql", content=body, headers=STRICT)
    assert answer.status_code == 413
    assert refused(answer) == "LIMIT_EXCEEDED"
    assert str(BODY_MAX) in answer.text
    exactly = QUERY.ljust(BODY_MAX)
    assert client.post("/graphql", content=exactly, headers=STRICT).status_code == 200


# parameters as they stand in the address, status
PARAMETERS = [
    ("query=%7B__typename%7D", 200),
    ("query={__typename}", 200),
    ("query=%7B__typename%7D&unknown=1&unknown=2", 200),
    ("query=%7B__typename%7D&variables=", 200),
    ("query=%7B__typename%7D&variables=null", 200),
    ("query=%7B__typename%7D&variables=%7B%7D&extensions=%7B%7D", 200),
    ("query=query+A%7B__typename%7Dquery+B%7B__typename%7D&operationName=B", 200),
    ("query=query+A%7B__typename%7Dquery+B%7B__typename%7D", 400),
    ("query=%7B__typename%7D&operationName=C", 400),
    ("", 400),
    ("query=", 400),
    ("query", 400),
    ("query=%7B", 400),
    ("Query=%7B__typename%7D", 400),
    ("query=%7B__typename%7D&query=%7B__typename%7D", 400),
    ("query=%7B__typename%7D&variables=%7B%7D&variables=%7B%7D", 400),
    ("query=%7B__typename%7D&operationName=&operationName=", 400),
    ("query=%7B__typename%7D&variables=1", 400),
    ("query=%7B__typename%7D&variables=%5B%5D", 400),
    ("query=%7B__typename%7D&variables=%22%7B%7D%22", 400),
    ("query=%7B__typename%7D&variables=%7B", 400),
    ("query=%7B__typename%7D&variables=NaN", 400),
    ("query=%7B__typename%7D&extensions=x", 400),
    ("query=%FF", 400),
    ("query=%ED%A0%80", 400),
    ("query=%00", 400),
    ("query=%7B__typename%7D&" + "&".join(f"p{n}=1" for n in range(200)), 400),
    ("query=subscription%7BruleChanged%7B__typename%7D%7D", 405),
    ("query=mutation%7B__typename%7D", 405),
    ("query=query+A%7B__typename%7Dmutation+B%7B__typename%7D&operationName=B", 405),
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("parameters", "status"), PARAMETERS)
def test_parameters(client: httpx.Client, method: str, parameters: str, status: int) -> None:
    answer = client.request(method, f"/graphql?{parameters}", headers={"Accept": GRAPHQL_RESPONSE})
    assert answer.status_code == status
    if status == 405:
        assert answer.headers["allow"] == "POST"
    if method == "HEAD":
        assert answer.content == b""
    elif status != 200:
        assert refused(answer) == "BAD_USER_INPUT"


@pytest.mark.parametrize("accept", [JSON_RESPONSE, GRAPHQL_RESPONSE, EVENT_STREAM, "*/*"])
def test_nothing_is_written_by_get(client: httpx.Client, accept: str) -> None:
    answer = client.get("/graphql", params={"query": WRITE}, headers={"Accept": accept})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert refused(answer) == "BAD_USER_INPUT"


def test_a_get_with_a_body_is_a_get(client: httpx.Client) -> None:
    answer = client.request("GET", "/graphql", content=QUERY, headers=STRICT)
    assert answer.status_code == 400
    asked = "/graphql?query=%7B__typename%7D"
    assert client.request("GET", asked, content=b"{", headers=STRICT).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_not_allowed(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/graphql", content=QUERY, headers=STRICT)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert refused(answer) == "BAD_USER_INPUT"


def test_other_paths_are_not_found(client: httpx.Client) -> None:
    answer = client.get("/no/such/path")
    assert answer.status_code == 404
    assert refused(answer) == "NOT_FOUND"


def test_a_browser_gets_graphiql_and_a_program_does_not(client: httpx.Client) -> None:
    page = client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    asked = client.get("/graphql?query=%7B__typename%7D", headers={"Accept": "text/html,*/*"})
    assert asked.json()["data"] == {"__typename": "Query"}


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.sampled_from(
    ["{ __typename }", "{", WELLS, WRITE, "query A { __typename } query B { __typename }", ""]
)
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "query": DOCUMENTS | JSONS,
        "variables": JSONS,
        "operationName": JSONS,
        "extensions": JSONS,
    },
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A request, some of it overwritten."""
    options = draw(st.sampled_from([0, orjson.OPT_INDENT_2]))
    document = draw(REQUESTS | JSONS)
    try:
        body = bytearray(orjson.dumps(document, option=options))
    except orjson.JSONEncodeError:
        body = bytearray(draw(st.binary(max_size=60)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(body)))
        body[place : place + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(body)


def visible(name: str) -> st.SearchStrategy[dict[str, str]]:
    text = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
    known = st.sampled_from([one for one, _ in CONTENT_TYPES if one] + [one for one, _ in ACCEPTED])
    return st.one_of(st.just({}), st.builds(lambda value: {name: value}, known | text))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "DELETE"]),
    parameters=st.lists(
        st.tuples(st.sampled_from(["query", "variables", "operationName", "x"]), TEXTS | DOCUMENTS),
        max_size=4,
    ),
    content_type=st.just(JSON) | visible("Content-Type"),
    accept=visible("Accept"),
    encoding=st.just({}) | st.just({}) | visible("Content-Encoding"),
    body=bodies(),
)
def test_whatever_is_sent_is_answered_in_json_and_never_with_a_fault_of_ours(
    client: httpx.Client,
    method: str,
    parameters: list[tuple[str, str]],
    content_type: dict[str, str],
    accept: dict[str, str],
    encoding: dict[str, str],
    body: bytes,
) -> None:
    answer = client.request(
        method,
        "/graphql",
        params=parameters,
        content=body,
        headers={**content_type, **accept, **encoding},
    )
    assert answer.status_code < 500
    # a stream, and the page that a browser gets, are asked for by name
    if answer.headers["content-type"].startswith((EVENT_STREAM, "text/html")):
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] in accept["Accept"].lower()
        return
    document = answer.json()
    assert document.keys() & {"data", "errors"}
    for error in document.get("errors", ()):
        assert error["extensions"]["code"] not in ("INTERNAL", None)
    if answer.status_code >= 400:
        assert document["errors"]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    head=st.lists(
        st.sampled_from(
            [
                b"POST /graphql HTTP/1.1\r\n",
                b"GET /graphql?query={__typename} HTTP/1.1\r\n",
                b"Host: x\r\n",
                b"Content-Length: 27\r\n",
                b"Content-Length: 5\r\n",
                b"Transfer-Encoding: chunked\r\n",
                b"Content-Type: application/json\r\n",
                b"Connection: Upgrade\r\n",
                b"Upgrade: websocket\r\n",
                b"Upgrade: h2c\r\n",
                b"Expect: 100-continue\r\n",
                b"\r\n",
                b"1b\r\n" + QUERY + b"\r\n0\r\n\r\n",
                QUERY,
            ]
        )
        | st.binary(max_size=12),
        max_size=9,
    )
)
def test_whatever_bytes_arrive_the_server_lives(url: str, head: list[bytes]) -> None:
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"".join(head))
        connection.shutdown(socket.SHUT_WR)
        received = bytearray()
        try:
            while piece := connection.recv(65_536):
                received += piece
        except ConnectionError:
            pass
    assert b"HTTP/1.1 5" not in received
    assert httpx.get(f"{url}/healthz").status_code == 200
