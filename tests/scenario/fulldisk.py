#!/usr/bin/python3
"""A disk that fills up: one line of error, nothing half done, and room again as soon as there is room."""
import os
import resource
import subprocess

import scene


def mount(path, size):
    done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=%d' % size, 'tmpfs', path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0


def limit_files():
    """What `ulimit -f` does: a write past it fails, and its signal is not to end the program."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (scene.MIB // 2, scene.MIB // 2))


def main():
    rng = scene.seeded('fulldisk')
    with scene.Scene(backup_compression_algorithm='none', backup_file_size=scene.MIB) as s:
        if os.geteuid() != 0 or not mount(s.store, 6 * scene.MIB):
            scene.skip('a small file system cannot be mounted here')
        mounted = [s.store]
        try:
            large = scene.new_volume(s.path('volumes', 'volume.large'), 16 * scene.MIB, rng, 60)
            small = scene.new_volume(s.path('volumes', 'volume.small'), 3 * scene.MIB, rng, 10)
            record = s.backup(small, '--name', 'small')
            s.refuse('backup', large, '--name', 'large', says='space')
            s.check_no_strays()
            failed = [row for row in s.backups().values() if row['display_name'] == 'large']
            assert [row['status'] for row in failed] == ['error'] and 'space' in failed[0]['fail_reason'].lower(), failed
            s.run('delete', failed[0]['id'])

            s.refuse('backup', small, '--name', 'limited', says='File too large', preexec_fn=limit_files)
            s.check_no_strays()

            assert mount(s.out, scene.MIB)
            mounted.append(s.out)
            s.refuse('restore', record['id'], '--to', s.path('out', 'restored'), says='space')
            assert os.listdir(s.out) == []
            assert s.backups()[record['id']]['status'] == 'available'
            s.run('restore', record['id'], '--to', s.path('volumes', 'restored'))
            assert scene.same(small, s.path('volumes', 'restored'))
        finally:
            for path in mounted:
                subprocess.run(['umount', path], check=True)
    print('fulldisk: refused, cleaned up, went on')


main()
