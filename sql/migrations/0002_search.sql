-- What search finds entities by: their titles, and the forms of their names and numbers.

create table public.entity_search (
    tenant_id text not null,
    kind text not null,
    entity_id uuid not null,
    title text not null,
    -- names and numbers in capitals without punctuation: 'DIAMONDBACKEPLLC'
    names text[] not null,
    -- the same forms, and each word of them, to match prefixes
    document tsvector not null,
    primary key (tenant_id, kind, entity_id)
);

create index entity_search_document on public.entity_search using gin (document);
