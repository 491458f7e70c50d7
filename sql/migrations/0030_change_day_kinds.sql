-- compatible_from: 0.1.0
-- A scenario that is announced may make holidays of days that stand in school_days already. Nothing has been received of them
-- yet, so no event and no figure changes.
create function ingest.change_day_kinds(cohorts smallint[], days date[], kinds edtech.day_kind[]) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  changed integer;
begin
  update edtech.school_days d set kind = w.kind
  from unnest(cohorts, days, kinds) w (cohort_id, day, kind)
  where d.cohort_id = w.cohort_id and d.day = w.day and d.kind <> w.kind
    and d.starts_at > (select max(s.watermark) from ingest.shards s);
  get diagnostics changed = row_count;
  return changed;
end
$$;
grant execute on function ingest.change_day_kinds(smallint[], date[], edtech.day_kind[]) to edtech_simulator;
