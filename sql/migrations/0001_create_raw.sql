-- compatible_from: 0.1.0
-- Raw data: dimensions and the event log.
create schema edtech;

create type edtech.segment as enum ('school', 'university', 'evening');
create type edtech.device as enum ('desktop', 'tablet', 'mobile');
create type edtech.event_type as enum (
  'enrolled', 'unenrolled',
  'session_started', 'session_ended',
  'lesson_started', 'heartbeat', 'paused', 'resumed', 'seeked', 'buffered', 'lesson_completed', 'abandoned'
);
create type edtech.day_kind as enum ('school_day', 'weekend', 'holiday', 'exam', 'break');

-- A student number is classroom_id * 63 + seat, so that a seat is a bit of a 63-bit mask and neither needs a look-up.
create function edtech.classroom_of(student_id integer) returns integer
  language sql immutable parallel safe return student_id / 63;
create function edtech.seat_of(student_id integer) returns integer
  language sql immutable parallel safe return student_id % 63;

create table edtech.cohorts (
  cohort_id smallint primary key,
  name text not null unique,
  time_zone text not null check (length(time_zone) > 0)
);

create table edtech.classrooms (
  classroom_id integer primary key check (classroom_id between 1 and 66575),
  cohort_id smallint not null references edtech.cohorts,
  segment edtech.segment not null,
  name text not null,
  unique (cohort_id, name)
);
create index classrooms_cohort on edtech.classrooms (cohort_id);

create table edtech.students (
  student_id integer primary key check (student_id between 63 and 4194303),
  classroom_id integer not null references edtech.classrooms,
  cohort_id smallint not null references edtech.cohorts,
  seat smallint not null check (seat between 0 and 62),
  display_name text not null,
  email text not null check (email like '%@students.example.org'),
  enrolled_at timestamptz not null,
  unenrolled_at timestamptz check (unenrolled_at > enrolled_at),
  constraint students_seat_is_arithmetic check (student_id = classroom_id * 63 + seat),
  unique (classroom_id, seat)
);

create table edtech.lessons (
  lesson_id integer primary key check (lesson_id > 0),
  segment edtech.segment not null,
  sequence integer not null check (sequence > 0),
  subject text not null,
  title text not null,
  length_seconds integer not null check (length_seconds between 90 and 1500),
  unique (segment, sequence)
);

create table edtech.school_days (
  cohort_id smallint not null references edtech.cohorts,
  day date not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  kind edtech.day_kind not null,
  primary key (cohort_id, day),
  check (ends_at - starts_at between interval '23 hours' and interval '25 hours')
);
create index school_days_interval on edtech.school_days (cohort_id, starts_at);

create table edtech.streaming_logs (
  event_id bigint not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  session_id bigint,
  student_id integer not null,
  lesson_id integer,
  event_type edtech.event_type not null,
  position_seconds integer,
  watched_seconds integer not null,
  stalled_ms integer not null,
  device edtech.device,
  primary key (event_id, occurred_at),
  foreign key (student_id) references edtech.students,
  foreign key (lesson_id) references edtech.lessons
) partition by range (occurred_at);
create index streaming_logs_occurred_at on edtech.streaming_logs using brin (occurred_at) with (pages_per_range = 32, autosummarize = on);
