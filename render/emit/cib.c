#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "emit/kinds.h"
#include "emit/quote.h"
#include "role/role.h"

#define RESOURCE "openstack-cinder-backup"

static void
add_attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=\"", name);
	quote_xml(value, out);
	buf_byte(out, '"');
}

static void
add_head(struct buf *out)
{
	buf_text(out, "<cib crm_feature_set=\"3.16.1\" validate-with=\"pacemaker-3.9\" epoch=\"7\" "
		      "num_updates=\"0\" admin_epoch=\"0\">\n"
		      "  <configuration>\n"
		      "    <crm_config>\n"
		      "      <cluster_property_set id=\"cib-bootstrap-options\">\n"
		      "        <nvpair id=\"cib-bootstrap-options-stonith-enabled\" "
		      "name=\"stonith-enabled\" value=\"false\"/>\n"
		      "      </cluster_property_set>\n"
		      "    </crm_config>\n");
}

static void
add_nodes(const struct bundle *bundle, struct buf *out)
{
	buf_text(out, bundle->n_nodes ? "    <nodes>\n" : "    <nodes/>\n");
	for (size_t i = 0; i < bundle->n_nodes; i++) {
		const struct cluster_node *node = &bundle->nodes[i];

		buf_printf(out, "      <node id=\"%zu\"", i + 1);
		add_attribute(out, "uname", node->name);
		if (!node->chosen) {
			buf_text(out, "/>\n");
			continue;
		}
		buf_printf(out,
		    ">\n"
		    "        <instance_attributes id=\"nodes-%zu\">\n"
		    "          <nvpair id=\"nodes-%zu-cinder-backup-role\" "
		    "name=\"cinder-backup-role\" value=\"true\"/>\n"
		    "        </instance_attributes>\n"
		    "      </node>\n",
		    i + 1, i + 1);
	}
	if (bundle->n_nodes)
		buf_text(out, "    </nodes>\n");
}

/* The path's id, made fit for XML; a number tells apart what became alike. */
static int
map_id(const struct bundle *bundle, size_t index, char **ids, struct arena *arena, struct err *err)
{
	scoped(buf_drop) struct buf id = BUF(4096);

	quote_id(bundle->maps[index].id, &id);
	if (buf_check(&id, err) < 0)
		return -1;
	ids[index] = arena_text(arena, buf_string(&id), err);
	for (size_t i = 0; ids[index] && i < index; i++)
		if (!strcmp(ids[i], ids[index]))
			ids[index] = arena_printf(arena, err, "%s-%zu", buf_string(&id), index);
	return ids[index] ? 0 : -1;
}

static int
add_storage(const struct role *role, struct buf *out, struct err *err)
{
	const struct bundle *bundle = &role->bundle;
	char **ids = arena_array(role->arena, bundle->n_maps, sizeof(*ids), err);

	if (!ids)
		return -1;
	buf_text(out, "        <storage>\n");
	for (size_t i = 0; i < bundle->n_maps; i++) {
		const struct storage_map *map = &bundle->maps[i];

		if (map_id(bundle, i, ids, role->arena, err) < 0)
			return -1;
		buf_text(out, "          <storage-mapping");
		add_attribute(out, "id", ids[i]);
		add_attribute(out, "source-dir", map->source);
		add_attribute(out, "target-dir", map->target);
		add_attribute(out, "options", map->options);
		buf_text(out, "/>\n");
	}
	buf_text(out, "        </storage>\n");
	return 0;
}

static int
add_bundle(const struct role *role, struct buf *out, struct err *err)
{
	const struct bundle *bundle = &role->bundle;

	buf_text(out, "      <bundle id=\"" RESOURCE "\">\n"
		      "        <meta_attributes id=\"" RESOURCE "-meta_attributes\"/>\n");
	buf_printf(out, "        <%s", bundle->engine);
	add_attribute(out, "image", bundle->image);
	add_attribute(out, "replicas", "1");
	add_attribute(out, "options", bundle->options);
	add_attribute(out, "run-command", bundle->run_command);
	add_attribute(out, "network", "host");
	buf_text(out, "/>\n");
	if (add_storage(role, out, err) < 0)
		return -1;
	buf_text(out, "      </bundle>\n");
	return 0;
}

static void
add_primitive(struct buf *out)
{
	static const struct {
		const char *name, *attribute;
	} ops[] = {
		{ "monitor\" interval=\"60s", "monitor-interval-60s" },
		{ "start\" timeout=\"200s\" interval=\"0s", "start-interval-0s" },
		{ "stop\" timeout=\"200s\" interval=\"0s", "stop-interval-0s" },
	};

	buf_text(out,
	    "      <primitive id=\"" RESOURCE "\" class=\"systemd\" type=\"" RESOURCE "\">\n"
	    "        <operations>\n");
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		buf_printf(out, "          <op name=\"%s\" id=\"" RESOURCE "-%s\"/>\n", ops[i].name,
		    ops[i].attribute);
	buf_text(out, "        </operations>\n      </primitive>\n");
}

static void
add_tail(struct buf *out)
{
	buf_text(out,
	    "    <constraints>\n"
	    "      <rsc_location resource-discovery=\"exclusive\" id=\"location-" RESOURCE
	    "\" rsc=\"" RESOURCE "\">\n"
	    "        <rule id=\"location-" RESOURCE "-rule\" score=\"0\">\n"
	    "          <expression id=\"location-" RESOURCE "-rule-expr\" operation=\"eq\" "
	    "attribute=\"cinder-backup-role\" value=\"true\"/>\n"
	    "        </rule>\n"
	    "      </rsc_location>\n"
	    "    </constraints>\n"
	    "  </configuration>\n"
	    "  <status/>\n"
	    "</cib>\n");
}

int
emit_cib(const struct role *role, struct buf *out, struct err *err)
{
	add_head(out);
	add_nodes(&role->bundle, out);
	buf_text(out, "    <resources>\n");
	if (role->form == ROLE_CLUSTERED)
		add_primitive(out);
	else if (add_bundle(role, out, err) < 0)
		return -1;
	buf_text(out, "    </resources>\n");
	add_tail(out);
	return buf_check(out, err);
}
