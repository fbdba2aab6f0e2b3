#!/usr/bin/python3
"""Several programs on one store and one catalogue: none disturbs what another is doing."""
import os
import signal
import subprocess

import scene

SIZE = 24 * scene.MIB


def finish(child):
    out, err = child.communicate()
    return child.returncode, out + err


def main():
    rng = scene.seeded('together')
    with scene.Scene(backup_file_size=scene.MIB) as s:
        volumes = [scene.new_volume(s.path('volumes', 'volume.%d' % i), SIZE, rng, 60) for i in range(3)]
        full = s.backup(volumes[0], '--name', 'full')

        # While one backs up, others look, restore, and try to take it away.
        with s.hold(volumes[1]) as held:
            child = s.start('backup', volumes[1], '--name', 'slow')
            held()
            slow = s.find('creating')
            assert [row['status'] for row in s.ask('list') if row['id'] == slow] == ['creating']
            s.refuse('delete', slow)
            s.refuse('restore', slow, '--to', s.path('out', 'restored'))
            s.run('restore', full['id'], '--to', s.path('out', 'restored'))
            assert scene.same(s.path('out', 'restored'), volumes[0])
        status, said = finish(child)
        assert status == 0, said
        assert s.backups()[slow]['status'] == 'available'
        s.run('restore', slow, '--to', s.path('out', 'restored.slow'))
        assert scene.same(s.path('out', 'restored.slow'), volumes[1])

        # While one restores, the backup stays, and there is no second restore of it.
        with s.hold(s.out + '/*') as held:
            child = s.start('restore', slow, '--to', s.path('out', 'restored.1'))
            held()
            assert s.find('restoring') == slow
            s.refuse('delete', slow)
            s.refuse('restore', slow, '--to', s.path('out', 'restored.2'))
        status, said = finish(child)
        assert status == 0, said
        assert scene.same(s.path('out', 'restored.1'), volumes[1])
        assert not os.path.exists(s.path('out', 'restored.2'))
        assert s.backups()[slow]['status'] == 'available'

        # What is started by nohup goes on when its terminal is closed.
        with s.hold(volumes[1]) as held:
            child = subprocess.Popen(['nohup', *s.command('backup', volumes[1], '--name', 'nohup')],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            held()
            child.send_signal(signal.SIGHUP)
        status, said = finish(child)
        assert status == 0, said

        # Many at once.
        children = [s.start('backup', volumes[i % 3], '--name', 'many %d' % i) for i in range(6)]
        children += [s.start('list') for _ in range(4)]
        for status, said in map(finish, children):
            assert status == 0, said
        for i in range(6):
            target = s.path('out', 'restored.many.%d' % i)
            s.run('restore', 'many %d' % i, '--to', target)
            assert scene.same(target, volumes[i % 3])
        s.check_no_strays()

        # A parent is not deleted under its child: whoever comes second is refused.
        for round_ in range(6):
            parent = s.backup(volumes[2], '--name', 'parent %d' % round_)
            children = [s.start('backup', volumes[2], '--incremental'), s.start('delete', parent['id'])]
            results = list(map(finish, children))
            rows = s.backups()
            for row in rows.values():
                assert not row['parent_id'] or row['status'] != 'available' or row['parent_id'] in rows, results
            s.check_no_strays()
    print('together: none in the way of another')


main()
