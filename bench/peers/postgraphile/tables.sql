-- The benchmark's world as tables: what its three questions need, with foreign keys and indexes.
-- `place` counts the rows of a kind in the order in which relationships are followed.
create table operators (
    id uuid primary key,
    place bigint not null,
    name text not null,
    p5_number text,
    p5_status text
);
create table leases (
    id uuid primary key,
    place bigint not null,
    operator_id uuid references operators,
    name text not null,
    rrc_lease_id text,
    district text
);
create table wells (
    id uuid primary key,
    place bigint not null,
    lease_id uuid references leases,
    operator_id uuid references operators,
    api_number text not null unique,
    well_name text,
    well_number text,
    well_type text,
    status text,
    district text,
    county text,
    latitude double precision,
    longitude double precision,
    total_depth_ft double precision
);
create table permits (
    id uuid primary key,
    place bigint not null,
    well_id uuid references wells,
    permit_number text not null unique,
    status text,
    approved_on date
);
create index on leases (operator_id);
create index on wells (lease_id, place);
create index on wells (operator_id);
create index on permits (well_id, place);
comment on column wells.place is E'@behavior +orderBy';
comment on column permits.place is E'@behavior +orderBy';
