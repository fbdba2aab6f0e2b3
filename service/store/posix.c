#include <stdlib.h>

#include "base/err.h"
#include "store/folder.h"

static int
posix_open(struct store **ret, const void *opts, struct err *err)
{
	const struct file_opts *from = opts;
	struct folder *posix = malloc(sizeof *posix);

	if (!posix)
		return err_memory(err); /* uncovered: no memory */
	if (folder_init(posix, &store_posix, from, from->posix_path ? from->posix_path : "", err) <
	    0) {
		free(posix);
		return err_wrap(err, "backup_posix_path");
	}
	*ret = &posix->store;
	return 0;
}

const struct store_driver store_posix = {
    .name = "posix",
    .class_path = "cinder.backup.drivers.posix.PosixBackupDriver",
    .options = &posix_table,
    .open = posix_open,
    FOLDER_FUNCTIONS,
};
