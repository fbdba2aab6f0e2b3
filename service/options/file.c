#include "options/tables.h"

#include <inttypes.h>

#include "base/err.h"
#include "options/share.h"

static const struct choice client_choices[] = {
	{ "libnfs", NFS_CLIENT_LIBNFS },
	{ "mount", NFS_CLIENT_MOUNT },
	{ NULL, 0 },
};

/* clang-format off */
/* What every store of files takes; its hiera keys have the store in them. */
#define FOLDER_ROWS(store)									\
{												\
	.name  = "backup_file_size",								\
	OPT_BYTES(struct file_opts, file_size),							\
	.dflt  = "1999994880", .min = 1, .max = INT64_MAX,					\
	.hiera = "cinder::backup::" store "::backup_file_size",					\
	.help  = "Size of one file of a backup in bytes, before it is packed. A multiple of "	\
	         "backup_sha_block_size_bytes. Smaller files can be read and written by more "	\
	         "threads at once; a file never grows beyond [cinderbank] object_size_max.",	\
}, {												\
	.name  = "backup_sha_block_size_bytes",							\
	OPT_BYTES(struct file_opts, sha_block_size_bytes),					\
	.dflt  = "32768", .min = 1, .max = INT64_MAX,						\
	.hiera = "cinder::backup::" store "::backup_sha_block_size_bytes",			\
	.help  = "Bytes for which one hash is kept. An increment stores whole blocks, so smaller "\
	         "ones make smaller increments and longer hash lists. A change makes a full "	\
	         "backup necessary, because hashes of different blocks cannot be compared.",	\
}, {												\
	.name  = "backup_enable_progress_timer",						\
	OPT_BOOL(struct file_opts, enable_progress_timer),					\
	.dflt  = "True",									\
	.hiera = "cinder::backup::" store "::backup_enable_progress_timer",			\
	.help  = "Whether progress is also notified by time, every backup_timer_interval "	\
	         "seconds, and not only by files stored.",					\
}, {												\
	.name  = "backup_container",								\
	OPT_TEXT(struct file_opts, container),							\
	.hiera = "cinder::backup::" store "::backup_container",					\
	.help  = "Directory below the store's root for backups whose owner named none. Unset, "	\
	         "each backup has a directory of its own, made of its id. Upstream reads this "	\
	         "option and never uses it; here it counts for new backups.",			\
}, {												\
	.name  = "backup_create_containers",							\
	OPT_BOOL(struct file_opts, create_containers),						\
	.dflt  = "True",									\
	.since = "28.0.0",									\
	.help  = "Whether a container or directory that does not exist is made.",		\
}, {												\
	.name  = "storage_availability_zone",							\
	OPT_TEXT(struct file_opts, availability_zone),						\
	.dflt  = "nova",									\
	.hiera = "cinder::storage_availability_zone",						\
	.help  = "Availability zone of this service.",						\
}, {												\
	.name  = "backup_compression_algorithm",						\
	OPT_CHOICE(struct file_opts, compression_algorithm),					\
	.dflt  = "zlib",									\
	.choices = compression_choices,								\
	.hiera = "cinder::backup::" store "::backup_compression_algorithm",			\
	.flags = OPT_ANY_CASE,									\
	.help  = "How files are packed before they are stored.",				\
}

static const struct opt nfs_rows[] = { {
	.name  = "backup_share",
	OPT_TEXT(struct file_opts, share),
	.hiera = "cinder::backup::nfs::backup_share",
	.flags = OPT_REQUIRED,
	.help  = "The NFS export that keeps the backups: HOST:PATH, as in "
	         "nfs.example.org:/srv/backup, 192.0.2.7:/srv/backup or "
	         "[2001:db8::7]:/srv/backup. The nfs driver cannot do without it.",
}, {
	.name  = "backup_mount_point_base",
	OPT_TEXT(struct file_opts, mount_point_base),
	.dflt  = "$state_path/backup_mount",
	.hiera = "cinder::backup::nfs::backup_mount_point_base",
	.help  = "Directory below which shares are mounted, each under the MD5 of its name. Only "
	         "with [cinderbank] nfs_client = mount; the client that is built in mounts "
	         "nothing.",
}, {
	.name  = "backup_mount_options",
	OPT_TEXT(struct file_opts, mount_options),
	.hiera = "cinder::backup::nfs::backup_mount_options",
	.help  = "Options of the mount, with commas between. With nfs_client = mount, those of "
	         "nfs(5), as in vers=4.1,sec=krb5p. The client that is built in honours port, "
	         "mountport, rsize, wsize, timeo, retrans, ro and, of its own, uid and gid; it "
	         "refuses another version than 3 and another security than sys, and warns of "
	         "what else it cannot do.",
}, {
	.name  = "backup_mount_attempts",
	OPT_INTEGER(struct file_opts, mount_attempts),
	.dflt  = "3", .min = 1, .max = INT64_MAX,
	.since = "15.0.0",
	.help  = "How often to try to mount the share before the service reports itself as down.",
}, {
	.name  = "nfs_client",
	OPT_CHOICE(struct file_opts, nfs_client),
	.section = "cinderbank",
	.dflt  = "libnfs",
	.choices = client_choices,
	.help  = "Who speaks NFS to backup_share. libnfs: the service itself, by version 3 and "
	         "without root. mount: the kernel, below backup_mount_point_base, for version 4 "
	         "and Kerberos; it takes the right to mount. The files are the same. Where "
	         "the kernel waits for a server that hangs, no job can be cancelled: soft and "
	         "timeo in backup_mount_options end such a wait.",
}, FOLDER_ROWS("nfs"), { 0 } };

static const struct opt posix_rows[] = { {
	.name  = "backup_posix_path",
	OPT_TEXT(struct file_opts, posix_path),
	.dflt  = "$state_path/backup",
	.hiera = "cinder::backup::posix::backup_posix_path",
	.help  = "Directory that keeps the backups. Let it be a file system of its own, on other "
	         "disks than the volumes.",
}, FOLDER_ROWS("posix"), { 0 } };
/* clang-format on */

static int
check_sizes(const void *filled, struct err *err)
{
	const struct file_opts *opts = filled;

	if (opts->file_size % opts->sha_block_size_bytes)
		return err_set(err, ERR_INVALID,
		    "backup_file_size (%" PRId64
		    ") must be a multiple of backup_sha_block_size_bytes (%" PRId64 ")",
		    opts->file_size, opts->sha_block_size_bytes);
	return 0;
}

static int
check_nfs(const void *filled, struct err *err)
{
	const struct file_opts *opts = filled;

	bool built_in = opts->nfs_client == NFS_CLIENT_LIBNFS;
	struct share share;

	if (share_parse(
		opts->share, built_in ? opts->mount_options : NULL, &share, NULL, NULL, err) < 0)
		return -1;
	return check_sizes(filled, err);
}

/* clang-format off */
const struct opt_table nfs_table = {
	.name  = "nfs",
	.title = "NFS",
	.about = "Backups as files of an NFS export. backup_driver is "
	         "cinder.backup.drivers.nfs.NFSBackupDriver. These options stand in [DEFAULT].",
	.size  = sizeof(struct file_opts),
	.rows  = nfs_rows,
	.check = check_nfs,
};

const struct opt_table posix_table = {
	.name  = "posix",
	.title = "A directory (posix)",
	.about = "Backups as files of a directory of this node, or of a file system that all "
	         "nodes mount. backup_driver is cinder.backup.drivers.posix.PosixBackupDriver. "
	         "These options stand in [DEFAULT].",
	.size  = sizeof(struct file_opts),
	.rows  = posix_rows,
	.check = check_sizes,
};
/* clang-format on */
