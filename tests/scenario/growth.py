#!/usr/bin/python3
"""A volume that changed its size a little is an increment like any other; zeroed regions restore as zeros."""
import os

import reader
import scene


def check(s, record, volume):
    """Restores onto a new file and a dirty one to what the volume is now; other code reads the same."""
    size, fresh = os.path.getsize(volume), s.path('out', 'restored')
    dirty = scene.soil(s.path('out', 'dirty'), size)
    s.run('restore', record['id'], '--to', fresh)
    s.run('restore', record['id'], dirty)
    with open(volume, 'rb') as v, open(fresh, 'rb') as f, open(dirty, 'rb') as d:
        content = v.read()
        assert f.read() == content, 'a new file differs'
        assert d.read() == content, 'a dirty file differs'
    os.unlink(fresh)


def grow(s, volume, by, data):
    with open(volume, 'r+b') as f:
        f.truncate(os.path.getsize(volume) + by)
        if data:
            f.seek(-len(data), os.SEEK_END)
            f.write(data)


def main():
    rng = scene.seeded('growth')
    with scene.Scene(backup_file_size=scene.MIB) as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), 3 * scene.MIB + 700, rng, 20)
        full = s.backup(volume)
        for by, data in ((1, b''), (scene.MIB + 100, b'new end'), (scene.BLOCK, b''), (10 * scene.MIB, b'')):
            grow(s, volume, by, data)
            record = s.backup(volume, '--incremental')
            assert record['parent_id'], 'a full backup for %d bytes more' % by
            check(s, record, volume)
            rows = s.backups()
            with open(volume, 'rb') as f:
                assert reader.restore(s.store, rows, rows[record['id']]) == f.read()

        # What was there at first, and is zeros now: written, or punched.
        with open(volume, 'r+b') as f:
            f.write(bytes(scene.MIB))
        record = s.backup(volume, '--incremental')
        check(s, record, volume)
        assert not s.run('list').stderr

        # A file of its full size again, from the first layer.
        s.run('restore', full['id'], '--to', s.path('out', 'restored'))
        assert os.path.getsize(s.path('out', 'restored')) == 3 * scene.MIB + 700

        # Larger targets keep what lies behind the backup; smaller ones are refused before a byte is written.
        dirty = scene.soil(s.path('out', 'dirty'), 4 * scene.MIB)
        s.run('restore', full['id'], dirty)
        with open(dirty, 'rb') as f:
            f.seek(3 * scene.MIB + 700)
            assert set(f.read()) == {0xaa}
        small = scene.soil(s.path('out', 'dirty'), scene.MIB)
        s.refuse('restore', full['id'], small, says='small')
        with open(small, 'rb') as f:
            assert set(f.read()) == {0xaa}

        # Shrinking is an increment, too.
        os.truncate(volume, 2 * scene.MIB)
        record = s.backup(volume, '--incremental')
        assert record['parent_id']
        s.run('restore', record['id'], '--to', s.path('out', 'restored.2'))
        with open(volume, 'rb') as v, open(s.path('out', 'restored.2'), 'rb') as f:
            assert f.read(2 * scene.MIB) == v.read()
            assert not f.read().strip(b'\0'), 'what lies behind the end is zeros or nothing'
    print('growth: five sizes')


main()
