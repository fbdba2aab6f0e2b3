#include <string.h>

#include "base/err.h"
#include "base/scope.h"
#include "emit/kinds.h"
#include "emit/quote.h"
#include "role/role.h"

enum { WORD_MAX = 1 << 16 };

static void
add_words(struct buf *out, const char *option, const struct value *values)
{
	for (size_t i = 0; values && values->type == VALUE_LIST && i < values->list.count; i++) {
		scoped(buf_drop) struct buf word = BUF(WORD_MAX);

		value_python(values->list.items[i], &word);
		buf_text(out, " \\\n    ");
		if (option)
			buf_printf(out, "%s ", option);
		quote_systemd(buf_string(&word), out);
	}
}

/* An option of the engine, if the container has it: text or truth. */
static void
add_option(struct buf *out, const char *option, const struct value *value)
{
	scoped(buf_drop) struct buf word = BUF(WORD_MAX);

	if (!value || value->type == VALUE_NULL)
		return;
	if (value->type == VALUE_BOOL)
		buf_printf(&word, "%s=%s", option, value->boolean ? "true" : "false");
	else {
		buf_printf(&word, "%s=", option);
		value_python(value, &word);
	}
	buf_text(out, " \\\n    ");
	quote_systemd(buf_string(&word), out);
}

/* K=V items, or a map of them. */
static void
add_environment(struct buf *out, const struct value *values)
{
	add_words(out, "-e", values);
	for (size_t i = 0; values && values->type == VALUE_MAP && i < values->map.count; i++) {
		scoped(buf_drop) struct buf word = BUF(WORD_MAX);

		value_python(values->map.members[i].key, &word);
		buf_byte(&word, '=');
		value_python(values->map.members[i].value, &word);
		buf_text(out, " \\\n    -e ");
		quote_systemd(buf_string(&word), out);
	}
}

/* "docker run" and what the container is given. */
static void
add_run(const char *engine, const char *name, const struct value *container, struct buf *out)
{
	static const struct {
		const char *key, *option;
	} options[] = {
		{ "net", "--net" },
		{ "ipc", "--ipc" },
		{ "pid", "--pid" },
		{ "privileged", "--privileged" },
		{ "user", "--user" },
	};
	const struct value *command = value_get(container, "command");
	const struct value *image = value_get(container, "image");

	buf_printf(out, "/usr/bin/%s run --rm --name %s", engine, name);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		add_option(out, options[i].option, value_get(container, options[i].key));
	add_environment(out, value_get(container, "environment"));
	add_words(out, "-v", value_get(container, "volumes"));
	buf_text(out, " \\\n    ");
	if (image && image->type == VALUE_TEXT)
		quote_systemd(image->text.data, out);
	add_words(out, NULL, command);
	if (command && command->type == VALUE_TEXT)
		buf_printf(out, " \\\n    %s", command->text.data);
	buf_byte(out, '\n');
}

static void
add_container(const struct role *role, struct buf *out)
{
	const char *engine = role->modern ? "podman" : "docker";
	const char *name = role->container_name;

	buf_printf(out,
	    "[Unit]\n"
	    "Description=Block Storage backup, in a container\n"
	    "%s"
	    "After=network-online.target%s\n"
	    "Wants=network-online.target\n"
	    "\n"
	    "[Service]\n",
	    role->modern ? "" : "Requires=docker.service\n", role->modern ? "" : " docker.service");
	for (size_t i = 0; i < role->preparations->map.count; i++) {
		const struct member *member = &role->preparations->map.members[i];

		buf_printf(
		    out, "ExecStartPre=-/usr/bin/%s rm -f %s\n", engine, member->key->text.data);
		buf_text(out, "ExecStartPre=");
		add_run(engine, member->key->text.data, member->value, out);
	}
	buf_printf(out, "ExecStartPre=-/usr/bin/%s rm -f %s\n", engine, name);
	buf_text(out, "ExecStart=");
	add_run(engine, name, role->container, out);
	buf_printf(out,
	    "ExecStop=-/usr/bin/%s stop -t 120 %s\n"
	    "Restart=always\n"
	    "RestartSec=5\n",
	    engine, name);
}

/* To stop takes more than graceful_shutdown_timeout, after which jobs are ended in order. */
static void
add_plain(const struct role *role, struct buf *out)
{
	buf_text(out, "[Unit]\n"
		      "Description=Block Storage backup\n"
		      "After=network-online.target\n"
		      "Wants=network-online.target\n"
		      "\n"
		      "[Service]\n"
		      "Type=simple\n"
		      "User=cinder\n"
		      "ExecStart=/usr/bin/cinder-backup --config-file /etc/cinder/cinder.conf\n"
		      "TimeoutStopSec=120\n"
		      "KillMode=mixed\n");
	/* Under Pacemaker, a restart of systemd's own would hide the failure from it. */
	if (role->form == ROLE_PLAIN)
		buf_text(out, "Restart=on-failure\nRestartSec=5\n");
}

int
emit_systemd(const struct role *role, struct buf *out, struct err *err)
{
	if (role->form == ROLE_CONTAINER)
		add_container(role, out);
	else
		add_plain(role, out);
	/* Pacemaker alone starts what it keeps. */
	if (role->form != ROLE_CLUSTERED)
		buf_text(out, "\n[Install]\nWantedBy=multi-user.target\n");
	return buf_check(out, err);
}
