#include "options/tables.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"

static const struct choice auth_choices[] = {
	{ "per_user", SWIFT_AUTH_PER_USER },
	{ "single_user", SWIFT_AUTH_SINGLE_USER },
	{ NULL, 0 },
};

/* clang-format off */
static const struct opt rows[] = { {
	.name  = "backup_swift_url",
	OPT_URI(struct swift_opts, url),
	.hiera = "cinder::backup::swift::backup_swift_url",
	.help  = "URL of the object store up to and including AUTH_, as in "
	         "https://swift.example.org/v1/AUTH_; the project's id is put behind it. Unset, "
	         "the URL is looked up in keystone's catalogue by swift_catalog_info.",
}, {
	.name  = "backup_swift_auth_url",
	OPT_URI(struct swift_opts, auth_url),
	.hiera = "cinder::backup::swift::backup_swift_auth_url",
	.help  = "URL of keystone, for backup_swift_auth = single_user. Without a version in its "
	         "path, v2.0 or v3 is put behind it, as backup_swift_auth_version says. Unset, "
	         "it is looked up by keystone_catalog_info.",
}, {
	.name  = "swift_catalog_info",
	OPT_TEXT(struct swift_opts, catalog_info),
	.dflt  = "object-store:swift:publicURL",
	.help  = "Which entry of keystone's catalogue is the object store: type, name and "
	         "interface with colons between. Only type and interface count. Take internalURL "
	         "where services reach each other by an internal network.",
}, {
	.name  = "keystone_catalog_info",
	OPT_TEXT(struct swift_opts, keystone_catalog_info),
	.dflt  = "identity:Identity Service:publicURL",
	.help  = "Which entry of keystone's catalogue is keystone itself, for backup_swift_auth "
	         "= single_user without backup_swift_auth_url: type, name and interface with "
	         "colons between.",
}, {
	.name  = "backup_swift_auth",
	OPT_CHOICE(struct swift_opts, auth),
	.dflt  = "per_user",
	.choices = auth_choices,
	.help  = "Whose account holds the backups. per_user takes the token of whoever asked for "
	         "the backup, and stores it in that project; single_user has credentials of its "
	         "own, stores all backups in one account, and does not depend on the life of a "
	         "user's token.",
}, {
	.name  = "backup_swift_auth_version",
	OPT_TEXT(struct swift_opts, auth_version),
	.dflt  = "1",
	.help  = "Version of the protocol by which single_user logs in: 1 for the store's own, 2 "
	         "or 3 for keystone. No keystone has offered 2 since Queens.",
}, {
	.name  = "backup_swift_tenant",
	OPT_TEXT(struct swift_opts, tenant),
	.help  = "Project (tenant) of single_user with version 2.",
}, {
	.name  = "backup_swift_user_domain",
	OPT_TEXT(struct swift_opts, user_domain),
	.hiera = "cinder::backup::swift::backup_swift_user_domain",
	.help  = "Domain of the user of single_user with version 3.",
}, {
	.name  = "backup_swift_project_domain",
	OPT_TEXT(struct swift_opts, project_domain),
	.hiera = "cinder::backup::swift::backup_swift_project_domain",
	.help  = "Domain of the project of single_user with version 3.",
}, {
	.name  = "backup_swift_project",
	OPT_TEXT(struct swift_opts, project),
	.hiera = "cinder::backup::swift::backup_swift_project",
	.help  = "Project of single_user with version 3.",
}, {
	.name  = "backup_swift_user",
	OPT_TEXT(struct swift_opts, user),
	.help  = "User name of single_user, which cannot do without it. With version 2 and 3 it "
	         "may be written tenant:user.",
}, {
	.name  = "backup_swift_key",
	OPT_TEXT(struct swift_opts, key),
	.flags = OPT_SECRET,
	.help  = "Password of single_user.",
}, {
	.name  = "backup_swift_container",
	OPT_TEXT(struct swift_opts, container),
	.dflt  = "volumebackups",
	.hiera = "cinder::backup::swift::backup_swift_container",
	.help  = "Container for backups whose owner named none.",
}, {
	.name  = "backup_swift_create_storage_policy",
	OPT_TEXT(struct swift_opts, create_storage_policy),
	.since = "19.0.0",
	.help  = "Storage policy of a container that has to be made. Containers that exist keep "
	         "theirs. Unset, the object store's default applies.",
}, {
	.name  = "backup_swift_object_size",
	OPT_BYTES(struct swift_opts, object_size),
	.dflt  = "52428800", .min = 1, .max = INT64_MAX,
	.hiera = "cinder::backup::swift::backup_swift_object_size",
	.help  = "Size of one stored object in bytes, before it is packed. A multiple of "
	         "backup_swift_block_size. Smaller objects cost more requests; an object never "
	         "grows beyond [cinderbank] object_size_max.",
}, {
	.name  = "backup_swift_block_size",
	OPT_BYTES(struct swift_opts, block_size),
	.dflt  = "32768", .min = 1, .max = INT64_MAX,
	.help  = "Bytes for which one hash is kept. An increment stores whole blocks, so smaller "
	         "ones make smaller increments and longer hash lists. A change makes a full "
	         "backup necessary, because hashes of different blocks cannot be compared.",
}, {
	.name  = "backup_swift_retry_attempts",
	OPT_INTEGER(struct swift_opts, retry_attempts),
	.dflt  = "3", .min = 0, .max = INT64_MAX,
	.hiera = "cinder::backup::swift::backup_swift_retry_attempts",
	.help  = "How often a request that failed for a reason that may pass is tried again.",
}, {
	.name  = "backup_swift_retry_backoff",
	OPT_INTEGER(struct swift_opts, retry_backoff),
	.dflt  = "2", .min = 0, .max = INT64_MAX,
	.hiera = "cinder::backup::swift::backup_swift_retry_backoff",
	.help  = "Seconds to wait before the first new try. Each further wait is twice as long, "
	         "up to 64 seconds.",
}, {
	.name  = "backup_swift_enable_progress_timer",
	OPT_BOOL(struct swift_opts, enable_progress_timer),
	.dflt  = "True",
	.help  = "Whether progress is also notified by time, every backup_timer_interval "
	         "seconds, and not only by objects stored.",
}, {
	.name  = "backup_swift_ca_cert_file",
	OPT_TEXT(struct swift_opts, ca_cert_file),
	.help  = "File with the certificates (PEM) that may sign the object store's. Unset, the "
	         "system's apply.",
}, {
	.name  = "backup_swift_auth_insecure",
	OPT_BOOL(struct swift_opts, auth_insecure),
	.dflt  = "False",
	.help  = "Whether the object store's certificate is accepted unseen. Anyone between this "
	         "node and the store can then read and change backups; give "
	         "backup_swift_ca_cert_file instead.",
}, {
	.name  = "backup_swift_service_auth",
	OPT_BOOL(struct swift_opts, service_auth),
	.dflt  = "False",
	.since = "21.0.0",
	.help  = "Whether requests of per_user also carry this service's token, so that a long "
	         "backup outlives the user's. Needs [service_user] with send_service_user_token "
	         "= True.",
}, {
	.name  = "backup_swift_region_name",
	OPT_TEXT(struct swift_opts, region_name),
	.since = "28.0.0",
	.help  = "Region of the object store, where the catalogue has several. Unset, or if the "
	         "catalogue has no such region, the first one is taken.",
}, {
	.name  = "backup_create_containers",
	OPT_BOOL(struct swift_opts, create_containers),
	.dflt  = "True",
	.since = "28.0.0",
	.help  = "Whether a container or directory that does not exist is made.",
}, {
	.name  = "storage_availability_zone",
	OPT_TEXT(struct swift_opts, availability_zone),
	.dflt  = "nova",
	.hiera = "cinder::storage_availability_zone",
	.help  = "Availability zone of this service, part of the names of objects.",
}, {
	.name  = "backup_compression_algorithm",
	OPT_CHOICE(struct swift_opts, compression_algorithm),
	.dflt  = "zlib",
	.choices = compression_choices,
	.hiera = "cinder::backup::swift::backup_compression_algorithm",
	.flags = OPT_ANY_CASE,
	.help  = "How objects are packed before they are stored.",
}, { 0 } };
/* clang-format on */

/* clang-format off */
static const struct opt service_user_rows[] = { {
	.name  = "send_service_user_token",
	OPT_BOOL(struct swift_opts, send_service_user_token),
	.section = "service_user",
	.dflt  = "False",
	.hiera = "cinder::keystone::service_user::send_service_user_token",
	.help  = "Whether requests to other services carry a token of this service beside the "
	         "user's. It keeps long backups alive when the user's token expires; needs the "
	         "credentials in the same section.",
}, {
	.name  = "auth_url",
	OPT_URI(struct swift_opts, service_user_auth_url),
	.section = "service_user",
	.hiera = "cinder::keystone::service_user::auth_url",
	.help  = "URL of keystone where the service gets its own token.",
}, {
	.name  = "auth_type",
	OPT_TEXT(struct swift_opts, service_user_auth_type),
	.section = "service_user",
	.hiera = "cinder::keystone::service_user::auth_type",
	.help  = "How the service logs in to get its own token; password is the one that works "
	         "here.",
}, {
	.name  = "username",
	OPT_TEXT(struct swift_opts, service_user_username),
	.section = "service_user",
	.hiera = "cinder::keystone::service_user::username",
	.help  = "User name for the service's own token.",
}, {
	.name  = "password",
	OPT_TEXT(struct swift_opts, service_user_password),
	.section = "service_user",
	.hiera = "cinder::keystone::service_user::password",
	.flags = OPT_SECRET,
	.help  = "Password for the service's own token.",
}, {
	.name  = "project_name",
	OPT_TEXT(struct swift_opts, service_user_project_name),
	.section = "service_user",
	.hiera = "cinder::keystone::service_user::project_name",
	.help  = "Project for the service's own token.",
}, {
	.name  = "user_domain_name",
	OPT_TEXT(struct swift_opts, service_user_user_domain_name),
	.section = "service_user",
	.hiera = "cinder::keystone::service_user::user_domain_name",
	.help  = "Domain of the user for the service's own token.",
}, {
	.name  = "project_domain_name",
	OPT_TEXT(struct swift_opts, service_user_project_domain_name),
	.section = "service_user",
	.hiera = "cinder::keystone::service_user::project_domain_name",
	.help  = "Domain of the project for the service's own token.",
}, {
	.name  = "user_domain_id",
	OPT_TEXT(struct swift_opts, service_user_user_domain_id),
	.section = "service_user",
	.help  = "The same by its id, where user_domain_name is unset. Unset as well, it is "
	         "default.",
}, {
	.name  = "project_domain_id",
	OPT_TEXT(struct swift_opts, service_user_project_domain_id),
	.section = "service_user",
	.help  = "The same by its id, where project_domain_name is unset. Unset as well, it is "
	         "default.",
}, {
	.name  = "region_name",
	OPT_TEXT(struct swift_opts, service_user_region_name),
	.section = "service_user",
	.hiera = "cinder::keystone::service_user::region_name",
	.help  = "Region whose keystone gives the service's own token.",
}, {
	.name  = "cafile",
	OPT_TEXT(struct swift_opts, service_user_cafile),
	.section = "service_user",
	.hiera = "cinder::keystone::service_user::cafile",
	.help  = "File with the certificates (PEM) that may sign that keystone's. Unset, those "
	         "of backup_swift_ca_cert_file, or the system's.",
}, {
	.name  = "insecure",
	OPT_BOOL(struct swift_opts, service_user_insecure),
	.section = "service_user",
	.dflt  = "False",
	.hiera = "cinder::keystone::service_user::insecure",
	.help  = "Whether that keystone's certificate is accepted unseen. Anyone on the way can "
	         "then read the password; give cafile instead.",
}, { 0 } };

const struct opt_table service_user_table = {
	.name  = "service_user",
	.title = "The service's own token",
	.about = "Who this service is where its own token goes beside the user's: to swift, with "
	         "backup_swift_service_auth.",
	.size  = sizeof(struct swift_opts),
	.rows  = service_user_rows,
};
/* clang-format on */

/* "type:name:interface", as keystone's catalogue is searched. */
static int
check_catalogue_entry(const char *option, const char *text, struct err *err)
{
	const char *colon = strchr(text, ':');

	if (colon && strchr(colon + 1, ':'))
		return 0;
	return err_set(err, ERR_INVALID,
	    "%s = \"%s\": must be type:name:interface, as in object-store:swift:internalURL",
	    option, text);
}

static int
check_version(const char *text, struct err *err)
{
	static const char *const known[] = { "1", "1.0", "2", "2.0", "3", "3.0" };
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(text, known[i]) == 0)
			return 0;
	return err_set(
	    err, ERR_INVALID, "backup_swift_auth_version = \"%s\": must be 1, 2 or 3", text);
}

static int
check_single_user(const struct swift_opts *opts, struct err *err)
{
	if (!opts->user || !*opts->user)
		return err_set(
		    err, ERR_INVALID, "backup_swift_auth = single_user needs backup_swift_user");
	if (!opts->key)
		return err_set(
		    err, ERR_INVALID, "backup_swift_auth = single_user needs backup_swift_key");
	return check_version(opts->auth_version, err);
}

static int
check(const void *filled, struct err *err)
{
	const struct swift_opts *opts = filled;

	if (opts->object_size % opts->block_size)
		return err_set(err, ERR_INVALID,
		    "backup_swift_object_size (%" PRId64
		    ") must be a multiple of backup_swift_block_size (%" PRId64 ")",
		    opts->object_size, opts->block_size);
	if (check_catalogue_entry("swift_catalog_info", opts->catalog_info, err) < 0 ||
	    check_catalogue_entry("keystone_catalog_info", opts->keystone_catalog_info, err) < 0)
		return -1;
	return opts->auth == SWIFT_AUTH_SINGLE_USER ? check_single_user(opts, err) : 0;
}

/* clang-format off */
const struct opt_table swift_table = {
	.name  = "swift",
	.title = "Object storage (swift)",
	.about = "Backups as objects of a swift container, the default. backup_driver is "
	         "cinder.backup.drivers.swift.SwiftBackupDriver. These options stand in "
	         "[DEFAULT].",
	.size  = sizeof(struct swift_opts),
	.rows  = rows,
	.check = check,
	.with  = &service_user_table,
};
/* clang-format on */
