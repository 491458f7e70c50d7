-- compatible_from: 0.1.0
-- Administrators read ids through views and figures, no raw events: no dashboard of theirs needs them.
revoke select on edtech.streaming_logs from edtech_dashboards_admin;
