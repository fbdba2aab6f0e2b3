/* Director's tree of templates, and what stands for it where it is not installed. */
#ifndef CINDERBANK_ENV_TREE_H
#define CINDERBANK_ENV_TREE_H

struct arena;
struct err;

#define TREE_DIRECTOR "/usr/share/openstack-tripleo-heat-templates/"

/*
 * The same file in another tree, for a path below director's that is not on this
 * machine.  Returns 1 and the path in directory, whether that is there or not; 0
 * if path counts as it is, as with directory NULL; -1: memory.
 */
int tree_substitute(struct arena *arena, const char *directory, const char *path, const char **ret,
    struct err *err);

#endif
