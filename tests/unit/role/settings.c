/*
 * What ExtraConfig does to cinder.conf, against what Hiera and Puppet of queens
 * and train made of the same keys (data/config_expected.json).
 */
#include "role/settings.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "doc/load.h"
#include "role/finding.h"
#include "role/hiera.h"
#include "role/rules.h"

enum { LINES_MAX = 256, TEXT_MAX = 8192 };

/* Lines of a cinder.conf as "section\tname\tvalue". */
struct lines {
	const char *text[LINES_MAX];
	size_t count;
};

struct fixture {
	struct arena *arena;
	struct doc_loader loader;
	const struct value *cases, *expected, *services;
	char errors[TEXT_MAX]; /* findings of the last run that stop a deployment */
};

static const struct value *
load(struct fixture *f, const char *name)
{
	const struct value *value;
	struct err err = ERR_INIT;
	char path[512];

	snprintf(path, sizeof(path), "%s/unit/role/data/%s", TESTS_DIR, name);
	if (doc_load(&f->loader, path, &value, &err) < 0)
		fail_msg("%s", err.text);
	return value;
}

static int
set_up(void **state)
{
	static struct fixture f;

	f.arena = arena_new(64 << 20);
	f.loader = (struct doc_loader){ .arena = f.arena };
	f.cases = load(&f, "config_cases.json");
	f.expected = load(&f, "config_expected.json");
	f.services = load(&f, "service_configs.json");
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	return 0;
}

static void
note_error(void *arg, const struct finding *finding)
{
	struct fixture *f = arg;
	size_t used = strlen(f->errors);

	if (finding->severity >= FINDING_REFUSED)
		snprintf(f->errors + used, sizeof(f->errors) - used, "%s\n", finding->text);
}

static void
lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

static void
put(struct map_builder *map, const char *key, const struct value *value)
{
	struct err err = ERR_INIT;

	if (value)
		assert_int_equal(map_put(map, key, value, &err), 0);
}

static const struct value *
facts(struct fixture *f)
{
	static const char text[] = "{role: controller, uuid: node-1, hostname: controller-0}";
	const struct value *value;
	struct err err = ERR_INIT;

	assert_int_equal(doc_parse(&f->loader, span_of(text), "facts", &value, &err), 0);
	return value;
}

/* Settings of a backend with a case's extra levels; case NULL: without any. */
static void
run(struct fixture *f, const char *release, const struct value *one, const char *backend,
    struct settings *ret)
{
	struct map_builder levels = { .arena = f->arena };
	struct findings findings = { note_error, f };
	struct rules rules;
	struct hiera hiera;
	struct err err = ERR_INIT;
	char class[128];
	const char *classes[] = { class };

	f->errors[0] = '\0';
	snprintf(class, sizeof(class), "tripleo::profile::base::cinder::backup::%s", backend);
	put(&levels, "service_configs", value_get(f->services, release));
	put(&levels, "extraconfig", one ? value_get(one, "extra") : NULL);
	put(&levels, "controller_extraconfig", one ? value_get(one, "role") : NULL);
	put(&levels, "node-1", one ? value_get(one, "node") : NULL);
	const struct value *data = map_done(&levels, (struct place){ 0 }, &err);
	if (rules_load(&rules, &f->loader, DATA_DIR "/puppet-hiera", release, classes, 1, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(hiera_make(&hiera, f->arena, rules.hierarchy, data, facts(f), &err), 0);
	struct settings_source source = { f->arena, &rules, &hiera, release, &findings };
	if (settings_make(ret, &source, &err) < 0)
		fail_msg("%s", err.text);
}

static void
add(struct fixture *f, struct lines *lines, const char *section, const char *name,
    const char *value)
{
	struct err err = ERR_INIT;
	char *text = arena_printf(f->arena, &err, "%s\t%s\t%s", section, name, value);

	assert_true(lines->count < LINES_MAX);
	lines->text[lines->count++] = text;
}

/* Options of an older file, which stay unless a line sets or removes them. */
static void
add_seed(struct fixture *f, struct lines *lines, const char *seed, const struct settings *settings)
{
	struct err err = ERR_INIT;
	char *text = arena_text(f->arena, seed, &err), *line, *section = text;

	while ((line = strsep(&text, "\n"))) {
		char *equals = strchr(line, '=');
		bool ours = false;

		if (*line == '[') {
			section = line + 1;
			section[strcspn(section, "]")] = '\0';
		}
		if (*line == '#' || !equals)
			continue;
		*equals = '\0';
		line[strcspn(line, " ")] = '\0';
		for (size_t i = 0; i < settings->count; i++)
			ours = ours || (!strcmp(settings->lines[i].section, section) &&
					   !strcmp(settings->lines[i].name, line));
		if (!ours)
			add(f, lines, section, line, equals + 1 + strspn(equals + 1, " "));
	}
}

static void
collect(struct fixture *f, struct lines *lines, const struct settings *settings,
    const struct value *seed)
{
	lines->count = 0;
	for (size_t i = 0; i < settings->count; i++)
		if (!settings->lines[i].absent)
			add(f, lines, settings->lines[i].section, settings->lines[i].name,
			    settings->lines[i].value);
	if (seed)
		add_seed(f, lines, seed->text.data, settings);
}

static bool
has(const struct lines *lines, const char *text)
{
	for (size_t i = 0; i < lines->count; i++)
		if (!strcmp(lines->text[i], text))
			return true;
	return false;
}

/* What is in one and not in the other must be exactly the expected triples. */
static void
compare(struct fixture *f, const char *what, const struct lines *in, const struct lines *not_in,
    const struct value *expected)
{
	struct lines want = { .count = 0 };
	size_t found = 0;

	for (size_t i = 0; i < expected->list.count; i++) {
		const struct value *triple = expected->list.items[i];

		add(f, &want, triple->list.items[0]->text.data, triple->list.items[1]->text.data,
		    triple->list.items[2]->text.data);
	}
	for (size_t i = 0; i < in->count; i++) {
		if (has(not_in, in->text[i]))
			continue;
		found++;
		if (!has(&want, in->text[i]))
			fail_msg("%s: unexpected: %s", what, in->text[i]);
	}
	if (found != want.count)
		fail_msg("%s: %zu lines, %zu expected", what, found, want.count);
}

/* Our refusal must name the same kind and the same option. */
static void
compare_error(struct fixture *f, const char *what, const char *expected)
{
	static const char *const kinds[] = { "duplicate declaration", "no parameter named 'vlaue'",
		"valid values match", "invalid value \"gone\"", "default/foo", "default/debug",
		"default/backup_driver", "default/backup_compression_algorithm", "[foo]" };
	char want[1024];

	snprintf(want, sizeof(want), "%s", expected);
	lower(want);
	lower(f->errors);
	if (!*f->errors)
		fail_msg("%s: not refused", what);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strstr(want, kinds[i]) && !strstr(f->errors, kinds[i]))
			fail_msg("%s: \"%s\" is not in: %s", what, kinds[i], f->errors);
}

static void
check_case(struct fixture *f, const struct value *one, const char *release)
{
	const char *name = value_get(one, "name")->text.data;
	const struct value *want = value_get(value_get(f->expected, name), release);
	const struct value *backend = value_get(one, "backend");
	const char *of = backend ? backend->text.data : "ceph";
	struct settings settings;
	struct lines before, after;
	char what[128];

	snprintf(what, sizeof(what), "%s, %s", name, release);
	run(f, release, NULL, of, &settings);
	collect(f, &before, &settings, NULL);
	run(f, release, one, of, &settings);
	collect(f, &after, &settings, value_get(one, "seed"));
	if (value_get(want, "error")) {
		compare_error(f, what, value_get(want, "error")->text.data);
		return;
	}
	if (*f->errors)
		fail_msg("%s: refused: %s", what, f->errors);
	compare(f, what, &after, &before, value_get(want, "added"));
	compare(f, what, &before, &after, value_get(want, "removed"));
}

static void
extra_config_adds_and_removes_what_puppet_does(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < f->cases->list.count; i++) {
		check_case(f, f->cases->list.items[i], "queens");
		check_case(f, f->cases->list.items[i], "train");
	}
}

static void
what_the_guide_promises_is_rendered_though_puppet_refuses_it(void **state)
{
	struct fixture *f = *state;
	struct settings settings;

	for (size_t i = 0; i < f->cases->list.count; i++) {
		const struct value *one = f->cases->list.items[i];

		if (!value_is_text(value_get(one, "name"), "appendix-a-compression-nfs"))
			continue;
		run(f, "queens", one, "nfs", &settings);
		const struct setting_line *line =
		    settings_find(&settings, "DEFAULT", "backup_compression_algorithm");
		assert_non_null(line);
		assert_string_equal(line->value, "None");
	}
}

static void
a_list_is_several_lines_from_wallaby_on(void **state)
{
	static const char text[] =
	    "extra: {'cinder::config::cinder_config': {DEFAULT/foo: {value: [a, b]}}}";
	static const struct {
		const char *release;
		size_t lines;
	} cases[] = { { "queens", 1 }, { "victoria", 1 }, { "wallaby", 2 }, { "zed", 2 } };
	struct fixture *f = *state;
	const struct value *one;
	struct err err = ERR_INIT;

	assert_int_equal(doc_parse(&f->loader, span_of(text), "case", &one, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct settings settings;
		size_t found = 0;

		run(f, cases[i].release, one, "nfs", &settings);
		for (size_t k = 0; k < settings.count; k++)
			found += !strcmp(settings.lines[k].name, "foo");
		assert_int_equal(found, cases[i].lines);
	}
}

/* What puppet-cinder 21 (zed), run by Puppet 7, wrote for a value. */
static void
values_become_lines_as_in_zed(void **state)
{
	static const struct {
		const char *value, *lines; /* lines: behind | each; "" none; NULL: refused */
	} cases[] = {
		{ "[a, b]", "|a|b" },
		{ "[]", "" },
		{ "[a]", "|a" },
		{ "[true, 'FALSE', 3, 2.5]", "|True|False|3|2.5" },
		{ "[null, x]", "||x" },
		{ "[a, a]", "|a|a" },
		{ "[<SERVICE DEFAULT>]", "" },
		{ "true", "|True" },
		{ "'TRUE'", "|True" },
		{ "'yes'", "|yes" },
		{ "2.0", "|2.0" },
		{ "'  a  b  '", "|a  b" },
		{ "''", "|" },
		{ "null", "" },
		{ "<SERVICE DEFAULT>", "" },
		{ "\"a\\tb\"", "|a\tb" },
		{ "\"a\\n\"", "|a" },
		{ "\"a\\nb\"", "|a" },
		/* Written as it is, and told of. */
		{ "\"a\\nb=c\\n=\"", "|a\nb=c" },
		{ "{a: 1}", "|{\"a\"=>1}" },
		{ "[[a, 1], {b: ~}]", "|[\"a\", 1]|{\"b\"=>nil}" },
		{ "[<SERVICE DEFAULT>, a]", "|<SERVICE DEFAULT>|a" },
		{ "100000000000000000000", NULL },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		scoped(buf_drop) struct buf lines = BUF(256);
		struct settings settings;
		const struct value *one;
		struct err err = ERR_INIT;
		char *text = arena_printf(f->arena, &err,
		    "extra: {'cinder::config::cinder_config': {DEFAULT/foo: {value: %s}}}",
		    cases[i].value);

		assert_int_equal(doc_parse(&f->loader, span_of(text), "case", &one, &err), 0);
		run(f, "zed", one, "ceph", &settings);
		for (size_t k = 0; k < settings.count; k++)
			if (!strcmp(settings.lines[k].name, "foo") && !settings.lines[k].absent)
				buf_printf(&lines, "|%s", settings.lines[k].value);
		if ((*f->errors != 0) != (!cases[i].lines || strchr(cases[i].lines, '\n')))
			fail_msg("%s: %s", cases[i].value, f->errors);
		if (cases[i].lines)
			assert_string_equal(buf_string(&lines), cases[i].lines);
	}
}

/* Of each release, as puppet-cinder and puppet-oslo have it. */
static const struct {
	const char *release, *extra, *option, *value; /* value: NULL refused */
} checked[] = {
	{ "queens", "'cinder::backup::enabled': yes", "debug", "False" },
	{ "queens", "'cinder::backup::enabled': 'yes'", "debug", NULL },
	{ "queens", "'cinder::debug': maybe", "debug", NULL },
	{ "queens", "'cinder::debug': 'on'", "debug", NULL },
	{ "queens", "'cinder::debug': 42", "debug", "True" },
	{ "queens", "'cinder::debug': [x]", "debug", "True" },
	{ "queens", "'cinder::logging::log_dir': /x", "log_dir", "/var/log/cinder" },
	{ "queens", "'cinder::logging::log_dir': /x, 'cinder::log_dir': ''", "log_dir", "/x" },
	{ "queens", "'cinder::logging::log_dir': ''", "log_dir", "" },
	{ "queens", "'cinder::rabbit_hosts': [a]", "rabbit_ha_queues", "" },
	{ "queens", "'cinder::rabbit_hosts': [a, b]", "rabbit_ha_queues", "True" },
	{ "queens", "'cinder::rabbit_hosts': ab", "rabbit_ha_queues", "True" },
	{ "queens", "'cinder::rabbit_hosts': 5", "rabbit_hosts", NULL },
	{ "queens", "'cinder::host': 9223372036854775808", "host", NULL },
	{ "train", "'cinder::default_availability_zone': false", "default_availability_zone",
	    "nova" },
	{ "train", "'cinder::ceilometer::notification_topics': [a, [b]]", "topics", "a,b" },
	{ "queens", "'cinder::backup::nfs::backup_share': 5", "backup_share", NULL },
	{ "queens", "'cinder::kombu_compression': gzip", "kombu_compression", "gzip" },
	{ "queens", "'cinder::kombu_compression': lzma", "kombu_compression", NULL },
	{ "queens", "'cinder::kombu_ssl_keyfile': /k", "ssl_key_file", NULL },
	{ "queens", "'cinder::kombu_ssl_keyfile': /k, 'cinder::rabbit_use_ssl': true",
	    "ssl_key_file", "/k" },
	{ "queens", "'cinder::logging::log_facility': ''", "syslog_log_facility", NULL },
	{ "queens", "'cinder::rabbit_hosts': [a, b]", "rabbit_hosts", "a,b" },
	{ "queens", "'cinder::rabbit_hosts': [a, b]", "rabbit_port", "" },
	{ "queens", "'cinder::config::cinder_config': {DEFAULT/foo: }", "foo", NULL },
	{ "queens", "'cinder::config::cinder_config': {DEFAULT/foo: {value: 1, secret: no-yes}}",
	    "foo", NULL },
	{ "queens", "'cinder::config::cinder_config': {DEFAULT/foo: {value: 1, require: x}}", "foo",
	    NULL },
	{ "queens", "'cinder::config::cinder_config': {DEFAULT/foo: {value: 1, noop: true}}", "foo",
	    "" },
	{ "queens", "'cinder::config::cinder_config': {'DEFAULT/foo ': {value: 1}}", "foo", "1" },
	{ "queens", "'cinder::database_max_overflow': 7", "max_overflow", "7" },
	{ "queens", "'cinder::glance::glance_api_servers': [a, [b, 2]]", "glance_api_servers",
	    "a,b,2" },
	{ "zed", "'cinder::glance::glance_api_servers': [a, b]", "glance_api_servers", "a,b" },
	{ "wallaby", "'cinder::keymgr_encryption_auth_url': ''", "auth_endpoint", NULL },
	{ "victoria", "'cinder::keymgr_encryption_auth_url': ''", "auth_endpoint", "" },
	{ "train", "'oslo_messaging_rpc_use_ssl': 1", "transport_url", NULL },
	{ "zed", "'cinder::quota::quota_backups': 3", "quota_backups", "3" },
	{ "stein", "'cinder::use_syslog': true", "use_syslog", "" },
	{ "rocky", "'cinder::use_syslog': true", "use_syslog", "True" },
	{ "ussuri", "'cinder::notification_driver': noop", "driver", "noop" },
	{ "zed", "'cinder::nova::system_scope': all", "project_name", "" },
	{ "victoria", "'cinder::nova::auth_type': v3token", "username", "nova" },
	{ "ussuri", "'cinder::nova::auth_type': v3token", "username", "" },
};

static void
values_that_puppet_checks_are_refused_as_by_puppet(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(checked) / sizeof(*checked); i++) {
		const struct value *one;
		struct settings settings;
		const char *value = "";
		struct err err = ERR_INIT;
		char *text = arena_printf(f->arena, &err, "extra: {%s}", checked[i].extra);

		assert_int_equal(doc_parse(&f->loader, span_of(text), "case", &one, &err), 0);
		run(f, checked[i].release, one, "nfs", &settings);
		for (size_t k = 0; k < settings.count; k++)
			if (!strcmp(settings.lines[k].name, checked[i].option) &&
			    strcmp(settings.lines[k].section, "service_user") != 0 &&
			    !settings.lines[k].absent)
				value = settings.lines[k].value;
		if ((*f->errors != 0) != !checked[i].value)
			fail_msg("%s, %s: %s", checked[i].release, checked[i].extra, f->errors);
		if (checked[i].value && strcmp(value, checked[i].value) != 0)
			fail_msg("%s, %s: %s", checked[i].release, checked[i].extra, value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_that_puppet_checks_are_refused_as_by_puppet),
		cmocka_unit_test(extra_config_adds_and_removes_what_puppet_does),
		cmocka_unit_test(what_the_guide_promises_is_rendered_though_puppet_refuses_it),
		cmocka_unit_test(a_list_is_several_lines_from_wallaby_on),
		cmocka_unit_test(values_become_lines_as_in_zed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
