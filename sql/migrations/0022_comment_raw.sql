-- compatible_from: 0.1.0
-- What tables and columns of the raw schema, the ledger and operations mean, with units.
comment on schema edtech is 'Raw data: dimensions and the event log';
comment on schema ingest is 'Who writes what: shards, ledger, versions of the stream';
comment on schema analytics is 'Live roll-ups and published daily figures; every stored figure is an integer';
comment on schema analytics_stage is 'Rows of runs that are being made; no reader sees them';
comment on schema ops is 'Partitions, retention, audit, erasure';

comment on table edtech.cohorts is 'Groups of classrooms that share a calendar and a time zone';
comment on table edtech.classrooms is 'Classes of up to 63 students';
comment on table edtech.students is 'Students; a row appears when its enrolment is received and goes only by erasure';
comment on table edtech.lessons is 'Lessons of a segment, in the order of the course';
comment on table edtech.school_days is 'Local days of a cohort; the only source of what a local day is';
comment on table edtech.streaming_logs is 'Event log, one partition per UTC day of occurred_at';
comment on view edtech.student_ids is 'Students without name and e-mail address';
comment on table ingest.shards is 'Units of ownership of the ingest: students with the same student_id % 64';
comment on table ingest.replicas is 'Simulator processes that share the shards';
comment on table ingest.batches is 'Ledger: one row per transaction, set of shards with equal watermarks and UTC day touched, empty ticks included; kept for 14 days';
comment on table ingest.stream_versions is 'Settings of the event stream, each in force from its day on';
comment on table ingest.rejected is 'Events that could not be stored because retention had dropped their day';
comment on table ingest.pruned_batches is 'What the pruned ledger rows of a UTC day counted';
comment on view ingest.pending_roll_ups is 'Ledger rows that no roll-up has counted yet';
comment on view ingest.ledger_differences is 'Ledger against roll-ups per UTC day; any difference but 0 is an error';
comment on table ops.dropped_partitions is 'Days whose raw rows retention has dropped, and what they held';
comment on table ops.audit is 'Append-only record of publishing, retention, holds and erasure';
comment on table ops.verifications is 'Last verification of a UTC day: rows recomputed from the seed and compared';
comment on table ops.legal_holds is 'Ranges of UTC days that retention must keep';
comment on table ops.forgotten_students is 'Receipts of erasure; these students are never taken in again';
comment on table ops.erased_events is 'Rows that erasure took out of a UTC day after the ledger had counted them';
comment on view ops.partitions is 'Partitions of the event log';

do $$
declare
  entry record;
begin
  for entry in
    select * from (values
      ('edtech.cohorts', 'cohort_id', 'number of the cohort'),
      ('edtech.cohorts', 'name', 'name that people use'),
      ('edtech.cohorts', 'time_zone', 'IANA time zone'),
      ('edtech.classrooms', 'classroom_id', 'number of the classroom, 1 to 66575'),
      ('edtech.classrooms', 'cohort_id', 'cohort of the classroom'),
      ('edtech.classrooms', 'segment', 'segment whose course the classroom follows'),
      ('edtech.classrooms', 'name', 'name that people use, unique in the cohort'),
      ('edtech.students', 'student_id', 'classroom_id * 63 + seat'),
      ('edtech.students', 'classroom_id', 'classroom; never changes'),
      ('edtech.students', 'cohort_id', 'cohort of the classroom'),
      ('edtech.students', 'seat', 'bit of the student in activity masks, 0 to 62; never given to another student'),
      ('edtech.students', 'display_name', 'name; educators only'),
      ('edtech.students', 'email', 'e-mail address at students.example.org; no reader has it'),
      ('edtech.students', 'enrolled_at', 'instant of enrolment'),
      ('edtech.students', 'unenrolled_at', 'instant of withdrawal; null while enrolled'),
      ('edtech.lessons', 'lesson_id', 'number of the lesson'),
      ('edtech.lessons', 'segment', 'segment whose course the lesson belongs to'),
      ('edtech.lessons', 'sequence', 'place in the course of the segment, from 1'),
      ('edtech.lessons', 'subject', 'subject'),
      ('edtech.lessons', 'title', 'title'),
      ('edtech.lessons', 'length_seconds', 'length of the video in seconds'),
      ('edtech.school_days', 'cohort_id', 'cohort'),
      ('edtech.school_days', 'day', 'calendar date in the cohort''s time zone'),
      ('edtech.school_days', 'starts_at', 'first instant of the day, inclusive'),
      ('edtech.school_days', 'ends_at', 'end of the day, exclusive; 23, 24 or 25 hours after starts_at'),
      ('edtech.school_days', 'kind', 'school_day, weekend, holiday, exam or break'),
      ('edtech.streaming_logs', 'event_id', '(milliseconds of occurred_at since 2020-01-01Z) << 22 | student_id'),
      ('edtech.streaming_logs', 'occurred_at', 'instant on the device, whole milliseconds'),
      ('edtech.streaming_logs', 'received_at', 'instant of arrival, whole milliseconds; up to 72 hours after occurred_at'),
      ('edtech.streaming_logs', 'session_id', 'event_id of the session''s session_started; null for enrolment events'),
      ('edtech.streaming_logs', 'student_id', 'student'),
      ('edtech.streaming_logs', 'lesson_id', 'lesson; null for session and enrolment events'),
      ('edtech.streaming_logs', 'event_type', 'kind of event'),
      ('edtech.streaming_logs', 'position_seconds', 'playhead after the event in seconds of content; null without a lesson'),
      ('edtech.streaming_logs', 'watched_seconds', 'content watched since the previous event of this view, in seconds'),
      ('edtech.streaming_logs', 'stalled_ms', 'waiting in milliseconds: startup of lesson_started, rebuffering of buffered'),
      ('edtech.streaming_logs', 'device', 'device of the session; null for enrolment events'),
      ('edtech.student_ids', 'student_id', 'classroom_id * 63 + seat'),
      ('edtech.student_ids', 'classroom_id', 'classroom'),
      ('edtech.student_ids', 'cohort_id', 'cohort'),
      ('edtech.student_ids', 'seat', 'bit of the student in activity masks, 0 to 62'),
      ('edtech.student_ids', 'enrolled_at', 'instant of enrolment'),
      ('edtech.student_ids', 'unenrolled_at', 'instant of withdrawal; null while enrolled'),
      ('ingest.shards', 'shard', 'student_id % 64'),
      ('ingest.shards', 'holder', 'replica that holds the lease; null if free'),
      ('ingest.shards', 'epoch', 'grows with each change of holder: fences off the one before'),
      ('ingest.shards', 'lease_expires_at', 'end of the lease, database time'),
      ('ingest.shards', 'watermark', 'all events received up to this instant are stored; null before the stream begins'),
      ('ingest.replicas', 'replica', 'name of the process'),
      ('ingest.replicas', 'seen_at', 'last sign of life, database time'),
      ('ingest.batches', 'batch_id', 'number of the ledger row'),
      ('ingest.batches', 'committed_at', 'instant of writing, database time'),
      ('ingest.batches', 'replica', 'process that wrote it'),
      ('ingest.batches', 'kind', 'live or backfill'),
      ('ingest.batches', 'shard_mask', 'bit n: shard n'),
      ('ingest.batches', 'received_from', 'events received after this instant'),
      ('ingest.batches', 'received_to', 'up to this instant, inclusive'),
      ('ingest.batches', 'utc_day', 'UTC day of the events; null for an empty tick'),
      ('ingest.batches', 'min_occurred_at', 'first occurred_at of the events'),
      ('ingest.batches', 'max_occurred_at', 'last occurred_at of the events'),
      ('ingest.batches', 'events', 'number of events'),
      ('ingest.batches', 'rolled_up_at', 'instant in which the roll-ups counted it; null while pending'),
      ('ingest.stream_versions', 'valid_from_day', 'first stream day made with these settings'),
      ('ingest.stream_versions', 'model_version', 'version of the model''s code'),
      ('ingest.stream_versions', 'seed', 'seed of the generator'),
      ('ingest.stream_versions', 'config', 'settings of the model'),
      ('ingest.stream_versions', 'config_hash', 'hash of the settings'),
      ('ingest.rejected', 'rejected_at', 'instant of arrival, database time'),
      ('ingest.rejected', 'utc_day', 'UTC day of the events'),
      ('ingest.rejected', 'events', 'number of events'),
      ('ingest.rejected', 'reason', 'why'),
      ('ingest.pruned_batches', 'utc_day', 'UTC day of the events'),
      ('ingest.pruned_batches', 'batches', 'number of ledger rows'),
      ('ingest.pruned_batches', 'events', 'number of events they counted'),
      ('ingest.pruned_batches', 'pruned_at', 'last pruning, database time'),
      ('ingest.pending_roll_ups', 'batches', 'number of ledger rows'),
      ('ingest.pending_roll_ups', 'events', 'number of events'),
      ('ingest.pending_roll_ups', 'oldest_committed_at', 'instant of writing of the oldest; null if none'),
      ('ingest.ledger_differences', 'utc_day', 'UTC day'),
      ('ingest.ledger_differences', 'ledger_events', 'events counted by the ledger, less erased ones'),
      ('ingest.ledger_differences', 'rolled_up_events', 'events counted by analytics.minute'),
      ('ingest.ledger_differences', 'difference', 'ledger less roll-ups, events'),
      ('ops.dropped_partitions', 'utc_day', 'UTC day'),
      ('ops.dropped_partitions', 'events', 'number of rows'),
      ('ops.dropped_partitions', 'checksum', 'sum of ops.row_hash over the rows'),
      ('ops.dropped_partitions', 'dropped_at', 'instant of dropping, database time'),
      ('ops.audit', 'audit_id', 'number of the entry'),
      ('ops.audit', 'at', 'instant, database time'),
      ('ops.audit', 'role', 'login that asked for it'),
      ('ops.audit', 'action', 'what was done'),
      ('ops.audit', 'subject', 'what it was done to'),
      ('ops.audit', 'detail', 'numbers of the action'),
      ('ops.verifications', 'utc_day', 'UTC day'),
      ('ops.verifications', 'events', 'number of rows found'),
      ('ops.verifications', 'checksum', 'sum of ops.row_hash over the rows found'),
      ('ops.verifications', 'ok', 'whether nothing was lost, extra or changed'),
      ('ops.verifications', 'verified_at', 'instant of recording, database time'),
      ('ops.legal_holds', 'hold_id', 'number of the hold'),
      ('ops.legal_holds', 'first_day', 'first UTC day'),
      ('ops.legal_holds', 'last_day', 'last UTC day'),
      ('ops.legal_holds', 'reason', 'why'),
      ('ops.legal_holds', 'held_at', 'beginning, database time'),
      ('ops.legal_holds', 'held_by', 'login that asked for it'),
      ('ops.legal_holds', 'released_at', 'end, database time; null while in force'),
      ('ops.legal_holds', 'released_by', 'login that released it'),
      ('ops.forgotten_students', 'student_id', 'number of the student, which is never given again'),
      ('ops.forgotten_students', 'erased_at', 'instant of erasure, database time'),
      ('ops.forgotten_students', 'reason', 'why'),
      ('ops.forgotten_students', 'raw_events', 'number of raw rows deleted'),
      ('ops.forgotten_students', 'first_held_day', 'first UTC day whose raw rows were still held'),
      ('ops.forgotten_students', 'republished_days', 'published days that were made again'),
      ('ops.erased_events', 'utc_day', 'UTC day'),
      ('ops.erased_events', 'events', 'number of rows'),
      ('ops.partitions', 'utc_day', 'UTC day'),
      ('ops.partitions', 'estimated_events', 'rows by the last statistics'),
      ('ops.partitions', 'bytes', 'size with indexes in bytes'),
      ('ops.partitions', 'closed', 'whether it has the index of a closed day'),
      ('ops.partitions', 'verified', 'whether the last verification was green; null without one'),
      ('ops.partitions', 'verified_at', 'instant of the last verification, database time')
    ) as comments (relation, column_name, meaning)
  loop
    execute format('comment on column %s.%I is %L', entry.relation, entry.column_name, entry.meaning);
  end loop;
end
$$;
