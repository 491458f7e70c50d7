-- compatible_from: 0.1.0
-- What the columns of schema analytics mean, with units. A column has the same meaning in every table that has it, unless the
-- second list says otherwise; the full definitions are in docs/analytics.md.
comment on table analytics.minute is 'Live roll-up by UTC minute and cohort';
comment on table analytics.lesson_hour is 'Live roll-up by lesson, cohort and local hour; events with a lesson only';
comment on table analytics.classroom_hour is 'Live roll-up by classroom and local hour';
comment on table analytics.student_day is 'Live roll-up by student, local day and lateness: any cut of a day can be summed up from it';
comment on table analytics.lesson_views is 'Every lesson_started: tells first views from repeat views';
comment on table analytics.runs is 'Runs of the daily analytics';
comment on table analytics.restatements is 'Figures that a later run of a day changed';
comment on table analytics.data_quality_results is 'Outcome of each quality check of a run';
comment on table analytics.student_lesson_day is 'Published: student and lesson on a local day';
comment on table analytics.lesson_day is 'Published: lesson on a local day of a cohort';
comment on table analytics.lesson_dropoff is 'Published: how far views of a lesson reached, in twentieths of its length';
comment on table analytics.classroom_day is 'Published: classroom on a local day';
comment on table analytics.cohort_day is 'Published: cohort on a local day';
comment on table analytics.total_day is 'Published: all cohorts on a calendar day, once the last of them is published';
comment on table analytics.classroom_window is 'Published: activity of a classroom in the last 7 and 30 days, as of the first run of a day';
comment on table analytics.at_risk is 'Published: assessed students with score and reasons, as of the first run of a day';
comment on table analytics.at_risk_outcome is 'How right the at-risk list was: counts against the simulation''s truth, level 2 counts as positive';
comment on view analytics.freshness is 'How far the figures reach, per cohort';
comment on view analytics.published_days is 'The run in force of each published day';
comment on table analytics_stage.views is 'Rows of a run: one per student, session and lesson of its day';
comment on table analytics_stage.erased is 'Rows that an erasure in progress takes out';

do $$
declare
  entry record;
begin
  for entry in
    select c.attrelid::regclass as relation, c.attname, m.meaning
    from (values
      ('cohort_id', 'cohort'), ('classroom_id', 'classroom'), ('student_id', 'student'), ('lesson_id', 'lesson'), ('run_id', 'run'),
      ('day', 'local day of the cohort'), ('hour', 'first instant of the local hour'), ('minute', 'first instant of the UTC minute'),
      ('events', 'number of events'), ('enrolled', 'number of events enrolled'), ('unenrolled', 'number of events unenrolled'),
      ('session_started', 'number of events session_started'), ('session_ended', 'number of events session_ended'),
      ('lesson_started', 'number of events lesson_started'), ('heartbeat', 'number of events heartbeat'), ('paused', 'number of events paused'),
      ('resumed', 'number of events resumed'), ('seeked', 'number of events seeked'), ('buffered', 'number of events buffered'),
      ('lesson_completed', 'number of events lesson_completed'), ('abandoned', 'number of events abandoned'),
      ('watched_seconds', 'content watched, in seconds'), ('stalled_ms', 'waiting, startup included, in milliseconds'),
      ('startup_ms', 'waiting for lessons to start, in milliseconds'), ('late_events', 'events received more than 2 minutes after they occurred'),
      ('sessions', 'sessions started'), ('views', 'lessons started'), ('completions', 'lessons completed: 95 % of the length reached'),
      ('abandons', 'views that ended without completion'), ('pauses', 'pauses'), ('resumes', 'resumes'), ('seeks', 'seeks'),
      ('buffered_views', 'views that rebuffered'), ('first_views', 'first views: the student had never started the lesson before'),
      ('repeat_views', 'views that are not first views'), ('active_mask', 'bit n: seat n was active, that is had an event in a session'),
      ('active_students', 'students with an event in a session'), ('active_classrooms', 'classrooms with an active student'),
      ('active_hours', 'bit k: active in the k-th local hour, 0 to 24'), ('late_hours', 'hours from the end of the day to the arrival, rounded up; 0 if received during the day'),
      ('first_event_at', 'first occurred_at'), ('last_event_at', 'last occurred_at'), ('event_id', 'event'),
      ('received_at', 'instant of arrival'), ('enrolled_students', 'students enrolled at the end of the day'), ('enrolments', 'students enrolled on the day'),
      ('withdrawals', 'students withdrawn on the day'), ('students', 'different students'), ('cohorts', 'number of cohorts'), ('kind', 'kind of day'),
      ('watched_seconds_p25', 'lower quartile of watched_seconds over active students; null without any'),
      ('watched_seconds_p50', 'median of watched_seconds over active students; null without any'),
      ('watched_seconds_p75', 'upper quartile of watched_seconds over active students; null without any'),
      ('complete_seconds_p25', 'lower quartile of the time from start to completion in seconds; null without completions'),
      ('complete_seconds_p50', 'median of the time from start to completion in seconds; null without completions'),
      ('complete_seconds_p75', 'upper quartile of the time from start to completion in seconds; null without completions'),
      ('views_desktop', 'lessons started on a desktop'), ('views_tablet', 'lessons started on a tablet'), ('views_mobile', 'lessons started on a phone'),
      ('abandons_desktop', 'views abandoned on a desktop'), ('abandons_tablet', 'views abandoned on a tablet'), ('abandons_mobile', 'views abandoned on a phone'),
      ('furthest_position_seconds', 'furthest playhead in seconds of content'), ('bucket', 'twentieth of the length, 0 to 19'),
      ('first_reached', 'first views that reached the bucket'), ('repeat_reached', 'repeat views that played in or across the bucket'),
      ('seeks_back', 'seeks that went back to the bucket'), ('window_days', 'length of the window in days, the day included'),
      ('score', 'points, 0 to 100'), ('level', '0 fine, 1 watch, 2 at risk'), ('inactive_school_days', 'school days since the last active day'),
      ('recent_watched_seconds', 'content watched in the last 14 days, in seconds'), ('earlier_watched_seconds', 'content watched in the 42 days before, in seconds'),
      ('completion_permille', 'completions per 1000 views in 28 days; null below 5 views'),
      ('class_completion_permille', 'median completion of the classroom, per mille; null below 5 students with one'),
      ('reasons', 'rules that hold: inactive, watch_time_fell, completion_low'), ('since_day', 'first of the inactive school days; null if none'),
      ('true_positives', 'students at level 2 who are at risk'), ('false_positives', 'students at level 2 who are not at risk'),
      ('true_negatives', 'students below level 2 who are not at risk'), ('false_negatives', 'students below level 2 who are at risk'),
      ('recorded_at', 'instant of recording, database time'), ('as_of', 'cut: events received up to this instant are in, no others'),
      ('status', 'computed, checked, refused, published, superseded by a later publication, or discarded before publication'),
      ('started_at', 'instant, database time'), ('published_at', 'instant of publication, database time; null before'),
      ('failed_checks', 'number of failed quality checks; null before they ran'), ('checksum', 'sum of hashes of the published rows; null before'),
      ('table_rows', 'number of published rows by table'), ('timings_ms', 'duration of each step in milliseconds'),
      ('restatement_id', 'number of the entry'), ('restated_at', 'instant, database time'), ('table_name', 'table in schema analytics'),
      ('metric', 'column, as its sum over the day, or rows'), ('old_value', 'value before'), ('new_value', 'value after'),
      ('check_name', 'quality check'), ('blocking', 'whether a failure blocks publishing'), ('failed_rows', 'rows that break the rule'),
      ('detail', 'some of the failed rows by name; null if none'), ('cohort', 'name of the cohort'), ('live_to', 'every shard is stored up to this instant'),
      ('published_day', 'last published local day'), ('restated', 'whether that day was made more than once'),
      ('first_published_at', 'instant of its first publication, database time')
    ) as m (column_name, meaning)
      join pg_attribute c on c.attname = m.column_name
      join pg_class r on r.oid = c.attrelid and r.relnamespace = 'analytics'::regnamespace and r.relkind in ('r', 'v')
    where c.attnum > 0
  loop
    execute format('comment on column %s.%I is %L', entry.relation, entry.attname, entry.meaning);
  end loop;
end
$$;

comment on column analytics.runs.kind is 'first, restatement or erasure';
comment on column analytics.published_days.kind is 'first, restatement or erasure';
comment on column analytics.restatements.cohort_id is 'cohort; null for total_day';
comment on column analytics.total_day.day is 'calendar date, local in each cohort';
comment on column analytics.lesson_views.event_id is 'the lesson_started';
comment on column analytics.lesson_dropoff.pauses is 'pauses in the bucket';
comment on column analytics.classroom_window.active_students is 'different students active in the window';
comment on column analytics.runs.events is 'number of events inside the cut';
