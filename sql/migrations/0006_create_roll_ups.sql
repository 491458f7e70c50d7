-- compatible_from: 0.1.0
-- Live roll-ups. Each ledger row is counted in them exactly once, by analytics.roll_up. Half of the updates of a page stay
-- on it (fillfactor, HOT), and vacuum comes early because the same few rows are updated every few seconds.
create schema analytics;

create table analytics.minute (
  minute timestamptz not null check (minute = date_bin('1 minute', minute, timestamptz '2020-01-01 00:00Z')),
  cohort_id smallint not null,
  events integer not null,
  enrolled integer not null,
  unenrolled integer not null,
  session_started integer not null,
  session_ended integer not null,
  lesson_started integer not null,
  heartbeat integer not null,
  paused integer not null,
  resumed integer not null,
  seeked integer not null,
  buffered integer not null,
  lesson_completed integer not null,
  abandoned integer not null,
  watched_seconds bigint not null,
  stalled_ms bigint not null,
  startup_ms bigint not null,
  late_events integer not null,
  primary key (minute, cohort_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

create table analytics.lesson_hour (
  lesson_id integer not null,
  cohort_id smallint not null,
  hour timestamptz not null,
  events integer not null,
  views integer not null,
  completions integer not null,
  abandons integer not null,
  pauses integer not null,
  seeks integer not null,
  buffered_views integer not null,
  watched_seconds bigint not null,
  stalled_ms bigint not null,
  startup_ms bigint not null,
  primary key (hour, lesson_id, cohort_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

create table analytics.classroom_hour (
  classroom_id integer not null,
  hour timestamptz not null,
  active_mask bigint not null,
  events integer not null,
  sessions integer not null,
  views integer not null,
  completions integer not null,
  abandons integer not null,
  buffered_views integer not null,
  watched_seconds bigint not null,
  stalled_ms bigint not null,
  startup_ms bigint not null,
  late_events integer not null,
  primary key (hour, classroom_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

create table analytics.student_day (
  student_id integer not null,
  day date not null,
  late_hours smallint not null check (late_hours >= 0),
  events integer not null,
  sessions integer not null,
  views integer not null,
  completions integer not null,
  abandons integer not null,
  buffered_views integer not null,
  watched_seconds bigint not null,
  stalled_ms bigint not null,
  active_hours integer not null,
  first_event_at timestamptz not null,
  last_event_at timestamptz not null,
  primary key (student_id, day, late_hours)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
create index student_day_by_day on analytics.student_day (day);

create table analytics.lesson_views (
  student_id integer not null,
  lesson_id integer not null,
  event_id bigint not null,
  received_at timestamptz not null,
  primary key (student_id, lesson_id, event_id)
);

-- Rows come nearly in the order of their ids: a day's views are found without a b-tree.
create index lesson_views_by_event on analytics.lesson_views using brin (event_id) with (pages_per_range = 16, autosummarize = on);

-- Number of set bits: distinct students of an activity mask.
create function analytics.seats(mask bigint) returns integer
  language sql immutable parallel safe return bit_count(mask::bit(64))::integer;
