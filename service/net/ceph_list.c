#include "net/ceph_list.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "net/ceph.h"

int
ceph_list_read(rbd_image_t image, struct ceph_list *ret, struct err *err)
{
	int room = 16, count;

	/* Another client may make one between two calls. */
	do {
		free(ret->snapshots);
		ret->snapshots = calloc((size_t)room, sizeof *ret->snapshots);
		if (!ret->snapshots)
			return err_memory(err);
		count = rbd_snap_list(image, ret->snapshots, &room);
	} while (count == -ERANGE);
	if (count < 0)
		return ceph_fail(err, count, "list the snapshots");
	ret->count = count;
	return 0;
}

void
ceph_list_drop(struct ceph_list *list)
{
	if (list->count > 0)
		rbd_snap_list_end(list->snapshots);
	free(list->snapshots);
	*list = (struct ceph_list){ 0 };
}
