#include "options/tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* POOL_MAX: with rbd:, volume-ID and snapshot-ID it fits a column. */
enum { HASH_BLOCK = 32768, POOL_MAX = 128 };

static const struct choice volumes_choices[] = {
	{ "auto", VOLUMES_AUTO },
	{ "local", VOLUMES_LOCAL },
	{ "cinder", VOLUMES_CINDER },
	{ NULL, 0 },
};

static const struct choice auth_choices[] = {
	{ "none", AUTH_NONE },
	{ "keystone", AUTH_KEYSTONE },
	{ NULL, 0 },
};

/* In the order of enum codec_level, which this folder does not know. */
static const struct choice level_choices[] = {
	{ "fast", 0 },
	{ "default", 1 },
	{ "best", 2 },
	{ NULL, 0 },
};

/* clang-format off */
static const struct opt rows[] = { {
	.name  = "volumes",
	OPT_CHOICE(struct cinderbank_opts, volumes),
	.section = "cinderbank",
	.dflt  = "auto",
	.choices = volumes_choices,
	.help  = "Where volumes are. local: files and devices of this node below volumes_dir, or "
	         "RBD images, named by who asks for the backup. cinder: the volume service is "
	         "asked to attach them. auto: cinder, where there are both a transport_url and a "
	         "[database] connection to MySQL, as every cinder.conf of a cloud has them; "
	         "else local.",
}, {
	.name  = "volumes_dir",
	OPT_TEXT(struct cinderbank_opts, volumes_dir),
	.section = "cinderbank",
	.dflt  = "$state_path/volumes",
	.help  = "Directory of the volumes with volumes = local. New targets of restores are "
	         "made there.",
}, {
	.name  = "volumes_pool",
	OPT_TEXT(struct cinderbank_opts, volumes_pool),
	.section = "cinderbank",
	.help  = "Pool of Ceph in which new volumes are made as images, with volumes = local: "
	         "volume-ID, with RBD snapshots snapshot-ID. backup_ceph_conf and "
	         "backup_ceph_user lead to it. Unset, new volumes are files in volumes_dir. "
	         "Volumes that there are stay where they are.",
}, {
	.name  = "volume_types",
	OPT_TEXT(struct cinderbank_opts, volume_types),
	.section = "cinderbank",
	.help  = "Types that a volume may be of besides __DEFAULT__, with volumes = local: names "
	         "with commas between them. NAME:encrypted says that whoever uses such a volume "
	         "encrypts it; its backups are restored to volumes of encrypted types only.",
}, {
	.name  = "listen",
	OPT_TEXT(struct cinderbank_opts, listen),
	.section = "cinderbank",
	.dflt  = "127.0.0.1:8776",
	.help  = "Address and port on which the service answers HTTP requests, with volumes = "
	         "local. An IPv6 address stands in brackets, as in [::1]:8776.",
}, {
	.name  = "auth",
	OPT_CHOICE(struct cinderbank_opts, auth),
	.section = "cinderbank",
	.dflt  = "none",
	.choices = auth_choices,
	.help  = "Who may use it. none: whoever reaches listen, which must then be an address of "
	         "this node's own (127.0.0.1 or ::1). keystone: who brings a token that "
	         "[keystone_authtoken] confirms.",
}, {
	.name  = "health_listen",
	OPT_TEXT(struct cinderbank_opts, health_listen),
	.section = "cinderbank",
	.help  = "Address and port, of this node's own, on which GET /metrics tells what the "
	         "service does, in the text format of Prometheus, and GET /healthcheck whether it "
	         "works. Unset, there is neither.",
}, {
	.name  = "object_size_max",
	OPT_BYTES(struct cinderbank_opts, object_size_max),
	.section = "cinderbank",
	.dflt  = "16777216", .min = 32768, .max = 1 << 30,
	.help  = "Upper limit in bytes of the objects of new backups, whatever the store's "
	         "option says. A job holds a few objects per CPU in memory. Must be a multiple "
	         "of 32768.",
}, {
	.name  = "queue_max",
	OPT_INTEGER(struct cinderbank_opts, queue_max),
	.section = "cinderbank",
	.dflt  = "1000", .min = 1, .max = 100000,
	.help  = "How many backups and restores may wait for a place among "
	         "backup_max_operations. More are refused. Those that wait have their turns "
	         "project by project, so that one with many does not hold up the others.",
}, {
	.name  = "job_memory",
	OPT_BYTES(struct cinderbank_opts, job_memory),
	.section = "cinderbank",
	.dflt  = "0", .min = 0, .max = INT64_MAX,
	.help  = "Bytes of memory that one backup or restore may use. It is taken before the job "
	         "starts; a job that cannot do with it makes smaller objects. 0 means 64 MiB for "
	         "each CPU, and never less than 128 MiB.",
}, {
	.name  = "merge_gap",
	OPT_BYTES(struct cinderbank_opts, merge_gap),
	.section = "cinderbank",
	.dflt  = "262144", .min = 0, .max = 1 << 30,
	.help  = "Changed blocks of an increment that are less than this many bytes apart are "
	         "stored as one object, together with what lies between. A larger gap makes "
	         "fewer objects and larger increments; 0 merges only neighbours.",
}, {
	.name  = "rbd_keep_snapshot",
	OPT_BOOL(struct cinderbank_opts, rbd_keep_snapshot),
	.section = "cinderbank",
	.dflt  = "True",
	.help  = "Whether a backup of an image of Ceph, in a store of files or objects, leaves a "
	         "snapshot on the image, so that the next increment reads only what has changed "
	         "since. There is one for each volume, that of its newest backup; it costs what is "
	         "overwritten meanwhile. Cinder removes it together with the volume, `rbd rm` "
	         "asks for `rbd snap purge` first. If false, increments read all of the image, and "
	         "only one that is in use has a snapshot, while it is read.",
}, {
	.name  = "skip_zeros",
	OPT_BOOL(struct cinderbank_opts, skip_zeros),
	.section = "cinderbank",
	.dflt  = "False",
	.help  = "Whether full backups leave out what is zero. It saves time and objects, and an "
	         "object store that charges by the request is cheaper; but cinder-backup "
	         "restores such a backup correctly only to volumes that are zero before.",
}, {
	.name  = "compression_level",
	OPT_CHOICE(struct cinderbank_opts, compression_level),
	.section = "cinderbank",
	.dflt  = "default",
	.choices = level_choices,
	.help  = "How hard to pack. fast keeps up with a network of 10 Gbit/s; default makes "
	         "objects no larger than upstream's; best takes all the time it needs.",
}, { 0 } };
/* clang-format on */

static int
refuse_listen(const char *option, const char *listen, const char *rule, struct err *err)
{
	return err_set(err, ERR_INVALID, "[cinderbank] %s = \"%s\": %s", option, listen, rule);
}

/* ADDRESS:PORT, and, where own_only says why, an address of this node's own. */
static int
check_listen(const char *option, const char *listen, const char *own_only, struct err *err)
{
	const char *colon = strrchr(listen, ':');
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	if (!digits || colon == listen || colon[1 + digits] || digits > 5 ||
	    atoi(colon + 1) > 65535)
		return refuse_listen(
		    option, listen, "must be ADDRESS:PORT, as in 127.0.0.1:8776", err);
	if (memchr(listen, ':', (size_t)(colon - listen)) && (*listen != '[' || colon[-1] != ']'))
		return refuse_listen(
		    option, listen, "put an IPv6 address in brackets, as in [::1]:8776", err);
	if (own_only && strncmp(listen, "127.", 4) != 0 && strncmp(listen, "[::1]:", 6) != 0 &&
	    strncmp(listen, "localhost:", 10) != 0)
		return refuse_listen(option, listen, own_only, err);
	return 0;
}

static int
check(const void *filled, struct err *err)
{
	const struct cinderbank_opts *opts = filled;

	if (opts->object_size_max % HASH_BLOCK)
		return err_set(err, ERR_INVALID,
		    "[cinderbank] object_size_max (%" PRId64 ") must be a multiple of %d",
		    opts->object_size_max, HASH_BLOCK);
	if (opts->volumes_pool && (strpbrk(opts->volumes_pool, "/@") || !*opts->volumes_pool ||
				      strlen(opts->volumes_pool) > POOL_MAX))
		return err_set(err, ERR_INVALID,
		    "[cinderbank] volumes_pool = \"%.80s\": must be the name of a pool",
		    opts->volumes_pool);
	if (opts->health_listen &&
	    check_listen("health_listen", opts->health_listen,
		"anyone may ask there, so it must be 127.0.0.1 or [::1]", err) < 0)
		return -1;
	return check_listen("listen", opts->listen,
	    opts->auth == AUTH_NONE ? "auth = none lets anyone in, so it must be 127.0.0.1 or [::1]"
				    : NULL,
	    err);
}

/* clang-format off */
const struct opt_table cinderbank_table = {
	.name  = "cinderbank",
	.title = "Cinderbank's own",
	.about = "What upstream does not have. These options stand in [cinderbank], so that "
	         "cinder-backup, should it read the same file, does not mind them.",
	.size  = sizeof(struct cinderbank_opts),
	.rows  = rows,
	.check = check,
};
/* clang-format on */
