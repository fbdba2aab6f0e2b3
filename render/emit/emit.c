#include "emit/emit.h"

#include <string.h>

#include "base/scope.h"
#include "emit/kinds.h"
#include "role/role.h"

enum { FILE_MAX = 16 << 20 };

static bool
has_cluster(const struct role *role)
{
	return role->form == ROLE_BUNDLE || role->form == ROLE_CLUSTERED;
}

static bool
has_container(const struct role *role)
{
	return role->form == ROLE_CONTAINER;
}

static bool
has_unit(const struct role *role)
{
	return role->form != ROLE_BUNDLE && role->form != ROLE_OTHER;
}

static bool
has_conf(const struct role *role)
{
	return role->form != ROLE_OTHER;
}

const struct emitter emitters[] = {
	{
	    .name = "merged-env",
	    .from = EMIT_FROM_ENVIRONMENT,
	    .path = "merged-env.yaml",
	    .mode = 0640,
	    .help = "all environment files as one",
	    .emit = emit_merged,
	},
	{
	    .name = "role-data",
	    .from = EMIT_FROM_ROLE_DATA,
	    .path = "role-data.json",
	    .mode = 0640,
	    .help = "what Heat makes of the templates",
	    .emit = emit_role_data,
	},
	{
	    .name = "hiera",
	    .path = "hieradata",
	    .mode = 0640,
	    .help = "the hieradata files of a node",
	    .emit = emit_hiera,
	    .files = emit_hiera_files,
	},
	{
	    .name = "cinder.conf",
	    .path = "cinder.conf",
	    .mode = 0640,
	    .help = "what Puppet writes for the service",
	    .applies = has_conf,
	    .emit = emit_conf,
	},
	{
	    .name = "cib",
	    .path = "cib.xml",
	    .mode = 0644,
	    .help = "Pacemaker's configuration",
	    .applies = has_cluster,
	    .emit = emit_cib,
	},
	{
	    .name = "pcs",
	    .path = "pcs.sh",
	    .mode = 0644,
	    .help = "the pcs commands that make it",
	    .applies = has_cluster,
	    .emit = emit_pcs,
	},
	{
	    .name = "compose",
	    .path = "compose.yaml",
	    .mode = 0644,
	    .help = "the container without Pacemaker",
	    .applies = has_container,
	    .emit = emit_compose,
	    .files = emit_compose_files,
	},
	{
	    .name = "systemd",
	    .path = "openstack-cinder-backup.service",
	    .mode = 0644,
	    .help = "the unit that runs the service",
	    .applies = has_unit,
	    .emit = emit_systemd,
	},
	{ 0 },
};

const struct emitter *
emitter_find(const char *name)
{
	for (const struct emitter *emitter = emitters; emitter->name; emitter++)
		if (!strcmp(emitter->name, name))
			return emitter;
	return NULL;
}

bool
emitter_applies(const struct emitter *emitter, const struct role *role)
{
	return !emitter->applies || emitter->applies(role);
}

int
emitter_files(const struct emitter *emitter, const struct role *role, emit_file_fn *fn, void *arg,
    struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(FILE_MAX);

	if (emitter->files)
		return emitter->files(role, fn, arg, err);
	if (emitter->emit(role, &out, err) < 0 || buf_check(&out, err) < 0)
		return -1;
	return fn(arg, emitter->path, emitter->mode, buf_span(&out), err);
}
