/*
 * Values as Ruby writes them, and so Puppet and Hiera: to_s, and inspect for
 * what stands inside of lists and maps.  Pure.
 */
#ifndef CINDERBANK_ROLE_RUBY_H
#define CINDERBANK_ROLE_RUBY_H

struct buf;
struct value;

/* Ruby's to_s: true, 1.0e+20, ["a", nil], {"k"=>1}; nothing for null.  Appends. */
void ruby_print(const struct value *value, struct buf *ret);

#endif
