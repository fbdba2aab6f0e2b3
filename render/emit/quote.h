/* Text as other languages want it quoted.  Pure; appends. */
#ifndef CINDERBANK_EMIT_QUOTE_H
#define CINDERBANK_EMIT_QUOTE_H

struct buf;

/* One word of a shell command, quoted only where it must be. */
void quote_shell(const char *text, struct buf *out);

/* Text inside a double-quoted XML attribute; what XML cannot say is left out. */
void quote_xml(const char *text, struct buf *out);

/* A name that may be an XML id: letters, digits, dots, dashes, underscores. */
void quote_id(const char *text, struct buf *out);

/* One word of a systemd ExecStart line. */
void quote_systemd(const char *text, struct buf *out);

#endif
