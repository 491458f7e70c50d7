-- compatible_from: 0.1.0
-- A drill that writes its result again, since the answer to its commit was lost, finds its row.
delete from ops.restore_drills later using ops.restore_drills earlier
where earlier.started_at = later.started_at and earlier.drill_id < later.drill_id;

create unique index restore_drills_started_at on ops.restore_drills (started_at);
