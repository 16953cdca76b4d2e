-- Monthly volumes of leases, as Form PR reports them: whole barrels and whole mcf.

create table public.lease_volumes (
    tenant_id text not null,
    lease_id uuid not null,
    month date not null check (extract(day from month) = 1),
    oil_bbl integer check (oil_bbl >= 0),
    gas_mcf integer check (gas_mcf >= 0),
    casinghead_mcf integer check (casinghead_mcf >= 0),
    condensate_bbl integer check (condensate_bbl >= 0),
    flared_mcf integer check (flared_mcf >= 0),
    vented_mcf integer check (vented_mcf >= 0),
    primary key (tenant_id, lease_id, month)
);
