-- name: keep_snapshot
-- Lets a reading transaction wait longer for whoever takes what it has read; in milliseconds.
select set_config('idle_in_transaction_session_timeout', $1::text, true) as milliseconds;

-- name: prepare_explained
-- Prepares a statement under a name, as the service's own statements are prepared.
prepare {prepared} as {statement};

-- name: quote_values
-- Values as text in the form in which SQL has them; a null stays one.
select quote_nullable(v.value) as quoted
from unnest($1::text[]) with ordinality as v(value, place) order by v.place;

-- name: quote_list
-- A list of texts in the form in which SQL has it.
select quote_literal($1::text[]::text) as quoted;

-- name: explain_prepared
-- What PostgreSQL does for a prepared statement with values that quote_values has written.
explain (analyze, buffers) execute {prepared}{values};

-- name: forget_explained
-- Forgets a statement that was prepared to be explained.
deallocate {prepared};
