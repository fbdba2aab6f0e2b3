#include "doc/blame.h"

#include <string.h>

#include "doc/utf8.h"

struct place
blame_byte(struct span text, const char *file, size_t offset)
{
	struct place at = { file, 1, 1 };

	for (size_t i = 0; i < offset && i < text.length; i++) {
		if (text.data[i] == '\n') {
			at.line++;
			at.column = 1;
		} else if (((unsigned char)text.data[i] & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

int
blame_character(struct span text, size_t index, struct place at, struct err *err)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of byte order, which has no index */
	size_t i = text.length > 3 && memcmp(text.data, mark, 3) == 0 ? 3 : 0;
	uint32_t code = 0;

	if (text.length && (unsigned char)text.data[0] >= 0xfe)
		i = text.length; /* UTF-16 */
	for (; i < text.length; index--) {
		i += utf8_next(text, i, &code);
		if (!index)
			break;
	}
	if (code == '\t')
		return err_at(err, at, ERR_INVALID,
		    "found a tab where a value or key begins: only blanks may indent");
	if (code <= ' ' || code > '~')
		return err_at(err, at, ERR_INVALID, "found character that cannot start any token");
	return err_at(err, at, ERR_INVALID,
	    "found character '%c' that cannot start any token: a text that begins so needs quotes",
	    (char)code);
}
