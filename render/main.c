#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "base/arena.h"
#include "datadir.h"
#include "emit/emit.h"
#include "explain.h"
#include "report.h"
#include "validate.h"
#include "write.h"

enum { EXIT_GOOD, EXIT_INPUT, EXIT_USAGE, ARENA_MAX = 512 << 20 };

/* Where the files of a render go. */
struct target {
	const char *directory; /* NULL: standard output */
	bool headings;         /* several files follow each other */
	size_t count;
};

static int
put_file(void *arg, const char *path, mode_t mode, struct span text, struct err *err)
{
	struct target *target = arg;

	if (target->directory)
		return write_file(target->directory, path, mode, text, err);
	if (target->headings)
		printf("%s==> %s <==\n", target->count++ ? "\n" : "", path);
	if (fwrite(text.data, 1, text.length, stdout) != text.length)
		return err_sys(err, "writing to standard output");
	return 0;
}

/* One kind to standard output is that kind's one text, as it is. */
static int
put_alone(const struct emitter *emitter, const struct role *role, struct err *err)
{
	const struct emitter whole = {
		.path = emitter->path, .mode = emitter->mode, .emit = emitter->emit
	};
	struct target target = { 0 };

	return emitter_files(&whole, role, put_file, &target, err);
}

static bool
is_named(const struct arguments *arguments, const struct emitter *emitter)
{
	for (size_t i = 0; i < arguments->n_kinds; i++)
		if (arguments->kinds[i] == emitter)
			return true;
	return false;
}

static int
emit(const struct arguments *arguments, const struct role *role, struct err *err)
{
	struct target target = { .directory = arguments->output, .headings = true };

	for (const struct emitter *emitter = emitters; emitter->name; emitter++) {
		if (arguments->n_kinds && !is_named(arguments, emitter))
			continue;
		bool applies = emitter_applies(emitter, role);
		if (!arguments->n_kinds && !applies)
			continue;
		if (!applies)
			return err_set(err, ERR_INVALID,
			    "--emit %s: the service is rendered as %s, which has none",
			    emitter->name, role_form_name(role->form));
		if (arguments->n_kinds == 1 && !arguments->output)
			return put_alone(emitter, role, err);
		if (emitter_files(emitter, role, put_file, &target, err) < 0)
			return -1;
	}
	return 0;
}

static int
fail(const struct err *err)
{
	struct finding finding = finding_make(FINDING_ERROR, "error", err->at, "%s", err->text);

	report_line(stderr, &finding, false);
	return EXIT_INPUT;
}

/* How far the kinds that are asked for need the render to go. */
static enum stage
last_stage(const struct arguments *arguments)
{
	static const enum stage stages[] = { [EMIT_FROM_ROLE] = STAGE_ROLE,
		[EMIT_FROM_ROLE_DATA] = STAGE_TEMPLATE,
		[EMIT_FROM_ENVIRONMENT] = STAGE_ENVIRONMENT };
	enum stage last = arguments->n_kinds ? STAGE_ENVIRONMENT : STAGE_ROLE;

	for (size_t i = 0; i < arguments->n_kinds; i++)
		if (stages[arguments->kinds[i]->from] > last)
			last = stages[arguments->kinds[i]->from];
	return last;
}

static int
run_render(const struct arguments *arguments, struct render *render, struct report *report)
{
	int made = validate_run(render, false, last_stage(arguments));
	struct err err = ERR_INIT;

	for (size_t i = 0; i < report->count; i++)
		report_line(stderr, &report->findings[i], false);
	if (!made || report_errors(report, false))
		return EXIT_INPUT;
	if (emit(arguments, &render->role, &err) < 0)
		return fail(&err);
	return EXIT_GOOD;
}

static int
run_validate(const struct arguments *arguments, struct render *render, struct report *report)
{
	struct err err = ERR_INIT;

	validate_run(render, true, STAGE_ROLE);
	if (report_print(report, arguments->format, stdout, &err) < 0)
		return fail(&err);
	return report_errors(report, true) ? EXIT_INPUT : EXIT_GOOD;
}

static int
run(struct arguments *arguments, struct arena *arena)
{
	scoped(report_drop) struct report report = { 0 };
	const struct findings findings = { report_add, &report };
	struct render render;
	struct err err = ERR_INIT;

	if (arguments->command == COMMAND_OPTIONS)
		return options_print(
			   arguments->name, arguments->format == REPORT_JSON, stdout, &err) < 0
			   ? fail(&err)
			   : EXIT_GOOD;
	if (datadir_find(&arguments->inputs.data_directory, arena, &err) < 0)
		return fail(&err);
	render_init(&render, &arguments->inputs, arena, &findings);
	if (arguments->command == COMMAND_VALIDATE)
		return run_validate(arguments, &render, &report);
	if (arguments->command == COMMAND_RENDER)
		return run_render(arguments, &render, &report);
	return explain_print(&render, arguments->name, stdout, &err) < 0 ? fail(&err) : EXIT_GOOD;
}

int
main(int argc, char **argv)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(ARENA_MAX);
	struct arguments arguments;
	struct err err = ERR_INIT;

	if (!arena) {
		err_memory(&err);
		return fail(&err);
	}
	if (arguments_read(&arguments, arena, argc, argv, &err) < 0) {
		fprintf(stderr, "cinderbank-render: %s; --help says what there is\n", err.text);
		return EXIT_USAGE;
	}
	if (arguments.help) {
		arguments_help();
		return EXIT_GOOD;
	}
	if (arguments.version) {
		printf("cinderbank-render %s\n", CINDERBANK_VERSION);
		return EXIT_GOOD;
	}
	int status = run(&arguments, arena);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		err_sys(&err, "writing to standard output");
		return fail(&err);
	}
	return status;
}
