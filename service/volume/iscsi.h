/*
 * Where a volume of iSCSI is, and by whose name it is asked for.  What reads and
 * writes it is volume/iscsi.c, in this process: no kernel, no devices, no root.
 */
#ifndef CINDERBANK_VOLUME_ISCSI_H
#define CINDERBANK_VOLUME_ISCSI_H

#include <stdbool.h>

enum { ISCSI_PATHS_MAX = 8, ISCSI_NAME_MAX = 224, ISCSI_PORTAL_MAX = 264 };

struct iscsi_path {
	char portal[ISCSI_PORTAL_MAX]; /* HOST:PORT or [ADDRESS]:PORT */
	char target[ISCSI_NAME_MAX];   /* its IQN */
	int lun;
};

/* All paths lead to the same blocks. */
struct iscsi_target {
	struct iscsi_path paths[ISCSI_PATHS_MAX];
	unsigned n_paths;
	char user[256], password[256]; /* of CHAP; "": without */
	bool multipath;                /* use_multipath_for_image_xfer: change paths under way */
	unsigned tries;                /* num_volume_device_scan_tries; 0: 3 */
	unsigned timeout_s;            /* of an answer; 0: 30 */
};

struct attachment;
struct err;
struct json;

/*
 * Read the data of a connection of type iscsi, as cinder-volume hands it out.
 * ERR_INVALID: something is missing or makes no sense; no secret is in the text.
 */
int iscsi_read_target(const struct json *data, struct iscsi_target *ret, struct err *err);

/*
 * The name of this host at targets: that of open-iscsi where it is configured,
 * else one made of host's name.  cinder-volume must be told the same.
 */
void iscsi_initiator(char ret[ISCSI_NAME_MAX]);

#endif
