-- name: volumes_of_leases
-- The monthly volumes of many leases between two months, both included.
select v.lease_id::text as lease_id, v.month, v.oil_bbl, v.gas_mcf, v.casinghead_mcf,
       v.condensate_bbl, v.flared_mcf, v.vented_mcf
from public.lease_volumes v
where v.tenant_id = $1 and v.lease_id = any($2::text[]::uuid[])
  and v.month >= $3 and v.month <= $4
order by v.lease_id, v.month;

-- name: write_volumes
-- Writes lease-months, over the columns given; answers with what changed.
insert into public.lease_volumes as v (tenant_id, lease_id, month, oil_bbl, gas_mcf,
    casinghead_mcf, condensate_bbl, flared_mcf, vented_mcf)
select $1, n.* from unnest($2::text[]::uuid[], $3::date[], $4::int[], $5::int[], $6::int[],
    $7::int[], $8::int[], $9::int[]) n
on conflict (tenant_id, lease_id, month) do update
set oil_bbl = coalesce(excluded.oil_bbl, v.oil_bbl),
    gas_mcf = coalesce(excluded.gas_mcf, v.gas_mcf),
    casinghead_mcf = coalesce(excluded.casinghead_mcf, v.casinghead_mcf),
    condensate_bbl = coalesce(excluded.condensate_bbl, v.condensate_bbl),
    flared_mcf = coalesce(excluded.flared_mcf, v.flared_mcf),
    vented_mcf = coalesce(excluded.vented_mcf, v.vented_mcf)
where (coalesce(excluded.oil_bbl, v.oil_bbl), coalesce(excluded.gas_mcf, v.gas_mcf),
       coalesce(excluded.casinghead_mcf, v.casinghead_mcf),
       coalesce(excluded.condensate_bbl, v.condensate_bbl),
       coalesce(excluded.flared_mcf, v.flared_mcf), coalesce(excluded.vented_mcf, v.vented_mcf))
   is distinct from
      (v.oil_bbl, v.gas_mcf, v.casinghead_mcf, v.condensate_bbl, v.flared_mcf, v.vented_mcf)
returning (xmax = 0) as created;

-- name: delete_volumes_of_lease
-- Removes the volumes of a lease that is deleted.
delete from public.lease_volumes where tenant_id = $1 and lease_id = $2::text::uuid
returning month;

-- name: analyze_volumes
-- Tells the planner what a bulk load has made of the volumes.
analyze public.lease_volumes;
