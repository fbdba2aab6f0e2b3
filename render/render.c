#include "render.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "env/tree.h"
#include "overrides.h"

enum { PARAMETERS_MAX = 512 };

static const char *const property_names[] = { "ServiceData", "ServiceNetMap", "EndpointMap",
	"DefaultPasswords", "RoleName", "RoleParameters" };

/* A legal but doubtful thing in a file becomes a finding. */
static void
note(void *arg, struct place at, const char *text)
{
	struct render *render = arg;
	struct finding finding = finding_make(
	    FINDING_WARNING, strstr(text, "twice") ? "duplicate-key" : "doubtful", at, "%s", text);

	findings_tell(&render->findings, &finding);
}

void
render_init(struct render *render, const struct render_inputs *inputs, struct arena *arena,
    const struct findings *findings)
{
	*render = (struct render){ .inputs = inputs, .findings = *findings, .arena = arena };
	render->loader = (struct doc_loader){ arena, note, render };
}

/* Members of over replace those of under, key by key. */
static const struct value *
overlay(struct arena *arena, const struct value *under, const struct value *over, struct err *err)
{
	struct map_builder map = { .arena = arena };

	if (under && under->type == VALUE_MAP && map_copy(&map, under, err) < 0)
		return NULL;
	for (size_t i = 0; over && over->type == VALUE_MAP && i < over->map.count; i++)
		if (map_set(&map, over->map.members[i].key, over->map.members[i].value, err) < 0)
			return NULL;
	return map_done(&map, (struct place){ 0 }, err);
}

static int
load_values(struct render *render, struct err *err)
{
	const struct value *ours, *theirs = NULL;
	char *path = arena_printf(render->arena, err, "%s/environments/values/default.yaml",
	    render->inputs->data_directory);

	if (!path || doc_load(&render->loader, path, &ours, err) < 0)
		return -1;
	if (render->inputs->values) {
		if (doc_load(&render->loader, render->inputs->values, &theirs, err) < 0)
			return -1;
		if (theirs->type != VALUE_MAP && theirs->type != VALUE_NULL)
			return err_at(err, theirs->at, ERR_INVALID, "values: a map wanted, not %s",
			    value_type_name(theirs->type));
	}
	render->values = overlay(render->arena, ours, theirs, err);
	return render->values ? 0 : -1;
}

/* Director's own templates are elsewhere: --templates says where, or ours stand for them. */
static int
load_environment(struct render *render, struct err *err)
{
	struct environment_files files = render->inputs->files;
	struct place at;
	struct finding finding;

	files.tree = render->inputs->templates;
	files.partial = !files.tree;
	if (!files.tree)
		files.tree = arena_printf(
		    render->arena, err, "%s/templates", render->inputs->data_directory);
	if (!files.tree || environment_load(&render->environment, &render->loader, &files,
			       render->inputs->merge, err) < 0)
		return -1;
	at = environment_borrowed(render->environment);
	if (at.file) {
		finding = finding_make(FINDING_NOTE, "templates-elsewhere", at,
		    "%s is not on this machine: %s stands for it", TREE_DIRECTOR, files.tree);
		findings_tell(&render->findings, &finding);
	}
	return overrides_refuse(environment_section(render->environment, "resource_registry"), err);
}

/* What an earlier run left: its merged-env.yaml, or the folder of its -o. */
static int
load_earlier(struct render *render, struct err *err)
{
	const char *path = render->inputs->against;
	struct stat about;

	if (!path)
		return 0;
	if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
		path = arena_printf(render->arena, err, "%s/merged-env.yaml", path);
	if (!path || doc_load(&render->loader, path, &render->earlier, err) < 0)
		return -1;
	if (render->earlier->type == VALUE_MAP)
		return 0;
	return err_at(err, render->earlier->at, ERR_INVALID,
	    "%s: no environment of an earlier run, which --emit merged-env writes", path);
}

/* Which services a role has; a tree without that file says nothing. */
static int
load_roles(struct render *render, struct err *err)
{
	char *path;

	if (!render->inputs->templates)
		return 0;
	path = arena_printf(render->arena, err, "%s/roles_data.yaml", render->inputs->templates);
	if (!path)
		return -1;
	return access(path, R_OK) < 0 ? 0 : doc_load(&render->loader, path, &render->roles, err);
}

int
render_load(struct render *render, struct err *err)
{
	const char *service = render->inputs->service;
	const struct value *role;

	if (load_values(render, err) < 0 || load_environment(render, err) < 0 ||
	    load_earlier(render, err) < 0 || load_roles(render, err) < 0)
		return -1;
	render->parameter_defaults =
	    overlay(render->arena, value_get(render->values, "parameter_defaults"),
		environment_section(render->environment, "parameter_defaults"), err);
	if (!render->parameter_defaults)
		return -1;
	role = value_get(render->values, "RoleName");
	render->role_name = render->inputs->role ? render->inputs->role
			    : role && role->type == VALUE_TEXT && role->text.length
				? role->text.data
				: "Controller";
	render->service_type = strstr(service, "::") ? service
						     : arena_printf(render->arena, err,
							   "OS::TripleO::Services::%s", service);
	return render->service_type ? 0 : -1;
}

/* Where a tree of templates keeps the backup service's, by age. */
static int
find_in_tree(struct render *render, struct err *err)
{
	static const char *const places[] = {
		"docker/services/pacemaker/cinder-backup.yaml",
		"deployment/cinder/cinder-backup-pacemaker-puppet.yaml",
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		char *path =
		    arena_printf(render->arena, err, "%s/%s", render->inputs->templates, places[i]);

		if (!path)
			return -1;
		if (access(path, R_OK) == 0) {
			render->template = path;
			return 0;
		}
	}
	return err_set(err, ERR_NOT_FOUND, "%s: no template of the backup service in this tree",
	    render->inputs->templates);
}

/* What the registry names may be a file that only director has. */
static int
check_template(const struct render *render, struct place at, struct err *err)
{
	if (access(render->template, R_OK) == 0)
		return 0;
	err_sys(err, "could not fetch contents for %s", render->template);
	err->at = at;
	return -1;
}

int
render_find_template(struct render *render, struct err *err)
{
	const char *type = render->service_type;
	struct place at = { 0 };

	if (render->inputs->template) {
		int status = tree_substitute(render->arena, render->inputs->templates,
		    render->inputs->template, &render->template, err);

		if (status == 0)
			render->template = render->inputs->template;
		return status < 0 ? -1 : 0;
	}
	/* One type may stand for another; a chain of them ends. */
	for (unsigned steps = 0; steps < 8; steps++) {
		const char *to = environment_template(render->environment, type, &at);

		if (!to && type == render->service_type && render->inputs->templates)
			return find_in_tree(render, err);
		if (!to && type == render->service_type)
			return err_set(err, ERR_NOT_FOUND,
			    "%s is not mapped to a template: the service would not be deployed; "
			    "give -e environments/cinder-backup-swift.yaml, -ceph or -nfs, or "
			    "--template FILE",
			    type);
		if (!to)
			break;
		if (!strstr(to, "::")) {
			render->template = to;
			return check_template(render, at, err);
		}
		type = to;
	}
	return err_at(err, at, ERR_INVALID, "%s is mapped to %s: the service would not be deployed",
	    render->service_type, type);
}

static const char *
type_of(void *arg, const char *type, struct place *ret_place)
{
	const struct render *render = arg;

	return environment_template(render->environment, type, ret_place);
}

struct hot_world
render_world(struct render *render)
{
	return (struct hot_world){
		.loader = &render->loader,
		.parameter_defaults = render->parameter_defaults,
		.type = type_of,
		.type_arg = render,
		.nested = true,
	};
}

/* Parameters of the closure, as they are told of. */
struct collection {
	struct hot_parameter *parameters;
	size_t count;
};

static int
keep_parameter(void *arg, const struct hot_parameter *parameter, struct err *err)
{
	struct collection *collection = arg;

	if (collection->count == PARAMETERS_MAX)
		return err_set(err, ERR_INVALID, "more than %d parameters", PARAMETERS_MAX);
	collection->parameters[collection->count++] = *parameter;
	return 0;
}

int
render_parameters(struct render *render, struct err *err)
{
	struct hot_world world = render_world(render);
	struct collection collection = { 0 };

	if (render->parameters)
		return 0;
	collection.parameters =
	    arena_array(render->arena, PARAMETERS_MAX, sizeof(*collection.parameters), err);
	if (!collection.parameters ||
	    hot_parameters(&world, render->template, keep_parameter, &collection, err) < 0)
		return -1;
	render->parameters = collection.parameters;
	render->n_parameters = collection.count;
	return 0;
}

/* The chain of a release hands over what its services declare: DefaultPasswords went in wallaby. */
static bool
takes(const struct render *render, const char *name)
{
	for (size_t i = 0; i < render->n_parameters; i++)
		if (!strcmp(render->parameters[i].name, name) &&
		    !strcmp(render->parameters[i].template, render->template))
			return true;
	return false;
}

/* What the plan's chain of resources hands to every service. */
static const struct value *
properties(struct render *render, struct err *err)
{
	struct map_builder map = { .arena = render->arena };
	const struct value *role = value_text(render->arena, render->role_name, err);

	for (size_t i = 0; i < sizeof(property_names) / sizeof(*property_names); i++) {
		const struct value *value = value_get(render->values, property_names[i]);

		if (value && takes(render, property_names[i]) &&
		    map_put(&map, property_names[i], value, err) < 0)
			return NULL;
	}
	if (!role || (takes(render, "RoleName") && map_put(&map, "RoleName", role, err) < 0))
		return NULL;
	return map_done(&map, (struct place){ 0 }, err);
}

int
render_evaluate(struct render *render, struct err *err)
{
	struct hot_world world = render_world(render);
	const struct value *given, *outputs;

	if (render_parameters(render, err) < 0)
		return -1;
	given = properties(render, err);
	if (!given || hot_evaluate(&world, render->template, given, &outputs, err) < 0)
		return -1;
	render->role_data = value_get(outputs, "role_data");
	if (!render->role_data || render->role_data->type != VALUE_MAP)
		return err_set(
		    err, ERR_INVALID, "%s: no output role_data that is a map", render->template);
	return 0;
}

static const struct value *
map_of_values(const struct render *render, const char *name)
{
	const struct value *value = value_get(render->values, name);

	return value && value->type == VALUE_MAP ? value : NULL;
}

int
render_role(struct render *render, struct err *err)
{
	const struct role_source source = {
		.loader = &render->loader,
		.data_directory = render->inputs->data_directory,
		.release = render->inputs->release,
		.name = render->role_name,
		.role_data = render->role_data,
		.merged = environment_merged(render->environment),
		.parameters = render->parameter_defaults,
		.hieradata = map_of_values(render, "hieradata"),
		.facts = map_of_values(render, "facts"),
		.findings = &render->findings,
	};

	return role_read(&render->role, &source, err);
}
