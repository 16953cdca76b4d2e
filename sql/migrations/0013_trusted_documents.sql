-- The documents that clients may send by their id, and in production the only ones accepted.

create table public.trusted_documents (
    -- 'sha256:' and the digest of the text, or what the client's manifest calls it
    id text primary key check (length(id) between 1 and 200),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    operation_name text,
    document text not null,
    registered_at timestamptz not null default now()
);
comment on table public.trusted_documents is 'What clients ask, the same for every tenant.';

create index trusted_documents_sha256 on public.trusted_documents (sha256);

-- Whoever has the service's role must not be able to let itself be trusted with more.
select graph_admin.grant_service('revoke insert, update, delete on public.trusted_documents from %I');
