-- The first answer to a mutation that was given an idempotency key.

create table public.idempotency_keys (
    tenant_id text not null,
    key text not null,
    mutation text not null,
    -- SHA-256 of the input: the same key with another input is a conflict
    fingerprint text not null,
    answer jsonb not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, key)
);
