-- name: trusted_document
-- A registered document by its id, or by the digest of its text.
select d.document from public.trusted_documents d
where d.id = $1::text or d.sha256 = $2::text
order by (d.id = $1::text) desc
limit 1;

-- name: register_trusted_document
-- Adds a document; the answer is empty where its id is taken by the same text already.
insert into public.trusted_documents as d (id, sha256, operation_name, document)
values ($1, $2, $3, $4)
on conflict (id) do update set document = excluded.document, sha256 = excluded.sha256,
    operation_name = excluded.operation_name
where d.sha256 <> excluded.sha256
returning d.id;

-- name: forget_trusted_document
-- Takes a document out, by its id.
delete from public.trusted_documents where id = $1 returning id;

-- name: trusted_documents
-- Every registered document, without its text.
select id, operation_name, length(document) as characters, registered_at
from public.trusted_documents order by id;
