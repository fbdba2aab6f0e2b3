/*
 * The flow of a render: environment files become one environment, environment
 * and templates become role data, role data becomes a role to emit.  Each step
 * may be taken alone, so that validate gets as far as the input allows.
 */
#ifndef CINDERBANK_RENDER_H
#define CINDERBANK_RENDER_H

#include "doc/load.h"
#include "env/environment.h"
#include "hot/template.h"
#include "role/finding.h"
#include "role/role.h"

/* What the command line names; borrowed. */
struct render_inputs {
	struct environment_files files;
	enum merge_style merge;
	const char *templates; /* --templates, or NULL: ours */
	const char *template;  /* --template, or NULL: through the registry */
	const char *values;    /* --values, or NULL: the defaults alone */
	const char *against;   /* --against, or NULL: no earlier run to compare with */
	const char *role;      /* --role, or NULL: RoleName of the values */
	const char *service;   /* "CinderBackup" */
	const char *release;   /* "queens" */
	const char *data_directory;
};

struct render {
	const struct render_inputs *inputs;
	struct findings findings;
	struct arena *arena;
	struct doc_loader loader;
	struct environment *environment;
	const struct value *values;             /* map: properties, hieradata, facts */
	const struct value *parameter_defaults; /* of the values, then of the environment */
	const struct value *earlier;            /* merged environment of an earlier run, or NULL */
	const struct value *roles;              /* of the tree's roles_data.yaml, or NULL */
	const char *role_name;
	const char *service_type;               /* "OS::TripleO::Services::CinderBackup" */
	const char *template;                   /* path of the service template */
	const struct hot_parameter *parameters; /* of the closure; NULL: not read yet */
	size_t n_parameters;
	const struct value *role_data;
	struct role role;
};

/* Begin a render; arena and inputs are borrowed until its end.  Never fails. */
void render_init(struct render *render, const struct render_inputs *inputs, struct arena *arena,
    const struct findings *findings);

/* Read environments and values.  Sets environment, values, parameter_defaults. */
int render_load(struct render *render, struct err *err);

/* Find the service template.  ERR_NOT_FOUND: nothing maps the service to one. */
int render_find_template(struct render *render, struct err *err);

/* Read what parameters it and its nested templates declare. */
int render_parameters(struct render *render, struct err *err);

/* Evaluate it to role_data. */
int render_evaluate(struct render *render, struct err *err);

/* Make the role of it. */
int render_role(struct render *render, struct err *err);

/* What surrounds the templates of this render, for hot_evaluate() and hot_parameters(). */
struct hot_world render_world(struct render *render);

#endif
