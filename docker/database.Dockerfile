# PostgreSQL with the graph (Apache AGE) and vectors (pgvector), from PostgreSQL's own packages.
FROM postgres:18

RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-18-age postgresql-18-pgvector \
    && rm -rf /var/lib/apt/lists/*

# The entry point then changes neither owner nor user, for which it would need to be root.
USER postgres

# Preloaded, for a role that is not a superuser cannot load it.
CMD ["postgres", "-c", "shared_preload_libraries=age"]
