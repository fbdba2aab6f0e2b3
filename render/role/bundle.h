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
struct value;

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
	const char **hosts; /* names of the chosen ones, in the order of the service's nodes */
	size_t n_hosts;
};

/* Named by the first release that has it so. */
enum bundle_age { BUNDLE_QUEENS, BUNDLE_STEIN, BUNDLE_TRAIN, BUNDLE_WALLABY, BUNDLE_YOGA };

/* releases: list of names, oldest first. */
enum bundle_age bundle_age(const struct value *releases, const char *release);

/* Is there a bundle in the hiera data? */
bool bundle_wanted(const struct hiera *hiera);

/*
 * Read it; container: false leaves the container out.  ERR_INVALID: a volume
 * without a place in the container.
 */
int bundle_read(struct bundle *ret, struct arena *arena, const struct hiera *hiera, bool container,
    enum bundle_age age, struct err *err);

#endif
