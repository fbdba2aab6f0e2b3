"""What tests/bench was to show, and what its rows do show: one line a target."""

MIB = 1 << 20
AHEAD = 'full', 'restore', 'increment', 'chain of 11'
# (data, what, who): times upstream's wall, times its bytes at most (None: not looked at).
BESIDE = {
    ('mixed', 'full', 'cinderbank'): (6, 1.01),
    ('mixed', 'full', 'cinderbank fast'): (20, 1.15),
    ('holes', 'full', 'cinderbank'): (30, None),
    ('holes', 'full', 'cinderbank fast'): (30, None),
    ('zeros', 'full', 'cinderbank'): (30, None),
    ('zeros', 'full', 'cinderbank fast'): (30, None),
    ('mixed', 'increment', 'cinderbank'): (4, None),
    ('mixed', 'restore', 'cinderbank'): (4, None),
    ('mixed', 'chain of 11', 'cinderbank'): (5, None),
}


def line(target, got, met):
    return '  %-7s %-58s %s' % ('met' if met else 'missed', target, got)


def beside_upstream(results):
    for key, (times, most) in BESIDE.items():
        row, twin = results.get(key), results.get((*key[:2], 'upstream'))
        if not row or not twin:
            continue
        got = twin['wall'] / row['wall']
        share = row['stored'] / twin['stored'] if most else 0
        yield line('%s, %s, %s: %d x wall%s' % (*key, times, ', %.2f x bytes' % most if most else ''),
                   '%.1f x%s' % (got, ', %.3f x' % share if most else ''), got >= times and share <= (most or 0))


def of_the_limit(results, limits, size, cores):
    row = results.get(('mixed', 'full', 'cinderbank none'))
    if row:
        speed = {name: limits['mixed'][name]['raw'] / limits['mixed'][name]['cpu'] for name in ('sha256', 'md5')}
        limit = cores / (1 / speed['sha256'] + 1 / speed['md5'])
        got = size / row['wall']
        yield line('mixed, full, cinderbank none: 80 %% of %.0f MiB/s' % (limit / MIB),
                   '%.0f %%: %.0f MiB/s' % (100 * got / limit, got / MIB), got >= .8 * limit)


def needed(results):
    row = results.get(('mixed', 'chain of 11', 'cinderbank'))
    if row and row.get('needed'):
        got = row['read'] / row['needed']
        yield line('mixed, chain of 11: 1.0 x bytes needed are read', '%.2f x' % got, got < 1.05)


def ahead_of(results, who):
    behind = ['%s %s' % (what, part) for what in AHEAD for part in ('wall', 'cpu')
              if ('mixed', what, who) in results and ('mixed', what, 'cinderbank') in results
              and results['mixed', what, who][part] <= results['mixed', what, 'cinderbank'][part]]
    if ('mixed', 'full', who) in results and ('mixed', 'full', 'cinderbank') in results:
        yield line('mixed: ahead of ' + who, 'not: ' + ', '.join(behind) if behind else 'in all', not behind)


def lines(results, limits, size, cores):
    """size: of mixed, in bytes."""
    yield from beside_upstream(results)
    yield from of_the_limit(results, limits, size, cores)
    yield from needed(results)
    for who in 'restic', 'borg':
        yield from ahead_of(results, who)
