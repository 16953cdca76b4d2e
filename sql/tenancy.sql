-- name: act_for_tenant
-- Says for whom the transaction acts, and whose rows it may write; row-level security asks it.
select set_config('app.tenant_id', $1::text, true) as tenant_id,
       set_config('app.reach', $2::text, true) as reach;

-- name: act_for_tenant_literally
-- The same without parameters, to stand in one message with what begins a transaction.
select set_config('app.tenant_id', convert_from('\x{tenant_hex}'::bytea, 'UTF8'), true) as tenant_id,
       set_config('app.reach', '{reach}', true) as reach;

-- name: begin_reading
-- Begins a transaction that sees one state of the database and can change nothing.
begin isolation level repeatable read read only;

-- name: end_reading
-- Ends it. Nothing was written that could be taken back, but for what ANALYZE has learned.
commit;

-- name: acting_alone
-- A statement that says itself for whom it acts, in one round trip and without a transaction around
-- it. What it reads depends on `act`, so that nothing is read before; if it were, nothing would be
-- visible.
select r.*
from (select set_config('app.tenant_id', {tenant}, true) as tenant_id,
             set_config('app.reach', 'own', true) as reach offset 0) act
cross join lateral ({statement}) r;
