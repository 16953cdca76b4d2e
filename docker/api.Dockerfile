# GraphiQL, bundled. vite writes to ../graph_api/static/graphiql.
FROM node:22-slim AS graphiql
WORKDIR /build/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY web/ ./
RUN npm run build

# The wheel, installed with the versions tested into an environment the last stage copies.
FROM python:3.11-slim AS package
WORKDIR /build
RUN python -m venv /opt/graph-api
COPY constraints.txt ./
COPY pyproject.toml README.md ./
COPY graph_api/ graph_api/
COPY sql/ sql/
COPY cypher/ cypher/
COPY --from=graphiql /build/graph_api/static/graphiql/ graph_api/static/graphiql/
RUN pip wheel --no-cache-dir --no-deps --wheel-dir dist . \
    && /opt/graph-api/bin/pip install --no-cache-dir -c constraints.txt "$(echo dist/*.whl)[otel]"

FROM python:3.11-slim
RUN groupadd --gid 10001 graph-api \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin graph-api
COPY --from=package /opt/graph-api /opt/graph-api
ENV PATH=/opt/graph-api/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# As numbers, by which an orchestrator can tell that it is not root.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["graph-api", "serve"]
