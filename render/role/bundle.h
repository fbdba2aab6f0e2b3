/*
 * What Pacemaker is told of the service: a bundle of one container, or a
 * systemd service, and the nodes it may run on.  As puppet-tripleo derives it
 * from hiera.
 */
#ifndef CINDERBANK_ROLE_BUNDLE_H
#define CINDERBANK_ROLE_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct hiera;

struct storage_map {
	const char *id; /* as pcs is given it: from the source's path */
	const char *source, *target, *options;
};

struct cluster_node {
	const char *name;
	bool chosen; /* the service may run here */
};

struct bundle {
	const char *engine; /* "docker", "podman"; NULL: a systemd service */
	const char *image, *options, *run_command;
	struct storage_map *maps;
	size_t n_maps;
	struct cluster_node *nodes; /* of the cluster, in order */
	size_t n_nodes;
};

/* Is there a bundle in the hiera data? */
bool bundle_wanted(const struct hiera *hiera);

/*
 * Read it; container: false leaves the container out.  modern: of train and
 * later.  ERR_INVALID: a volume without a place in the container.
 */
int bundle_read(struct bundle *ret, struct arena *arena, const struct hiera *hiera, bool container,
    bool modern, struct err *err);

#endif
