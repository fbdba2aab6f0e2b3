/*
 * A document on its way into a sink: JSON as upstream prints it, handed on in
 * pieces, so that memory does not grow with the document.  Inside format only.
 */
#ifndef CINDERBANK_FORMAT_OUTPUT_H
#define CINDERBANK_FORMAT_OUTPUT_H

#include "base/json.h"
#include "format/manifest.h"

struct output {
	struct buf text; /* what the sink has not got yet */
	struct json_writer json;
	document_sink *sink;
	void *arg;
};

/* Begin a document.  output must not move any more. */
void output_init(struct output *output, document_sink *sink, void *arg);

/* The keys that both documents have and that sort before all others. */
void output_heading(struct output *output, const struct heading *heading);

/* Hand on what has come together, if that is a window full, or in any case. */
int output_pass(struct output *output, struct err *err);
int output_flush(struct output *output, struct err *err);

void output_drop(struct output *output);

#endif
