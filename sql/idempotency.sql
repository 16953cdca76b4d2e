-- name: claim_idempotency_key
-- Takes a key for this transaction; waits for another that holds it, and says if it was free.
insert into public.idempotency_keys (tenant_id, key, mutation, fingerprint, answer)
values ($1, $2, $3, $4, 'null')
on conflict (tenant_id, key) do nothing
returning key;

-- name: answer_of_idempotency_key
-- What was answered under a key.
select mutation, fingerprint, answer::text as answer
from public.idempotency_keys where tenant_id = $1 and key = $2;

-- name: record_idempotent_answer
-- Keeps the answer under a key, in the transaction of the write itself.
update public.idempotency_keys set answer = $3::text::jsonb where tenant_id = $1 and key = $2;
