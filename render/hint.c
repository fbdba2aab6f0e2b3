#include "hint.h"

#include <string.h>

#include "role/finding.h"

/* The first that is found in the text counts. */
static const struct {
	const char *words, *hint;
} hints[] = {
	{ "has wrong section", "write parameter_defaults, resource_registry or parameters" },
	{ "has empty section", "write {} behind it, or leave it out" },
	{ "not a valid YAML mapping", "begin with parameter_defaults: or resource_registry:" },
	{ "found a tab", "indent with blanks" },
	{ "tabs are refused", "write blanks" },
	{ "could not find expected ':'", "write the value in the line of its key, in quotes" },
	{ "while scanning a quoted scalar", "close the quote" },
	{ "while parsing", "look at the indentation, colons and quotes before this place" },
	{ "while scanning", "put the value in quotes" },
	{ "control characters", "write them as \\x or \\u between double quotes" },
	{ "UTF-8", "save the file as UTF-8" },
	{ "undefined alias", "define the anchor before, or put the value in quotes" },
	{ "could not fetch contents", "name a file that is there, from this file's folder" },
	{ "No such file", "name a file that is there" },
	{ "is mapped to", "map it to a template of the service" },
	{ "is not an allowed value", "write one of these" },
	{ "must be one of", "write one of these" },
	{ "could not convert string to float", "write a number" },
	{ "Unrecognized value", "write true or false" },
	{ "Value must be valid JSON", "write a map or list" },
	{ "is out of range", "write a number within it" },
	{ "is invalid", "write a value that the template takes" },
	{ "not assigned", "set it under parameter_defaults" },
	{ "was not provided", "set it under parameter_defaults" },
	{ "cannot be merged into", "write the same kind of value in both places" },
	{ "is set twice", "keep one of the two" },
	{ "must be at least", "write a larger number" },
	{ "must be at most", "write a smaller number" },
	{ "must be a whole number", "write digits" },
	{ "past 64 bits", "write a smaller number, or put it in quotes" },
	{ "true or false wanted", "write true or false" },
	{ "Puppet does not know", "write one that the class lists, or leave it out" },
	{ "it requires", "set that too, or leave this out" },
	{ "pick() must receive", "write a value, or leave it out" },
	{ "unknown option", "see cinderbank-render options, or leave it out" },
	{ "a map of SECTION/option wanted", "write SECTION/option: {value: ...} below it" },
	{ "a map of hiera keys wanted", "write hiera keys below it" },
	{ "leads back to itself", "look up another key" },
};

void
hint_fill(struct finding *finding)
{
	if (*finding->hint || finding->severity == FINDING_NOTE)
		return;
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++) {
		if (strstr(finding->text, hints[i].words)) {
			finding_hint(finding, "%s", hints[i].hint);
			return;
		}
	}
}
