#include "role/bundle.h"

#include <string.h>

#include "base/arena.h"
#include "role/hiera.h"

#define BUNDLE "tripleo::profile::pacemaker::cinder::backup_bundle::"

enum { TEXT_MAX = 1 << 16 };

struct reader {
	struct arena *arena;
	const struct hiera *hiera;
	bool modern;
};

bool
bundle_wanted(const struct hiera *hiera)
{
	return hiera_raw(hiera, BUNDLE "cinder_backup_docker_image", NULL);
}

/* The value of a key, or NULL if there is none or it is null. */
static int
look_up(const struct reader *reader, const char *key, const struct value **ret, struct err *err)
{
	int got = hiera_find(reader->hiera, key, ret, NULL, err);

	if (got <= 0 || (*ret)->type == VALUE_NULL)
		*ret = NULL;
	return got < 0 ? -1 : 0;
}

static int
look_up_text(const struct reader *reader, const char *key, const char *dflt, const char **ret,
    struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(TEXT_MAX);
	const struct value *value;

	*ret = dflt;
	if (look_up(reader, key, &value, err) < 0)
		return -1;
	if (!value)
		return 0;
	value_python(value, &text);
	if (buf_check(&text, err) < 0)
		return -1;
	*ret = arena_text(reader->arena, buf_string(&text), err);
	return *ret ? 0 : -1;
}

/* -e for each variable: K=V items of a list, or members of a map. */
static void
add_environment(const struct value *environment, struct buf *out)
{
	if (environment && environment->type == VALUE_LIST) {
		for (size_t i = 0; i < environment->list.count; i++) {
			buf_text(out, " -e ");
			value_python(environment->list.items[i], out);
		}
	}
	if (environment && environment->type == VALUE_MAP) {
		for (size_t i = 0; i < environment->map.count; i++) {
			buf_text(out, " -e ");
			value_python(environment->map.members[i].key, out);
			buf_byte(out, '=');
			value_python(environment->map.members[i].value, out);
		}
	}
	if (!environment)
		buf_text(out, " -e KOLLA_CONFIG_STRATEGY=COPY_ALWAYS");
}

static int
read_options(struct bundle *bundle, const struct reader *reader, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(TEXT_MAX);
	const struct value *environment;
	const char *user, *engine, *priorities, *driver = "journald", *file = "";

	if (look_up(reader, BUNDLE "docker_environment", &environment, err) < 0 ||
	    look_up_text(reader, BUNDLE "bundle_user", "root", &user, err) < 0 ||
	    look_up_text(reader, "container_cli", bundle->engine, &engine, err) < 0 ||
	    look_up_text(reader, "tripleo::pacemaker::tls_priorities", NULL, &priorities, err) < 0)
		return -1;
	buf_printf(&out, "--ipc=host --privileged=true --user=%s", user);
	if (reader->modern &&
	    (look_up_text(reader, BUNDLE "tls_priorities", priorities, &priorities, err) < 0 ||
		look_up_text(reader, BUNDLE "log_driver",
		    strcmp(engine, "podman") != 0 ? "journald" : "k8s-file", &driver, err) < 0 ||
		look_up_text(reader, BUNDLE "log_file",
		    "/var/log/containers/stdouts/openstack-cinder-backup.log", &file, err) < 0))
		return -1;
	buf_printf(&out, " --log-driver=%s", driver);
	if (!strcmp(driver, "k8s-file"))
		buf_printf(&out, " --log-opt path=%s", file);
	add_environment(environment, &out);
	if (priorities)
		buf_printf(&out, " -e PCMK_tls_priorities=%s", priorities);
	if (buf_check(&out, err) < 0)
		return -1;
	bundle->options = arena_text(reader->arena, buf_string(&out), err);
	return bundle->options ? 0 : -1;
}

static char *
map_id(const struct reader *reader, const char *source, struct err *err)
{
	char *id = arena_printf(reader->arena, err, "cinder-backup%s", source);

	for (char *c = id; c && *c; c++)
		if (*c == '/')
			*c = '-';
	return id;
}

/* SRC:DST[:OPTIONS]; a source that is there already is replaced where it stands. */
static int
read_map(
    struct bundle *bundle, const struct reader *reader, const struct value *volume, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(TEXT_MAX);
	struct storage_map map = { .options = "rw" };
	size_t i = 0;

	value_python(volume, &text);
	char *copy = arena_text(reader->arena, buf_string(&text), err);
	if (!copy)
		return -1;
	map.source = strsep(&copy, ":");
	map.target = strsep(&copy, ":");
	if (!map.target || !*map.target)
		return err_at(err, volume->at, ERR_INVALID,
		    "volume %s of the bundle: SOURCE:TARGET[:OPTIONS] wanted", buf_string(&text));
	char *options = strsep(&copy, ":");
	if (options && *options)
		map.options = options;
	map.id = map_id(reader, map.source, err);
	if (!map.id)
		return -1;
	while (i < bundle->n_maps && strcmp(bundle->maps[i].source, map.source) != 0)
		i++;
	bundle->maps[i] = map;
	if (i == bundle->n_maps)
		bundle->n_maps++;
	return 0;
}

/* What puppet-tripleo mounts when it is told of no volumes at all. */
static const char *const fallback[] = {
	"/var/lib/kolla/config_files/cinder_backup.json:/var/lib/kolla/config_files/config.json:ro",
	"/var/lib/config-data/puppet-generated/cinder/:/var/lib/kolla/config_files/src:ro",
	"/etc/hosts:/etc/hosts:ro",
	"/etc/localtime:/etc/localtime:ro",
	"/etc/pki/ca-trust/extracted:/etc/pki/ca-trust/extracted:ro",
	"/etc/pki/tls/certs/ca-bundle.crt:/etc/pki/tls/certs/ca-bundle.crt:ro",
	"/etc/pki/tls/certs/ca-bundle.trust.crt:/etc/pki/tls/certs/ca-bundle.trust.crt:ro",
	"/etc/pki/tls/cert.pem:/etc/pki/tls/cert.pem:ro",
	"/dev/log:/dev/log",
	"/dev:/dev",
	"/run:/run",
	"/sys:/sys",
	"/lib/modules:/lib/modules:ro",
	"/etc/iscsi:/var/lib/kolla/config_files/src-iscsid:ro",
	"/var/lib/cinder:/var/lib/cinder",
	"/var/log/containers/cinder:/var/log/cinder",
};

static int
read_fallback(struct bundle *bundle, const struct reader *reader, struct err *err)
{
	for (size_t i = 0; i < sizeof(fallback) / sizeof(*fallback); i++) {
		const struct value *volume = value_text(reader->arena, fallback[i], err);

		if (!volume || read_map(bundle, reader, volume, err) < 0)
			return -1;
	}
	return 0;
}

static int
read_maps(struct bundle *bundle, const struct reader *reader, struct err *err)
{
	const struct value *volumes;
	size_t count;

	if (look_up(reader, BUNDLE "docker_volumes", &volumes, err) < 0)
		return -1;
	bool listed = volumes && volumes->type == VALUE_LIST && volumes->list.count;
	count = listed ? volumes->list.count : sizeof(fallback) / sizeof(*fallback);
	bundle->maps = arena_array(reader->arena, count, sizeof(*bundle->maps), err);
	if (!bundle->maps)
		return -1;
	if (!listed)
		return read_fallback(bundle, reader, err);
	for (size_t i = 0; i < count; i++)
		if (read_map(bundle, reader, volumes->list.items[i], err) < 0)
			return -1;
	return 0;
}

static bool
is_listed(const struct value *names, const char *name)
{
	for (size_t i = 0; names && names->type == VALUE_LIST && i < names->list.count; i++)
		if (value_is_text(names->list.items[i], name))
			return true;
	return false;
}

/* Nodes of the cluster; chosen are those that the role is deployed on. */
static int
read_nodes(struct bundle *bundle, const struct reader *reader, struct err *err)
{
	const struct value *cluster, *chosen;

	if (look_up(reader, "pacemaker_short_node_names_override", &cluster, err) < 0 ||
	    ((!cluster || !reader->modern) &&
		look_up(reader, "pacemaker_short_node_names", &cluster, err) < 0) ||
	    look_up(reader, "cinder_backup_short_node_names", &chosen, err) < 0)
		return -1;
	if (!cluster || cluster->type != VALUE_LIST)
		return 0;
	bundle->nodes =
	    arena_array(reader->arena, cluster->list.count, sizeof(*bundle->nodes), err);
	if (!bundle->nodes)
		return -1;
	for (size_t i = 0; i < cluster->list.count; i++) {
		const struct value *name = cluster->list.items[i];

		if (name->type != VALUE_TEXT)
			return err_at(err, name->at, ERR_INVALID, "name of a node wanted");
		bundle->nodes[bundle->n_nodes++] = (struct cluster_node){
			.name = name->text.data,
			.chosen = is_listed(chosen, name->text.data),
		};
	}
	return 0;
}

int
bundle_read(struct bundle *ret, struct arena *arena, const struct hiera *hiera, bool container,
    bool modern, struct err *err)
{
	struct reader reader = { arena, hiera, modern };
	struct bundle bundle = { .run_command = "/bin/bash /usr/local/bin/kolla_start" };

	if (container &&
	    (look_up_text(&reader, BUNDLE "container_backend", "docker", &bundle.engine, err) < 0 ||
		look_up_text(&reader, BUNDLE "cinder_backup_docker_image", "", &bundle.image, err) <
		    0 ||
		read_options(&bundle, &reader, err) < 0 || read_maps(&bundle, &reader, err) < 0))
		return -1;
	if (read_nodes(&bundle, &reader, err) < 0)
		return -1;
	*ret = bundle;
	return 0;
}
