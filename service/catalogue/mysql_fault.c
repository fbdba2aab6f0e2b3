#include "catalogue/mysql_fault.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <string.h>

#include "base/err.h"

enum {
	WSREP_NOT_READY = 1047,       /* a node of Galera that is not part of its cluster */
	READ_ONLY_TRANSACTION = 1792, /* a replica */
	CHANGED_MEANWHILE = 1020,     /* a snapshot that is older than the row */
};

static const struct meaning {
	unsigned code;
	enum err_kind kind;
	bool lost; /* the connection is of no more use */
} meanings[] = {
	{ CR_SERVER_GONE_ERROR, ERR_RETRY, true },
	{ CR_SERVER_LOST, ERR_RETRY, true },
	{ CR_SERVER_LOST_EXTENDED, ERR_RETRY, true },
	{ CR_CONNECTION_ERROR, ERR_RETRY, true },
	{ CR_CONN_HOST_ERROR, ERR_RETRY, true },
	{ CR_IPSOCK_ERROR, ERR_RETRY, true },
	{ CR_UNKNOWN_HOST, ERR_RETRY, true },
	{ CR_MALFORMED_PACKET, ERR_RETRY, true },
	{ CR_SERVER_HANDSHAKE_ERR, ERR_RETRY, true },
	{ CR_COMMANDS_OUT_OF_SYNC, ERR_RETRY, true },
	{ CR_STMT_CLOSED, ERR_RETRY, true },
	{ ER_SERVER_SHUTDOWN, ERR_RETRY, true },
	{ ER_NORMAL_SHUTDOWN, ERR_RETRY, true },
	{ ER_CONNECTION_KILLED, ERR_RETRY, true },
	{ ER_NEW_ABORTING_CONNECTION, ERR_RETRY, true },
	{ ER_CON_COUNT_ERROR, ERR_RETRY, true },
	{ ER_TOO_MANY_USER_CONNECTIONS, ERR_RETRY, true },
	{ ER_USER_LIMIT_REACHED, ERR_RETRY, true },
	{ ER_UNKNOWN_STMT_HANDLER, ERR_RETRY, true },
	{ ER_OPTION_PREVENTS_STATEMENT, ERR_RETRY, true }, /* --read-only */
	{ ER_READ_ONLY_MODE, ERR_RETRY, true },
	{ READ_ONLY_TRANSACTION, ERR_RETRY, true },
	{ WSREP_NOT_READY, ERR_RETRY, true },
	{ ER_LOCK_DEADLOCK, ERR_RETRY, false },
	{ ER_LOCK_WAIT_TIMEOUT, ERR_RETRY, false },
	{ ER_ERROR_DURING_COMMIT, ERR_RETRY, false },
	{ ER_QUERY_INTERRUPTED, ERR_RETRY, false },
	{ ER_NEED_REPREPARE, ERR_RETRY, false },
	{ ER_MAX_PREPARED_STMT_COUNT_REACHED, ERR_RETRY, false },
	{ ER_STATEMENT_TIMEOUT, ERR_RETRY, false },
	{ CHANGED_MEANWHILE, ERR_RETRY, false },
	{ ER_ACCESS_DENIED_ERROR, ERR_DENIED, true },
	{ ER_ACCESS_DENIED_NO_PASSWORD_ERROR, ERR_DENIED, true },
	{ ER_DBACCESS_DENIED_ERROR, ERR_DENIED, true },
	{ ER_HOST_NOT_PRIVILEGED, ERR_DENIED, true },
	{ ER_TABLEACCESS_DENIED_ERROR, ERR_DENIED, false },
	{ ER_COLUMNACCESS_DENIED_ERROR, ERR_DENIED, false },
	{ CR_SSL_CONNECTION_ERROR, ERR_DENIED, true },
	{ CR_AUTH_PLUGIN_CANNOT_LOAD, ERR_SYSTEM, true },
	{ ER_BAD_DB_ERROR, ERR_NOT_FOUND, true },
	{ ER_BINLOG_STMT_MODE_AND_ROW_ENGINE, ERR_INVALID, false },
	{ ER_NO_SUCH_TABLE, ERR_CORRUPT, false },
	{ ER_BAD_FIELD_ERROR, ERR_CORRUPT, false },
	{ ER_DUP_ENTRY, ERR_CONFLICT, false },
	{ ER_DISK_FULL, ERR_NO_SPACE, false },
	{ ER_RECORD_FILE_FULL, ERR_NO_SPACE, false },
};

/* What an operator can do about it. */
static const char *
advise(unsigned code)
{
	switch (code) {
	case ER_NO_SUCH_TABLE:
	case ER_BAD_FIELD_ERROR:
		return "; are these cinder's tables, and did `cinder-manage db sync` run?";
	case ER_BINLOG_STMT_MODE_AND_ROW_ENGINE:
		return "; set binlog_format = MIXED or ROW, the service's transactions are READ "
		       "COMMITTED";
	default:
		return "";
	}
}

/* One number stands for a certificate that is refused, and for a server that died under TLS. */
static bool
is_broken_tls(const struct mysql_fault *fault)
{
	static const char *const broken[] = { "reset by peer", "Broken pipe", "unexpected eof",
		"timed out", "Success", "temporarily unavailable" };
	unsigned i;

	for (i = 0; fault->code == CR_SSL_CONNECTION_ERROR && i < sizeof broken / sizeof *broken;
	     i++)
		if (strstr(fault->text, broken[i]))
			return true;
	return false;
}

bool
mysql_fault_tell(const struct mysql_fault *fault, const char *name, struct err *err)
{
	static const struct meaning unknown = { 0, ERR_SYSTEM, true };
	const struct meaning *meaning = &unknown;
	unsigned i;

	for (i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (meanings[i].code == fault->code)
			meaning = &meanings[i];
	err_set(err, is_broken_tls(fault) ? ERR_RETRY : meaning->kind, "catalogue %s: %s (%u)%s",
	    name, fault->text, fault->code, advise(fault->code));
	return meaning->lost;
}
