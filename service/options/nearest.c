#include "options/nearest.h"

#include <ctype.h>
#include <string.h>

enum { WORD_MAX = 64 };

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int
same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* One cell of the table of distances between all beginnings of a and b. */
static size_t
cell(size_t rows[][WORD_MAX + 1], const char *a, const char *b, size_t i, size_t j)
{
	size_t best = least(rows[i - 1][j], rows[i][j - 1]) + 1;

	best = least(best, rows[i - 1][j - 1] + !same(a[i - 1], b[j - 1]));
	if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
		best = least(best, rows[i - 2][j - 2] + 1);
	return best;
}

static size_t
distance(const char *a, const char *b)
{
	size_t rows[WORD_MAX + 1][WORD_MAX + 1], i, j;
	size_t length_a = strlen(a), length_b = strlen(b);
	size_t apart = length_a > length_b ? length_a - length_b : length_b - length_a;

	if (apart > 1 + length_a / 5)
		return apart;
	if (length_a > WORD_MAX || length_b > WORD_MAX)
		return WORD_MAX;
	for (i = 0; i <= length_a; i++)
		rows[i][0] = i;
	for (j = 0; j <= length_b; j++)
		rows[0][j] = j;
	for (i = 1; i <= length_a; i++)
		for (j = 1; j <= length_b; j++)
			rows[i][j] = cell(rows, a, b, i, j);
	return rows[length_a][length_b];
}

void
nearest_offer(struct nearest *nearest, const char *name)
{
	size_t far = distance(nearest->word, name);

	if (far > 1 + strlen(nearest->word) / 5 || far >= strlen(name))
		return;
	if (nearest->name && far >= nearest->distance)
		return;
	nearest->name = name;
	nearest->distance = far;
}
