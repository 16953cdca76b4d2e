-- name: act_for_tenant
-- Says for whom the transaction acts, and whose rows it may write; row-level security asks it.
select set_config('app.tenant_id', $1::text, true) as tenant_id,
       set_config('app.reach', $2::text, true) as reach;
