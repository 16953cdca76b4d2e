-- name: fill_budget
-- Pours a cost into a viewer's bucket where it fits, and says how full the bucket then is.
insert into public.viewer_budgets as b (tenant_id, holder, level, fits, filled_at)
values ($1, $2, case when $3::float8 <= $4::float8 then $3::float8 else 0 end,
        $3::float8 <= $4::float8, clock_timestamp())
on conflict (tenant_id, holder) do update set (level, fits, filled_at) = (
    select l.leaked + case when l.leaked + $3::float8 <= $4::float8 then $3::float8 else 0 end,
           l.leaked + $3::float8 <= $4::float8,
           l.now
    from (
        select n.now,
               greatest(0, b.level - extract(epoch from n.now - b.filled_at)::float8 * $5::float8)
                   as leaked
        from (select greatest(clock_timestamp(), b.filled_at) as now) n
    ) l
)
returning fits, level;

-- name: forget_empty_budgets
-- Removes a tenant's buckets that have leaked empty.
delete from public.viewer_budgets
where tenant_id = $1
  and level <= extract(epoch from clock_timestamp() - filled_at)::float8 * $2::float8;
