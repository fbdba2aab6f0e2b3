/*
 * A front turns bytes from outside into requests, hands them to the desk and
 * turns its answers back into bytes.  It touches nothing else.
 */
#ifndef CINDERBANK_FRONT_FRONT_H
#define CINDERBANK_FRONT_FRONT_H

#include <stdbool.h>

struct cinderbank_opts;
struct core_opts;
struct desk;
struct err;
struct front;
struct oslo;
struct wire_opts;

/* All outlives the front. */
struct front_setup {
	struct desk *desk;
	const struct core_opts *core;
	const struct cinderbank_opts *own;
	const struct wire_opts *wire;
	const char *driver; /* the store's class path, as backup_driver spells it */
	struct oslo *oslo;  /* the message bus of the cloud; NULL: there is none */
	bool has_scheduler; /* which picks the service of each backup, and wants reports for it */
};

struct front_driver {
	const char *name; /* "rpc", "rest" */
	/* 0 and NULL: the options ask for no such front. */
	int (*start)(struct front **ret, const struct front_setup *, struct err *);
	void (*drain)(struct front *); /* accept no more; what runs may finish */
	void (*stop)(struct front *);  /* no job runs any more; joins its threads */
};

/* The Block Storage API over HTTP, where volumes are ours; in a cloud cinder-api has it. */
extern const struct front_driver front_rest;

/* What the service does, for Prometheus, and whether it works: GET /metrics, /healthcheck. */
extern const struct front_driver front_health;

/* cinder-backup's part of a cloud, over RabbitMQ. */
extern const struct front_driver front_rpc;

#endif
