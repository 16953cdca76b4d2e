-- name: create_migrations_table
-- The record of what has been applied to this database.
create table if not exists public.schema_migrations (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
);

-- name: lock_migrations
-- Waits until no other process migrates this database; the lock ends with the session.
select pg_advisory_lock($1);

-- name: applied_migrations
-- What has been applied, with the checksum each file had then.
select number, checksum from public.schema_migrations order by number;

-- name: record_migration
-- Notes that a migration was applied, in the migration's own transaction.
insert into public.schema_migrations (number, name, checksum) values ($1, $2, $3);

-- name: answer
-- That the database answers.
select 1 as answered;

-- name: ready
-- That the database answers and has been migrated.
select max(number) as number from public.schema_migrations;

-- name: password_command
-- The command that gives a role a password, quoted by the server.
select format('alter role %I password %L', $1::text, $2::text) as command;
