/*
 * The Block Storage API, version 3, without the HTTP server: one call in, one
 * answer out.  rest.c reads and writes bytes; rest_route.c finds who answers;
 * the others answer.  Nothing outside these files includes this header.
 *
 * Threads: each call belongs to one; the rest is shared and constant.
 */
#ifndef CINDERBANK_FRONT_REST_H
#define CINDERBANK_FRONT_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "model/backup.h"
#include "model/volume.h"

struct arena;
struct desk;
struct gate;
struct gate_caller;

enum {
	REST_BODY_MAX = 114688,         /* bytes, as cinder takes */
	REST_TARGET_MAX = 16384,        /* bytes of path and query */
	REST_ANSWER_MAX = 32 * 1048576, /* 1000 backups with the longest texts, escaped */
	REST_PARTS_MAX = 6,             /* of a path */
	REST_PARAMS_MAX = 32,           /* of a query */
	REST_LIST_MAX = 1000,           /* rows of one answer: cinder's osapi_max_limit */
	REST_MINOR_MAX = 70,            /* the largest microversion, 3.70 */
};

struct rest {
	struct desk *desk;
	pthread_mutex_t admission; /* one backup is let in after the other */
	/* gate_ask(), or who stands in for it; NULL: whoever comes may do everything. */
	int (*ask)(struct gate *gate, const char *token, struct gate_caller *ret, struct err *err);
	struct gate *gate;
	const char *identity; /* URL that strangers are sent to; NULL: none is known */
};

struct rest_param {
	const char *key, *value;
};

struct rest_call {
	/* What came.  Texts outlive the call; NULL: no such header. */
	struct rest *rest;
	const char *method, *target;
	const char *host, *version, *content_type, *accept, *token, *user, *project;
	char request_id[48]; /* "req-" and a UUID */
	struct span body;

	/* What rest_route.c makes of it. */
	struct arena *arena; /* whatever the answer is made of; freed with it */
	const char *base;    /* http://HOST, as the caller reached us; "": cannot be told */
	const char *parts[REST_PARTS_MAX];
	unsigned n_parts;
	struct rest_param params[REST_PARAMS_MAX];
	unsigned n_params;
	const char *user_id, *project_id; /* who asks */
	const char *catalogue;            /* of services, from the token, as JSON; or NULL */
	bool admin;
	bool project_in_path;
	unsigned minor;  /* microversion 3.minor */
	const char *id;  /* the part of the path that is one */
	const char *key; /* the one behind it; or NULL */

	/* The answer. */
	unsigned status;
	struct buf answer;
	const char *location;     /* or NULL */
	const char *kind;         /* of the body, as Content-Type has it; NULL: JSON */
	bool challenge;           /* tell where to get a token */
	const char *told_version; /* "3.56", for the header; NULL: none is told */
};

/* Fill the answer.  call->answer is a buf with a ceiling; the caller drops it and the arena. */
void rest_answer(struct rest_call *call);

/* ---- errors, rest_error.c; all return -1, so that `return rest_fail()` ends a handler ---- */

int rest_fail(struct rest_call *call, unsigned status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The texts that cinder has for a status where there is no better one: 400, 404, 500. */
int rest_fail_generic(struct rest_call *call, unsigned status);

/* "Backup ID could not be found." */
int rest_fail_absent(struct rest_call *call, const char *what, const char *id);

/* What went wrong at the desk, as a status. */
int rest_fail_err(struct rest_call *call, const struct err *err);

/* No such path: not an error of the API, but of the router before it. */
int rest_fail_route(struct rest_call *call);

/* A token is missing, or no good: 401. */
int rest_fail_stranger(struct rest_call *call);

/* The identity service does not say who it is: 503. */
int rest_fail_identity(struct rest_call *call);

/* ---- who asks, and what they may; rest_who.c ---- */

/* Whose token it is, before anything else is looked at.  0, or -1 and the answer is filled. */
int rest_identify(struct rest_call *call);

/* The project of the path, NULL if there is none in it, must be the caller's.  0, -1. */
int rest_enter_project(struct rest_call *call, const char *in_path);

/* Is what belongs to that project ("", NULL: nobody's) there for the caller? */
bool rest_may_see(const struct rest_call *call, const char *project_id);

/* 0, or -1 and 403 in cinder's words, which name the rule. */
int rest_check_admin(struct rest_call *call, const char *rule);

/* ---- reading what came ---- */

/* Split the target into parts and params, decoded.  0, or -1 and the answer is filled. */
int rest_target_parse(struct rest_call *call);

/* NULL: not given. */
const char *rest_param(const struct rest_call *call, const char *key);

/* As cinder reads booleans: 1, 0, or -1: it is none. */
int rest_boolean(const char *text);

/* Append what may stand in a query. */
void rest_url_encode(struct buf *ret, const char *text);

enum rest_kind {
	REST_TEXT,
	REST_TEXT_OR_NULL,
	REST_PRINTABLE_OR_NULL, /* no control characters */
	REST_UUID,
	REST_UUID_OR_NULL,
	REST_BOOLEAN, /* or a text that spells one */
	REST_METADATA,
	REST_METADATA_OR_NULL,
	REST_BASE64,
	REST_NAME,      /* a text that is not empty */
	REST_REFERENCE, /* pairs of texts, or a text */
	REST_SIZE,      /* a number from 1 on, or its digits */
	REST_SIZE_OR_NULL,
};

/* The name of a field that stands for any, before microversion 3.since. */
#define REST_OTHERS "*"

struct rest_field {
	const char *name;
	enum rest_kind kind;
	unsigned since; /* microversion 3.since */
	bool required;
};

/*
 * Parse the body as {"KEY": {...}} and check it against the fields (up to one
 * without a name), in the order and with the words of JSON Schema.  0, or -1 and
 * the answer is filled.
 */
int rest_body(struct rest_call *call, const char *key, const struct rest_field *fields,
    struct json **ret_root, const struct json **ret_object);

/* The same for an object that was parsed already: reasons name it by key. */
int rest_check_object(struct rest_call *call, const char *key, const struct json *object,
    const struct rest_field *fields);

/*
 * Parse the body of an action: an object with one member, whose key is told.  0,
 * or -1 and the answer is filled.
 */
int rest_action_parse(struct rest_call *call, struct json **ret, const char **ret_action);

/* There is no such action. */
int rest_fail_action(struct rest_call *call, const char *action);

/* Parse a body of any form.  0, or -1 and the answer is filled: 400, 413, 415. */
int rest_body_parse(struct rest_call *call, struct json **ret);

/* Text of a member without blanks around it, or NULL; it lies in the arena. */
const char *rest_text(struct rest_call *call, const struct json *object, const char *key);
bool rest_truth(const struct json *object, const char *key);

/* Append a value as Python's repr(), or as its str(), would. */
void rest_repr(struct buf *ret, const struct json *json);
void rest_str(struct buf *ret, const struct json *json);
void rest_repr_text(struct buf *ret, const char *text);

/* ---- lists ---- */

struct rest_page {
	uint64_t limit, offset;
	const char *marker;
	bool with_count;
};

/* limit, offset, marker, with_count.  0, or -1 and the answer is filled. */
int rest_page_parse(struct rest_call *call, struct rest_page *ret);

/* Behind the last row: "NAME_links" if there is a next page, and "count" if asked for. */
void rest_page_end(struct rest_call *call, struct json_writer *writer, const char *name,
    const struct rest_page *page, uint64_t told, const char *last_id, uint64_t total);

/* Does an administrator ask for what belongs to any project? */
bool rest_all_tenants(const struct rest_call *call);

/*
 * May the caller filter by that key?  An administrator by any, others by those
 * that are allowed (up to a NULL).  1; 0: it counts as not given; -1: the answer
 * is filled.
 */
int rest_filter_admit(struct rest_call *call, const char *const *allowed, const char *key);

/* One key more to sort by; the name of a thing is display_name.  1; 0: not by that. */
typedef int(rest_order_fn)(void *arg, const char *key, bool ascending);

/*
 * sort, sort_key, sort_dir, key by key.  named: the microversion since which `name` is
 * one.  0, or -1 and the answer is filled.
 */
int rest_sort_parse(struct rest_call *call, unsigned named, rest_order_fn *add, void *arg);

/* Is this a parameter of paging and sorting, and no filter? */
bool rest_page_knows(const char *key);

/* ---- writing ---- */

/* "links": self and bookmark of COLLECTION/ID. */
void rest_put_links(const struct rest_call *call, struct json_writer *writer,
    const char *collection, const char *id);

/* A time as the API has it; absent: null. */
void rest_put_time(struct json_writer *writer, const char *key, int64_t seconds, bool present);

/* ---- who answers: all fill the answer, and return -1 where it is an error ---- */

typedef int(rest_handler)(struct rest_call *call);

rest_handler rest_versions, rest_versions_redirect;
rest_handler rest_backup_list, rest_backup_detail, rest_backup_show, rest_backup_create,
    rest_backup_update, rest_backup_delete, rest_backup_restore, rest_backup_action,
    rest_backup_export, rest_backup_import;
rest_handler rest_volume_update, rest_volume_list, rest_volume_detail, rest_volume_show,
    rest_volume_create, rest_volume_delete, rest_volume_action, rest_volume_manage;
rest_handler rest_snapshot_list, rest_snapshot_detail, rest_snapshot_show, rest_snapshot_create,
    rest_snapshot_update, rest_snapshot_delete, rest_snapshot_action;
rest_handler rest_metadata_list, rest_metadata_add, rest_metadata_replace, rest_metadata_show,
    rest_metadata_set, rest_metadata_remove;
rest_handler rest_volume_summary, rest_pool_list;
rest_handler rest_limit_list;
rest_handler rest_quota_show, rest_quota_defaults, rest_quota_update, rest_quota_delete;
rest_handler rest_zone_list, rest_transfer_list, rest_message_list, rest_group_list,
    rest_filter_list, rest_extension_list;
rest_handler rest_service_list, rest_service_turn;
rest_handler rest_host_list, rest_host_show;
rest_handler rest_type_list, rest_type_show;

/* Is there a backup service that is alive and enabled?  0, or -1 and the answer is filled. */
int rest_service_takes_work(struct rest_call *call, bool *ret);

/* 0, or -1 and 404: there is none. */
int rest_service_need(struct rest_call *call);

/* The microversion of the header.  0, or -1 and the answer is filled. */
int rest_version_choose(struct rest_call *call);

/* The backup that the path names.  0, or -1 and the answer is filled. */
int rest_backup_find(struct rest_call *call, struct backup *ret);

/* {"backup": {id, name, links}} */
int rest_backup_brief(struct rest_call *call, unsigned status, const struct backup *backup);

/* All that the microversion shows of a backup, as an object. */
void rest_backup_put(
    const struct rest_call *call, struct json_writer *writer, const struct backup *backup);
void rest_backup_put_brief(
    const struct rest_call *call, struct json_writer *writer, const struct backup *backup);

/* ---- a request on its way through the desk, rest_errand.c ---- */

struct request;
struct errand;

/*
 * Copy the request and all its texts, submit it, and wait until it is on record
 * (early) or answered.  0; -1: err is what the job or the desk said.
 */
int errand_run(struct rest_call *call, const struct request *request, bool early,
    struct errand **ret, struct err *err);
const struct backup *errand_backup(const struct errand *errand);
const char *errand_volume_id(const struct errand *errand);
const char *errand_service(const struct errand *errand);
const char *errand_record(const struct errand *errand);
void errand_release(struct errand *errand);
SCOPED_POINTER(struct errand, errand_release);

/* ---- volumes and snapshots ---- */

struct volume_filter;
struct volume_record;

/* The one of that id that the caller may see.  0, or -1 and the answer is filled. */
int rest_volume_find(
    struct rest_call *call, enum volume_kind kind, const char *id, struct volume_record *ret);

/* The same of one to be written to: what is nobody's has no row. */
int rest_volume_find_owned(
    struct rest_call *call, enum volume_kind kind, const char *id, struct volume_record *ret);

/* What a list or sum is to have: what is of the caller's project, or of all. */
void rest_volume_scope(const struct rest_call *call, struct volume_filter *ret);

/* The members of its object: all that the microversion shows; or id, name, links. */
void rest_volume_put(const struct rest_call *call, struct json_writer *writer,
    const struct volume_record *volume, bool shown);
void rest_volume_put_brief(
    const struct rest_call *call, struct json_writer *writer, const struct volume_record *volume);

/* Name, description and owner of a new one. */
void
rest_volume_describe(struct rest_call *call, const struct json *object, struct volume_record *ret);

/* A number that the schema let in, or its digits.  0, or -1 and the answer is filled. */
int rest_take_size(struct rest_call *call, const struct json *size, uint64_t *ret);

/* errand_run() of what is asked of a volume; what: "volume", for the answer to what is wrong. */
int rest_submit(
    struct rest_call *call, const struct request *request, const char *what, struct errand **ret);

/* By what everybody may filter those of a kind, up to a NULL. */
const char *const *rest_volume_filters(enum volume_kind kind);

/* The same of backups. */
extern const char *const rest_backup_filters[];

/* {"volume": {...}}; shown: with what is told of one that is there already. */
int rest_volume_answer(
    struct rest_call *call, unsigned status, const struct volume_record *volume, bool shown);

/* "metadata": {...} of a thing. */
void rest_put_metadata(const struct rest_call *call, struct json_writer *writer,
    enum metadata_owner owner, const char *id);

/* The member metadata of a body that was checked.  0, or -1 and the answer is filled. */
int rest_metadata(struct rest_call *call, const struct json *object, struct metadata *ret);

/* A new UUID.  0, or -1 and the answer is filled. */
int rest_new_id(struct rest_call *call, char ret[UUID_TEXT]);

#endif
