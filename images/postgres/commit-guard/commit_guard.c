/*
 * Makes `synchronous_commit` a setting of superusers.
 *
 * PostgreSQL lets every session lower it, and no privilege takes that away: REVOKE SET ON PARAMETER has no effect on a setting of
 * context "user". A session that lowers it is told that a commit is durable while only the primary has it, and a failover then
 * loses an acknowledged row; a frozen old primary could even acknowledge beside the new one. With the context "superuser" the
 * server itself refuses SET, SET LOCAL, set_config, options of the connection, ALTER ROLE and SET clauses of functions alike.
 * GRANT SET ON PARAMETER is the way to make an exception.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/guc_tables.h"

PG_MODULE_MAGIC;

void _PG_init(void);

void
_PG_init(void)
{
	/* Only what the postmaster sets is inherited by every session. */
	if (!process_shared_preload_libraries_in_progress)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("edtech_commit_guard must be in shared_preload_libraries")));
	find_option("synchronous_commit", false, false, ERROR)->context = PGC_SUSET;
}
