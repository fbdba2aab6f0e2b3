/*
 * Where a MySQL or MariaDB catalogue is, as SQLAlchemy spells it:
 * mysql+pymysql://user:password@host:port/database?name=value&..., with percent
 * signs for what would be taken for something else.  The values behind the `?`
 * are those of PyMySQL; what has no meaning for a client in C is accepted.
 */
#ifndef CINDERBANK_CATALOGUE_MYSQL_URL_H
#define CINDERBANK_CATALOGUE_MYSQL_URL_H

#include <limits.h>
#include <stdbool.h>

struct err;

enum { MYSQL_NAME_MAX = 256, MYSQL_TEXT_MAX = 1024 };

enum mysql_check { MYSQL_CHECK_UNSAID, MYSQL_CHECK_NO, MYSQL_CHECK_YES };

struct mysql_url {
	char user[MYSQL_NAME_MAX], password[MYSQL_NAME_MAX], database[MYSQL_NAME_MAX];
	char host[MYSQL_NAME_MAX]; /* "": this machine */
	unsigned port;
	char socket[PATH_MAX], bind_address[MYSQL_NAME_MAX];
	char sql_mode[MYSQL_TEXT_MAX], init_command[MYSQL_TEXT_MAX];
	char default_file[PATH_MAX], default_group[MYSQL_NAME_MAX]; /* like /etc/my.cnf */
	unsigned connect_timeout, read_timeout, write_timeout;      /* seconds */
	bool tls;                /* nothing is sent in the clear */
	enum mysql_check verify; /* is the certificate one for this host? */
	char ssl_ca[PATH_MAX], ssl_capath[PATH_MAX], ssl_cert[PATH_MAX], ssl_key[PATH_MAX];
	char ssl_cipher[MYSQL_NAME_MAX];
};

/*
 * extra: more of what follows the `?`, or NULL.  ERR_INVALID says which part is
 * wrong, and shows none that may be secret.
 */
int mysql_url_parse(const char *text, const char *extra, struct mysql_url *ret, struct err *err);

#endif
