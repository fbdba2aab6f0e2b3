#include <stdlib.h>

#include "base/err.h"
#include "store/folder.h"

static int
posix_open(struct store **ret, const void *opts, struct err *err)
{
	const struct file_opts *from = opts;
	const char *path = from->posix_path ? from->posix_path : "is not set";
	scoped(scoped_free) struct folder *posix = NULL;

	if (path[0] != '/')
		return err_set(
		    err, ERR_INVALID, "backup_posix_path %s: an absolute path is wanted", path);
	posix = malloc(sizeof *posix);
	if (!posix)
		return err_memory(err); /* uncovered: no memory */
	if (folder_init(posix, &store_posix, from, path, err) < 0)
		return -1;
	*ret = &take(&posix)->store;
	return 0;
}

const struct store_driver store_posix = {
	.name = "posix",
	.class_path = "cinder.backup.drivers.posix.PosixBackupDriver",
	.options = &posix_table,
	.open = posix_open,
	FOLDER_FUNCTIONS,
};
