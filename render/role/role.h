/*
 * A role's backup service, typed: the role data that the templates came to, the
 * hiera data of its nodes, and what follows from both.  Everything an emitter
 * writes stands here; made once, immutable, in an arena.
 */
#ifndef CINDERBANK_ROLE_ROLE_H
#define CINDERBANK_ROLE_ROLE_H

#include "doc/load.h"
#include "role/bundle.h"
#include "role/hiera.h"
#include "role/rules.h"
#include "role/settings.h"

/* Who starts the service; of another one than the backup service nothing more is known. */
enum role_form {
	ROLE_BUNDLE,    /* Pacemaker, in a container */
	ROLE_CLUSTERED, /* Pacemaker, as a systemd service */
	ROLE_CONTAINER, /* the container engine */
	ROLE_PLAIN,     /* systemd */
	ROLE_OTHER,     /* another service's template: role data and hiera data, no more */
};

struct role {
	struct arena *arena;
	const char *name;    /* "Controller" */
	const char *release; /* "queens" */
	enum role_form form;
	bool modern;                   /* train and later */
	const struct value *data;      /* role_data, as Heat's output */
	const struct value *merged;    /* the merged environment */
	const struct value *hieradata; /* map of level name to its data, highest first */
	const char *const *classes;    /* Puppet classes, without the leading :: */
	size_t n_classes;
	struct rules rules;
	struct hiera hiera;
	struct settings settings;
	struct bundle bundle;             /* of ROLE_BUNDLE and ROLE_CLUSTERED */
	const char *container_name;       /* of ROLE_CONTAINER: "cinder_backup" */
	const struct value *container;    /* its map in docker_config */
	const struct value *preparations; /* containers that run before it; map, maybe empty */
};

struct role_source {
	const struct doc_loader *loader;
	const char *data_directory; /* that has puppet-hiera/ */
	const char *release, *name;
	const struct value *role_data;
	const struct value *merged; /* the merged environment, a map */
	const struct value
	    *parameters; /* parameter_defaults that count: ExtraConfig and its like */
	const struct value
	    *hieradata;            /* levels the deployment writes: all_nodes ...; map or NULL */
	const struct value *facts; /* of the node; map or NULL */
	const struct findings *findings;
};

/*
 * Read role data, look its settings up.  ERR_INVALID: role data of the wrong
 * types; what Puppet would refuse is told as findings.
 */
int role_read(struct role *ret, const struct role_source *source, struct err *err);

/* "bundle", "clustered", "container", "plain", "another service". */
const char *role_form_name(enum role_form form);

#endif
