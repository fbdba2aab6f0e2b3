/* Services: who is alive, and who may take work. */
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "catalogue/sql.h"
#include "catalogue/sql_bind.h"
#include "catalogue/table.h"
#include "model/service.h"

enum { HOST, BINARY, ZONE, DISABLED, REASON, UPDATED_AT, CREATED_AT };

static const char columns[] =
    "host, `binary`, availability_zone, disabled, disabled_reason, updated_at, created_at";

struct telling {
	service_record_fn *fn;
	void *arg;
	int result;
};

static void
copy(const struct sql_value *value, char *ret, size_t room)
{
	ret[0] = '\0';
	if (value->kind == SQL_TEXT)
		strncat(ret, value->text, room - 1);
}

/* A time that cannot be read is that of one who was never seen. */
static int64_t
moment(const struct sql_value *value)
{
	int64_t seconds;

	return value->kind == SQL_TEXT && clock_parse(value->text, &seconds) ? seconds : 0;
}

static int
tell(void *arg, const struct sql_value *row, struct err *err)
{
	struct service_record service = { .disabled = row[DISABLED].number != 0 };
	struct telling *telling = arg;

	if (telling->result) /* enough was told */
		return 0;
	copy(&row[HOST], service.host, sizeof service.host);
	copy(&row[BINARY], service.binary, sizeof service.binary);
	copy(&row[ZONE], service.zone, sizeof service.zone);
	copy(&row[REASON], service.disabled_reason, sizeof service.disabled_reason);
	service.seen_at = moment(&row[UPDATED_AT]);
	if (!service.seen_at)
		service.seen_at = moment(&row[CREATED_AT]);
	telling->result = telling->fn(telling->arg, &service, err);
	return telling->result < 0 ? -1 : 0;
}

int
table_each_service(struct catalogue *catalogue, service_record_fn *fn, void *arg, struct err *err)
{
	struct telling telling = { .fn = fn, .arg = arg };
	scoped(sql_drop) struct sql sql = SQL;

	buf_printf(&sql.text, "SELECT %s FROM services WHERE deleted = 0 ORDER BY `binary`, host",
	    columns);
	if (table_read((struct table *)catalogue, &sql, tell, &telling, err) < 0)
		return -1;
	return telling.result;
}

struct turn {
	const char *host, *binary, *reason;
	bool disabled;
};

static int
take_count(void *arg, const struct sql_value *row, struct err *err)
{
	(void)err;
	*(int64_t *)arg = row[0].number;
	return 0;
}

static void
choose(struct sql *sql, const struct turn *turn)
{
	buf_text(&sql->text, " WHERE host = ? AND `binary` = ? AND deleted = 0");
	sql_bind_text(sql, turn->host);
	sql_bind_text(sql, turn->binary);
}

/* Some databases count as changed only what is not as it was: so it is looked for first. */
static int
turn(struct table *table, void *arg, bool done, struct err *err)
{
	const struct turn *turn = arg;
	scoped(sql_drop) struct sql count = SQL;
	scoped(sql_drop) struct sql sql = SQL;
	int64_t found = 0;

	(void)done; /* to turn it once more is no other turn */
	buf_text(&count.text, "SELECT COUNT(*) FROM services");
	choose(&count, turn);
	if (table_run(table, &count, take_count, &found, NULL, err) < 0)
		return -1;
	if (!found)
		return 0;
	/* Not updated_at: it says when the service was seen, and this is not it. */
	buf_text(&sql.text, "UPDATE services SET disabled = ?");
	sql_bind_integer(&sql, turn->disabled);
	if (turn->reason) {
		buf_text(&sql.text, ", disabled_reason = ?");
		sql_bind_text(&sql, turn->reason);
	}
	choose(&sql, turn);
	return table_run(table, &sql, NULL, NULL, NULL, err) < 0 ? -1 : 1;
}

int
table_turn(struct catalogue *catalogue, const char *host, const char *binary, bool disabled,
    const char *reason, struct err *err)
{
	struct turn change = { host, binary, reason, disabled };

	return table_transact((struct table *)catalogue, turn, &change, err);
}
