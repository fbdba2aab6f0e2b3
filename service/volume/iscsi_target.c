#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/scope.h"
#include "volume/iscsi.h"

static int
add_path(
    const char *portal, const char *target, int64_t lun, struct iscsi_target *ret, struct err *err)
{
	struct iscsi_path *path = &ret->paths[ret->n_paths];
	unsigned i;

	if (!portal || !target || !strrchr(portal, ':') || lun < 0 || lun > 16383)
		return err_set(err, ERR_INVALID,
		    "connection of type iscsi: portal %.80s, target %.80s, LUN %lld name no volume",
		    portal ? portal : "(none)", target ? target : "(none)", (long long)lun);
	if (strlen(portal) >= sizeof path->portal || strlen(target) >= sizeof path->target)
		return err_set(err, ERR_INVALID,
		    "connection of type iscsi: the name of a portal or target is too long");
	for (i = 0; i < ret->n_paths; i++)
		if (strcmp(ret->paths[i].portal, portal) == 0 &&
		    strcmp(ret->paths[i].target, target) == 0 && ret->paths[i].lun == lun)
			return 0;
	if (ret->n_paths == ISCSI_PATHS_MAX)
		return 0; /* as many as anybody needs */
	snprintf(path->portal, sizeof path->portal, "%s", portal);
	snprintf(path->target, sizeof path->target, "%s", target);
	path->lun = (int)lun;
	ret->n_paths++;
	return 0;
}

static int64_t
number_of(const struct json *value, int64_t otherwise)
{
	int64_t number;

	return json_number(value, &number) ? number : otherwise;
}

/* The one that is named alone comes first, then those of the lists. */
static int
read_paths(const struct json *data, struct iscsi_target *ret, struct err *err)
{
	const struct json *portals = json_member(data, "target_portals");
	const struct json *targets = json_member(data, "target_iqns");
	const struct json *luns = json_member(data, "target_luns");
	int64_t lun = number_of(json_member(data, "target_lun"), -1);
	const char *portal = json_text(json_member(data, "target_portal"));
	const char *target = json_text(json_member(data, "target_iqn"));
	size_t i;

	if ((portal || !json_count(portals)) && add_path(portal, target, lun, ret, err) < 0)
		return -1;
	for (i = 0; i < json_count(portals); i++) {
		const char *other = json_text(json_element(targets, i));

		if (add_path(json_text(json_element(portals, i)), other ? other : target,
			number_of(json_element(luns, i), lun), ret, err) < 0)
			return -1;
	}
	return 0;
}

static int
read_secret(const struct json *data, const char *key, char ret[256], struct err *err)
{
	const char *text = json_text(json_member(data, key));

	if (text && strlen(text) >= 256)
		return err_set(err, ERR_INVALID, "connection of type iscsi: %s is too long", key);
	snprintf(ret, 256, "%s", text ? text : "");
	return 0;
}

int
iscsi_read_target(const struct json *data, struct iscsi_target *ret, struct err *err)
{
	const char *method = json_text(json_member(data, "auth_method"));
	struct iscsi_target target = { .n_paths = 0 };

	if (read_paths(data, &target, err) < 0)
		return -1;
	if (method && *method && strcmp(method, "CHAP") != 0 && strcmp(method, "None") != 0)
		return err_set(err, ERR_INVALID,
		    "connection of type iscsi: auth_method %.40s is none of CHAP and None", method);
	if (read_secret(data, "auth_username", target.user, err) < 0 ||
	    read_secret(data, "auth_password", target.password, err) < 0)
		return -1;
	*ret = target;
	return 0;
}

/* ---- who asks ---- */

static bool
read_configured(char ret[ISCSI_NAME_MAX])
{
	static const char key[] = "InitiatorName=";
	scoped(scoped_fclose) FILE *file = fopen("/etc/iscsi/initiatorname.iscsi", "re");
	char line[512];

	while (file && fgets(line, sizeof line, file)) {
		line[strcspn(line, " \t\r\n")] = '\0';
		if (strncmp(line, key, sizeof key - 1) != 0 || !line[sizeof key - 1])
			continue;
		snprintf(ret, ISCSI_NAME_MAX, "%.*s", ISCSI_NAME_MAX - 1, line + sizeof key - 1);
		return true;
	}
	return false;
}

void
iscsi_initiator(char ret[ISCSI_NAME_MAX])
{
	char host[64] = "localhost";
	char *c;

	if (read_configured(ret))
		return;
	gethostname(host, sizeof host - 1);
	for (c = host; *c; c++)
		*c = isalnum((unsigned char)*c) || strchr("-.:", *c)
			 ? (char)tolower((unsigned char)*c)
			 : '-';
	snprintf(ret, ISCSI_NAME_MAX, "iqn.2026-11.org.cinderbank:%s", host);
}
