-- compatible_from: 0.1.0
-- The monitor counts what fails of the days that the hourly checks still visit: results of other days stand as they were found last.

grant execute on function analytics.open_days() to edtech_monitor;
