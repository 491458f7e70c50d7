-- compatible_from: 0.1.0
-- Daily tables: published figures only. A run replaces the rows of its cohort and day in one transaction.

create table analytics.student_lesson_day (
  cohort_id smallint not null,
  day date not null,
  student_id integer not null,
  lesson_id integer not null,
  first_views integer not null,
  repeat_views integer not null,
  completions integer not null,
  abandons integer not null,
  watched_seconds bigint not null,
  stalled_ms bigint not null,
  startup_ms bigint not null,
  pauses integer not null,
  resumes integer not null,
  seeks integer not null,
  buffered_views integer not null,
  furthest_position_seconds integer not null,
  primary key (cohort_id, day, student_id, lesson_id)
);
create index student_lesson_day_by_student on analytics.student_lesson_day (student_id, day);

create table analytics.lesson_day (
  cohort_id smallint not null,
  day date not null,
  lesson_id integer not null,
  students integer not null,
  first_views integer not null,
  repeat_views integer not null,
  completions integer not null,
  abandons integer not null,
  watched_seconds bigint not null,
  stalled_ms bigint not null,
  startup_ms bigint not null,
  pauses integer not null,
  resumes integer not null,
  seeks integer not null,
  buffered_views integer not null,
  views_desktop integer not null,
  views_tablet integer not null,
  views_mobile integer not null,
  abandons_desktop integer not null,
  abandons_tablet integer not null,
  abandons_mobile integer not null,
  complete_seconds_p25 integer,
  complete_seconds_p50 integer,
  complete_seconds_p75 integer,
  primary key (cohort_id, day, lesson_id)
);

create table analytics.lesson_dropoff (
  cohort_id smallint not null,
  day date not null,
  lesson_id integer not null,
  bucket smallint not null check (bucket between 0 and 19),
  first_reached integer not null,
  repeat_reached integer not null,
  pauses integer not null,
  seeks_back integer not null,
  primary key (cohort_id, day, lesson_id, bucket)
);

create table analytics.classroom_day (
  cohort_id smallint not null,
  day date not null,
  classroom_id integer not null,
  active_mask bigint not null,
  active_students integer not null,
  enrolled_students integer not null,
  events integer not null,
  sessions integer not null,
  first_views integer not null,
  repeat_views integer not null,
  completions integer not null,
  abandons integer not null,
  buffered_views integer not null,
  watched_seconds bigint not null,
  stalled_ms bigint not null,
  startup_ms bigint not null,
  late_events integer not null,
  watched_seconds_p25 bigint,
  watched_seconds_p50 bigint,
  watched_seconds_p75 bigint,
  primary key (cohort_id, day, classroom_id)
);
create index classroom_day_by_classroom on analytics.classroom_day (classroom_id, day);

create table analytics.cohort_day (
  cohort_id smallint not null,
  day date not null,
  kind edtech.day_kind not null,
  enrolled_students integer not null,
  active_students integer not null,
  active_classrooms integer not null,
  enrolments integer not null,
  withdrawals integer not null,
  events bigint not null,
  sessions integer not null,
  first_views integer not null,
  repeat_views integer not null,
  completions integer not null,
  abandons integer not null,
  buffered_views integer not null,
  watched_seconds bigint not null,
  stalled_ms bigint not null,
  startup_ms bigint not null,
  late_events integer not null,
  watched_seconds_p25 bigint,
  watched_seconds_p50 bigint,
  watched_seconds_p75 bigint,
  primary key (cohort_id, day)
);

create table analytics.total_day (
  day date primary key,
  cohorts integer not null,
  enrolled_students integer not null,
  active_students integer not null,
  active_classrooms integer not null,
  enrolments integer not null,
  withdrawals integer not null,
  events bigint not null,
  sessions integer not null,
  first_views integer not null,
  repeat_views integer not null,
  completions integer not null,
  abandons integer not null,
  buffered_views integer not null,
  watched_seconds bigint not null,
  stalled_ms bigint not null,
  startup_ms bigint not null,
  late_events integer not null
);
