-- compatible_from: 0.1.0
-- Whoever makes partitions ahead gives up soon if the locks are not free.

-- A partition's foreign keys take SHARE ROW EXCLUSIVE on students and lessons. As long as that is waited for, enrolments of all
-- other sessions wait behind it, and the query timeout of the ingest would end the session that asked. Days are made ahead, so there
-- is time to try again.
alter function ops.ensure_partitions(date, date) set lock_timeout = '2s';
