/* The URL of the message bus, as puppet-tripleo puts it together from hiera. */
#ifndef CINDERBANK_ROLE_TRANSPORT_H
#define CINDERBANK_ROLE_TRANSPORT_H

struct err;
struct settings_source;
struct value;

/*
 * keys: map of scheme, hosts, port, user, password, ssl to their hiera keys.
 * ret stays as it is if no hosts are known.
 */
int transport_url(const struct settings_source *source, const struct value *keys,
    const struct value **ret, struct err *err);

#endif
