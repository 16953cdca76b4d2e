-- name: write_search_entries
-- Makes entities findable by what they are now called.
insert into public.entity_search as s (tenant_id, kind, entity_id, title, names, document)
select $1::text, $2::text, v.entity_id::uuid, v.title, string_to_array(v.names, chr(31)),
       array_to_tsvector(string_to_array(v.lexemes, chr(31)))
from unnest($3::text[], $4::text[], $5::text[], $6::text[]) v (entity_id, title, names, lexemes)
on conflict (tenant_id, kind, entity_id) do update
set title = excluded.title, names = excluded.names, document = excluded.document
where (s.title, s.names) is distinct from (excluded.title, excluded.names);

-- name: delete_search_entry
-- Makes a deleted entity unfindable.
delete from public.entity_search where tenant_id = $1 and kind = $2 and entity_id = $3::text::uuid;

-- name: search_entities
-- Entities by name or number: exact matches first, then those called so, then those whose other
-- names or numbers begin so, then those with every word.
select s.kind, s.entity_id::text as entity_id, s.title, s.score
from (
    select f.*, case
        when $4::text = any(f.names) then 4.0
        when starts_with(f.names[1], $4::text) then 3.0
        when exists (select from unnest(f.names) n where starts_with(n, $4::text)) then 2.0
        else 1.0
    end + 1.0 / (1 + length(f.title)) as score
    from (
        -- what is called exactly so is never cut off by what merely begins so
        (select e.kind, e.entity_id, e.title, e.names
        from public.entity_search e
        where e.tenant_id = any($1::text[]) and e.kind = any($2::text[])
          and e.document @@ quote_literal($4::text)::tsquery
        limit 1000)
        union
        (select e.kind, e.entity_id, e.title, e.names
        from public.entity_search e
        where e.tenant_id = any($1::text[]) and e.kind = any($2::text[])
          and e.document @@ $3::text::tsquery
        limit 5000)
    ) f
) s
order by s.score desc, s.title, s.kind, s.entity_id
limit $5::int;

-- name: analyze_search
-- Tells the planner what a bulk load has made of the search entries.
analyze public.entity_search;
