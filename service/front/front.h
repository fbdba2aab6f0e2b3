/*
 * A front turns bytes from outside into requests, hands them to the desk and
 * turns its answers back into bytes.  It touches nothing else.
 */
#ifndef CINDERBANK_FRONT_FRONT_H
#define CINDERBANK_FRONT_FRONT_H

struct desk;
struct err;
struct front;
struct opt_table;

struct front_driver {
	const char *name; /* "rpc", "rest" */
	const struct opt_table *options;
	int (*start)(struct front **ret, const void *opts, struct desk *, struct err *);
	void (*drain)(struct front *); /* accept no more; what runs may finish */
	void (*stop)(struct front *);  /* joins its threads */
};

/* The Block Storage API over HTTP.  Its options are struct cinderbank_opts. */
extern const struct front_driver front_rest;

#endif
