#!/usr/bin/python3
"""chain.py CODEC: a full backup and five increments, each restored onto a new file and onto a dirty one."""
import os
import shutil
import sys

import scene


def main(codec):
    rng, size = scene.seeded('chain', codec), 9 * scene.MIB + 5000
    with scene.Scene(backup_compression_algorithm=codec, backup_file_size=2 * scene.MIB) as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), size, rng, 40)
        steps = []
        for step in range(6):
            steps.append((s.backup(volume, '--name', 'step %d' % step, *['--incremental'] * (step > 0)),
                          shutil.copy(volume, s.path('volume.%d' % step))))
            scene.scribble(volume, rng, 12)
        # In the order of taking, then from the last to the first: no step leans on another's restore.
        for record, expected in steps + steps[::-1]:
            fresh, dirty = s.path('out', 'restored'), scene.soil(s.path('out', 'dirty'), size)
            s.run('restore', record['id'], '--to', fresh)
            s.run('restore', record['id'], dirty)
            assert scene.same(fresh, expected), '%s differs on a new file' % record['display_name']
            assert scene.same(dirty, expected), '%s differs on a dirty file' % record['display_name']
            os.unlink(fresh)
        s.check_no_strays()
        # The newest increment goes first; what others stand on stays.
        s.refuse('delete', steps[0][0]['id'], says='incremental')
        for record, _ in reversed(steps):
            s.run('delete', record['id'])
        assert not s.stored() and not s.backups()
    print('chain: six steps on %s' % codec)


main(sys.argv[1])
