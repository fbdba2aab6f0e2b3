/*
 * transport_url: which brokers there are, and who we are to them.  Only the text
 * is read here; nothing is connected.  Threads: pure functions.
 */
#ifndef CINDERBANK_NET_TRANSPORT_H
#define CINDERBANK_NET_TRANSPORT_H

#include <stdbool.h>

struct err;

enum { TRANSPORT_TEXT = 256, TRANSPORT_BROKERS_MAX = 16, TRANSPORT_PORT = 5672 };

struct broker {
	char host[TRANSPORT_TEXT]; /* a name or an address; of IPv6 without brackets */
	unsigned port;
	char user[TRANSPORT_TEXT], password[TRANSPORT_TEXT];
};

struct transport {
	struct broker brokers[TRANSPORT_BROKERS_MAX];
	unsigned n_brokers;
	char vhost[TRANSPORT_TEXT];
	/* What stands behind the question mark; it counts before the option of that name. */
	bool has_ssl, ssl;
	char ssl_ca_file[TRANSPORT_TEXT], ssl_cert_file[TRANSPORT_TEXT];
	char ssl_key_file[TRANSPORT_TEXT]; /* each "": not given */
};

/*
 * Read rabbit://USER:PASSWORD@HOST:PORT,USER:PASSWORD@HOST:PORT/VHOST?ssl=1 (or
 * kombu://): everything percent-encoded, PORT may be left out, hosts without a
 * user have that of the first.  ERR_INVALID says what is wrong and never repeats
 * the text, which holds passwords.
 */
int transport_parse(const char *url, struct transport *ret, struct err *err);

#endif
