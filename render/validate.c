#include "validate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "repair.h"

static const struct check *const tables[] = { environment_checks, run_checks, parameter_checks,
	hiera_checks, settings_checks };

void
validate_tell(const struct inspection *inspection, enum finding_severity severity,
    const char *check, struct place at, const char *hint, const char *fmt, ...)
{
	struct finding finding;
	char text[sizeof(finding.text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	finding = finding_make(severity, check, at, "%s", text);
	finding_hint(&finding, "%s", hint);
	findings_tell(&inspection->render->findings, &finding);
}

const struct hot_parameter *
validate_parameter(const struct inspection *inspection, const char *name)
{
	for (size_t i = 0; i < inspection->n_parameters; i++)
		if (!strcmp(inspection->parameters[i].name, name))
			return &inspection->parameters[i];
	return NULL;
}

bool
validate_begins(const struct value *key, const char *prefix)
{
	return key->type == VALUE_TEXT && !strncmp(key->text.data, prefix, strlen(prefix));
}

static void
run_stage(const struct inspection *inspection, enum stage stage, bool all)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct check *check = tables[i]; check->name; check++)
			if (check->stage == stage && (all || check->always))
				check->run(inspection, check->name);
}

/* What helps where director's own tree of templates is not installed. */
static const char *
hint_for(const struct err *err)
{
	if (err->kind == ERR_NOT_FOUND &&
	    strstr(err->text, "/usr/share/openstack-tripleo-heat-templates/"))
		return "director's templates are not on this machine: map the service to "
		       "templates/docker/services/pacemaker/cinder-backup.yaml of Cinderbank";
	return "";
}

/* An error that ends the run is a finding as well. */
static int
stop(const struct inspection *inspection, const char *check, const struct err *err)
{
	validate_tell(inspection, FINDING_ERROR, check, err->at, hint_for(err), "%s", err->text);
	return 0;
}

/*
 * Heat stops at the first parameter that it refuses.  validate goes on without
 * that one, up to an error that comes of leaving it out.  1: role data, 0.
 */
static int
evaluate(struct inspection *inspection, bool all)
{
	struct render *render = inspection->render;
	struct err refused = ERR_INIT, err = ERR_INIT;
	const char *name = NULL;
	bool good = true;

	while (render_evaluate(render, &refused) < 0) {
		if (good || !strstr(refused.text, name))
			stop(inspection, "template", &refused);
		good = false;
		if (!all || repair_parameter(render, &refused, &name, &err) != 1)
			return 0;
	}
	return 1;
}

int
validate_run(struct render *render, bool all, enum stage until)
{
	struct inspection inspection = { .render = render };
	struct err err = ERR_INIT;

	if (render_load(render, &err) < 0)
		return stop(&inspection, "environment", &err);
	run_stage(&inspection, STAGE_ENVIRONMENT, all);
	render->role.merged = environment_merged(render->environment);
	if (until == STAGE_ENVIRONMENT)
		return 1;
	if (render_find_template(render, &err) < 0)
		return stop(&inspection, "service-missing", &err);
	if (render_parameters(render, &err) < 0)
		return stop(&inspection, "template", &err);
	inspection.parameters = render->parameters;
	inspection.n_parameters = render->n_parameters;
	run_stage(&inspection, STAGE_TEMPLATE, all);
	if (!evaluate(&inspection, all))
		return 0;
	render->role.data = render->role_data;
	if (until == STAGE_TEMPLATE)
		return 1;
	if (render_role(render, &err) < 0)
		return stop(&inspection, "role", &err);
	inspection.release = rules_release(render->role.rules.releases, render->inputs->release);
	run_stage(&inspection, STAGE_ROLE, all);
	return 1;
}
