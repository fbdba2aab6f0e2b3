#include "base/err.h"
#include "base/scope.h"
#include "emit/kinds.h"
#include "emit/quote.h"
#include "role/role.h"

#define RESOURCE "openstack-cinder-backup"

/* A word "name=value", quoted as a whole. */
static void
add_word(struct buf *out, const char *name, const char *value)
{
	scoped(buf_drop) struct buf word = BUF(1 << 16);

	buf_printf(&word, "%s=%s", name, value);
	buf_byte(out, ' ');
	quote_shell(buf_string(&word), out);
	out->failed = out->failed || word.failed;
}

static void
add_hosts(const struct bundle *bundle, struct buf *out)
{
	for (size_t i = 0; i < bundle->n_hosts; i++) {
		buf_text(out, "pcs -f cib.xml node attribute ");
		quote_shell(bundle->hosts[i], out);
		buf_text(out, " cinder-backup-role=true\n");
	}
}

static void
add_bundle(const struct bundle *bundle, struct buf *out)
{
	buf_printf(
	    out, "pcs -f cib.xml resource bundle create " RESOURCE " container %s", bundle->engine);
	add_word(out, "image", bundle->image);
	buf_text(out, " replicas=1");
	add_word(out, "options", bundle->options);
	add_word(out, "run-command", bundle->run_command);
	buf_text(out, " network=host");
	for (size_t i = 0; i < bundle->n_maps; i++) {
		buf_text(out, " storage-map");
		add_word(out, "id", bundle->maps[i].id);
		add_word(out, "source-dir", bundle->maps[i].source);
		add_word(out, "target-dir", bundle->maps[i].target);
		add_word(out, "options", bundle->maps[i].options);
	}
	buf_text(out, " --disabled\n");
}

/* The order of puppet-pacemaker: a bundle is born disabled, so that it starts nowhere else. */
int
emit_pcs(const struct role *role, struct buf *out, struct err *err)
{
	bool bundle = role->form == ROLE_BUNDLE;

	add_hosts(&role->bundle, out);
	if (bundle)
		add_bundle(&role->bundle, out);
	else
		buf_text(out, "pcs -f cib.xml --force resource create " RESOURCE
			      " systemd:" RESOURCE " op start timeout=200s stop timeout=200s\n");
	buf_text(out, "pcs -f cib.xml constraint location " RESOURCE
		      " rule resource-discovery=exclusive score=0 cinder-backup-role eq true\n");
	if (bundle)
		buf_text(out, "pcs -f cib.xml resource enable " RESOURCE "\n");
	return buf_check(out, err);
}
