-- How much of its budget each viewer has used. Unlogged: a crash gives everybody a full budget.

create unlogged table public.viewer_budgets (
    tenant_id text not null,
    -- who it is: a user, an agent, a key; or the address of one that has not signed in
    holder text not null,
    level float8 not null,
    -- whether the last cost was let in
    fits boolean not null,
    filled_at timestamptz not null,
    primary key (tenant_id, holder)
);

select graph_admin.protect_tenant_table('public.viewer_budgets');
