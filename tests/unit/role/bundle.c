#include "role/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "doc/load.h"
#include "role/hiera.h"

#define KEY "tripleo::profile::pacemaker::cinder::backup_bundle::"

static struct arena *arena;

/* Read a bundle from hiera keys written as YAML. */
static int
read_bundle(const char *yaml, enum bundle_age age, struct bundle *ret, struct err *err)
{
	static const char names[] = "[keys]", none[] = "{}";
	struct doc_loader loader = { .arena = arena };
	struct map_builder levels = { .arena = arena };
	const struct value *data, *order, *facts;
	struct hiera hiera;

	assert_int_equal(doc_parse(&loader, span_of(yaml), "keys", &data, err), 0);
	assert_int_equal(doc_parse(&loader, span_of(names), "names", &order, err), 0);
	assert_int_equal(doc_parse(&loader, span_of(none), "facts", &facts, err), 0);
	assert_int_equal(map_put(&levels, "keys", data, err), 0);
	data = map_done(&levels, (struct place){ 0 }, err);
	assert_int_equal(hiera_make(&hiera, arena, order, data, facts, err), 0);
	return bundle_read(ret, arena, &hiera, true, age, err);
}

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new(4 << 20);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
options_follow_engine_and_environment(void **state)
{
	static const struct {
		const char *yaml;
		enum bundle_age age;
		const char *options;
	} cases[] = {
		{ KEY "docker_environment: [A=1, B=2]", BUNDLE_QUEENS,
		    "--ipc=host --privileged=true --user=root --log-driver=journald -e A=1 -e "
		    "B=2" },
		{ KEY "docker_environment: {A: 1}\n" KEY "bundle_user: me\ncontainer_cli: docker",
		    BUNDLE_TRAIN,
		    "--ipc=host --privileged=true --user=me --log-driver=journald -e A=1" },
		{ KEY "container_backend: podman\ntripleo::pacemaker::tls_priorities: X",
		    BUNDLE_TRAIN,
		    "--ipc=host --privileged=true --user=root --log-driver=k8s-file --log-opt "
		    "path=/var/log/containers/stdouts/openstack-cinder-backup.log "
		    "-e KOLLA_CONFIG_STRATEGY=COPY_ALWAYS -e PCMK_tls_priorities=X" },
		{ KEY "docker_environment: ['', [A=1, [B=2]]]", BUNDLE_STEIN,
		    "--ipc=host --privileged=true --user=root --log-driver=journald -e A=1 -e "
		    "B=2" },
		{ KEY "docker_environment: {A: true}\ncontainer_cli: docker", BUNDLE_YOGA,
		    "--ipc=host --privileged=true --user=root --log-driver=k8s-file --log-opt "
		    "path=/var/log/containers/stdouts/openstack-cinder-backup.log -e A=true" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bundle bundle;
		struct err err = ERR_INIT;

		assert_int_equal(read_bundle(cases[i].yaml, cases[i].age, &bundle, &err), 0);
		assert_string_equal(bundle.options, cases[i].options);
	}
}

static void
a_volume_named_again_replaces_the_first_in_its_place(void **state)
{
	struct bundle bundle;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_bundle(KEY "docker_volumes: ['/a:/1', '/b/:/2:ro:z', '/a:/3:ro']",
			     BUNDLE_QUEENS, &bundle, &err),
	    0);
	assert_int_equal(bundle.n_maps, 2);
	assert_string_equal(bundle.maps[0].target, "/3");
	assert_string_equal(bundle.maps[0].options, "ro");
	assert_string_equal(bundle.maps[1].id, "cinder-backup-b-");
	assert_string_equal(bundle.maps[1].options, "ro");
}

static void
a_volume_without_a_target_is_refused(void **state)
{
	struct bundle bundle;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
	    read_bundle(KEY "docker_volumes: ['/only']", BUNDLE_QUEENS, &bundle, &err), -1);
	assert_non_null(strstr(err.text, "/only"));
}

static void
without_volumes_there_are_sixteen(void **state)
{
	struct bundle bundle;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_bundle(KEY "docker_volumes: []", BUNDLE_QUEENS, &bundle, &err), 0);
	assert_int_equal(bundle.n_maps, 16);
	assert_string_equal(bundle.maps[15].id, "cinder-backup-ceph-cfg-dir");
	assert_string_equal(bundle.maps[9].options, "rw");
	assert_int_equal(read_bundle(KEY "ceph_conf_path: /c", BUNDLE_WALLABY, &bundle, &err), 0);
	assert_string_equal(bundle.maps[15].source, "/c");
	assert_string_equal(bundle.maps[9].options, "rw,z");
}

static void
nodes_are_those_of_the_cluster_that_have_the_service(void **state)
{
	struct bundle bundle;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_bundle("pacemaker_short_node_names: [a, b]\n"
				     "cinder_backup_short_node_names: [b, c]\n",
			     BUNDLE_QUEENS, &bundle, &err),
	    0);
	assert_int_equal(bundle.n_nodes, 2);
	assert_false(bundle.nodes[0].chosen);
	assert_true(bundle.nodes[1].chosen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_follow_engine_and_environment),
		cmocka_unit_test(a_volume_named_again_replaces_the_first_in_its_place),
		cmocka_unit_test(a_volume_without_a_target_is_refused),
		cmocka_unit_test(without_volumes_there_are_sixteen),
		cmocka_unit_test(nodes_are_those_of_the_cluster_that_have_the_service),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
