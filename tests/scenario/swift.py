#!/usr/bin/python3
"""swift.py ARCHIVE.tar.xz: a chain on a real Swift (SWIFT_AUTH, SWIFT_USER, SWIFT_KEY), and upstream's backups there."""
import json
import os
import shutil
import sys
import tarfile
import urllib.parse
import urllib.request

import scene
from golden import SUMS

DRIVER = 'cinder.backup.drivers.swift.SwiftBackupDriver'


class Account:
    """The account that the environment names, spoken to without the program."""

    def __init__(self):
        login = urllib.request.Request(os.environ['SWIFT_AUTH'], headers={
            'X-Auth-User': os.environ['SWIFT_USER'], 'X-Auth-Key': os.environ['SWIFT_KEY']})
        with urllib.request.urlopen(login) as answer:
            self.url, self.token = answer.headers['X-Storage-Url'], answer.headers['X-Auth-Token']

    def ask(self, method, *path, data=None):
        url = '/'.join([self.url] + [urllib.parse.quote(part) for part in path])
        request = urllib.request.Request(url, data=data, method=method, headers={'X-Auth-Token': self.token})
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def names(self, container):
        return self.ask('GET', container).decode().split()

    def wipe(self, container):
        for name in self.names(container):
            self.ask('DELETE', container, name)
        self.ask('DELETE', container)


def chain(s):
    rng, steps = scene.seeded('swift'), []
    volume = scene.new_volume(s.path('volumes', 'volume'), 9 * scene.MIB + 5000, rng, 40)
    for step in range(3):
        steps.append((s.backup(volume, '--container', s.container, *['--incremental'] * (step > 0)), s.path('volume.%d' % step)))
        shutil.copy(volume, steps[-1][1])
        scene.scribble(volume, rng, 12)
    target = s.path('out', 'restored')
    for record, expected in steps:
        s.run('restore', record['id'], '--to', target)
        assert scene.same(target, expected), record
        os.unlink(target)
    for record, _ in reversed(steps):
        s.run('delete', record['id'])
    assert not s.account.names(s.container), 'objects stay behind'


def golden(s, archive):
    with tarfile.open(archive) as tar:
        tar.extractall(s.path('unpacked'))
    (name,) = os.listdir(s.path('unpacked'))
    folder = s.path('unpacked', name)
    with open(os.path.join(folder, 'backups.json')) as f:
        rows = json.load(f)
    container = rows[0]['container']
    s.account.ask('PUT', container, data=b'')
    for top, _, names in os.walk(os.path.join(folder, container)):
        for name in names:
            path = os.path.join(top, name)
            with open(path, 'rb') as f:
                s.account.ask('PUT', container, os.path.relpath(path, os.path.join(folder, container)), data=f.read())
    for row in rows:
        with open(os.path.join(folder, row['display_name'] + '.backup_url')) as f:
            s.run('import', DRIVER, f.read().strip())
    target = s.path('out', 'restored')
    for row in rows:
        s.run('restore', row['id'], '--to', target)
        assert scene.sha256(target) == SUMS[row['display_name']], row['display_name']
        os.unlink(target)
    for row in reversed(rows):
        s.run('delete', row['id'])
    assert not s.account.names(container), 'objects stay behind'
    s.account.wipe(container)


def main(archive):
    if 'SWIFT_AUTH' not in os.environ:
        scene.skip('no Swift: SWIFT_AUTH is not set')
    with scene.Scene(backup_driver=DRIVER, backup_swift_auth='single_user', backup_swift_auth_version=1,
                     backup_swift_auth_url=os.environ['SWIFT_AUTH'], backup_swift_user=os.environ['SWIFT_USER'],
                     backup_swift_key=os.environ['SWIFT_KEY'], backup_swift_object_size=scene.MIB) as s:
        s.account, s.container = Account(), 'scenario-%d' % os.getpid()
        chain(s)
        s.account.wipe(s.container)
        golden(s, archive)
    print('swift: a chain of ours, and one of upstream')


if __name__ == '__main__':
    main(sys.argv[1])
