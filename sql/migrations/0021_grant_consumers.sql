-- compatible_from: 0.1.0
-- What the readers may read. Names are for educators only, e-mail addresses for nobody but the simulator, which writes them.
grant usage on schema edtech, ingest, analytics, ops
  to edtech_analytics, edtech_dashboards_educator, edtech_dashboards_admin, edtech_monitor;

-- The simulator compares the analytics with the answer key and reads what verify must know.
grant select on all tables in schema analytics to edtech_simulator, edtech_analytics, edtech_dashboards_educator, edtech_dashboards_admin;
grant select on ops.forgotten_students, ops.verifications, ops.erased_events to edtech_simulator;
grant select on ingest.pruned_batches to edtech_simulator;

grant select on edtech.cohorts, edtech.classrooms, edtech.lessons, edtech.school_days, edtech.student_ids
  to edtech_analytics, edtech_dashboards_educator, edtech_dashboards_admin, edtech_monitor;
grant select on edtech.streaming_logs to edtech_analytics, edtech_dashboards_educator, edtech_dashboards_admin;
grant select (student_id, classroom_id, cohort_id, seat, display_name, enrolled_at, unenrolled_at) on edtech.students to edtech_dashboards_educator;

grant select on ingest.shards, ingest.replicas, ingest.batches, ingest.stream_versions, ingest.rejected, ingest.pruned_batches,
  ingest.pending_roll_ups, ingest.ledger_differences
  to edtech_analytics, edtech_dashboards_admin, edtech_monitor;
grant select on ingest.shards, ingest.batches to edtech_dashboards_educator;

grant select on ops.audit, ops.dropped_partitions, ops.verifications, ops.legal_holds, ops.forgotten_students, ops.erased_events, ops.partitions
  to edtech_analytics, edtech_dashboards_admin;
grant select on ops.dropped_partitions, ops.verifications, ops.legal_holds, ops.partitions to edtech_monitor;
grant select on analytics.runs, analytics.restatements, analytics.freshness, analytics.published_days, analytics.cohort_day, analytics.total_day,
  analytics.minute, analytics.at_risk_outcome
  to edtech_monitor;
-- Without the detail, which names students by number.
grant select (run_id, check_name, blocking, failed_rows) on analytics.data_quality_results to edtech_monitor;

grant execute on function analytics.seats(bigint) to public;
grant execute on function ops.utc_start(date), ops.partition_name(date), ops.partition_of(date) to edtech_dashboards_educator, edtech_dashboards_admin, edtech_monitor;
