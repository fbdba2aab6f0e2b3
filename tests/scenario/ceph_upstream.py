#!/usr/bin/python3
"""ceph_upstream.py: upstream's ceph driver, of Debian, on the same cluster: one chain made in turn, restored by both at
each step, deleted by both."""
import base64
import json
import os
import subprocess
import uuid

import ceph_lab as lab
import scene

ENGINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ceph_engine.py')
OPTIONS = {'backup_driver': lab.CEPH, 'backup_ceph_conf': lab.CONF, 'backup_ceph_user': 'cinder',
           'backup_ceph_pool': 'backups'}


def upstream(s, *words):
    done = subprocess.run(('/usr/bin/python3', ENGINE, lab.CONF, *words), input=json.dumps(s.backups()), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def content(image):
    """Of images of a GiB: a digest of the objects that are not zero."""
    script = '''
import hashlib, rados, rbd, sys
cluster = rados.Rados(conffile=sys.argv[1], rados_id='cinder')
cluster.connect()
pool, name = sys.argv[2].split('/')
image, digest, pieces = rbd.Image(cluster.open_ioctx(pool), name, read_only=True), hashlib.sha256(), []
image.diff_iterate(0, image.size(), None, lambda offset, length, exists: pieces.append((offset, length)), True, True)
for start, length in sorted(pieces):
    for offset in range(start, start + length, 4 << 20):
        data = image.read(offset, min(4 << 20, start + length - offset))
        if any(data):
            digest.update(b'%d ' % offset + data)
print(image.size(), digest.hexdigest())
'''
    return subprocess.run(['/usr/bin/python3', '-c', script, lab.CONF, image], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def by_upstream(s, image, volume, parent):
    """A backup by upstream, its record imported."""
    row = {'id': str(uuid.uuid4()), 'volume_id': volume, 'parent_id': parent, 'container': 'backups' if parent else None,
           'service_metadata': None, 'size': 1, 'object_count': 0, 'display_name': None, 'display_description': None,
           'service': lab.CEPH, 'status': 'available', 'created_at': '2026-01-01T00:00:00Z',
           'data_timestamp': '2026-01-01T00:00:00Z'}
    done = subprocess.run(('/usr/bin/python3', ENGINE, lab.CONF, 'backup', row['id'], image), text=True, check=True,
                          input=json.dumps({**s.backups(), row['id']: row}), stdout=subprocess.PIPE, timeout=300)
    row.update(json.loads(done.stdout))
    row['data_timestamp'] = row['created_at'] = next_second(s)
    s.run('import', lab.CEPH, base64.b64encode(json.dumps(row).encode()).decode())
    return s.backups()[row['id']]


def next_second(s):
    """Later than all that is there, so that the next increment stands on this one."""
    newest = max([row['data_timestamp'] for row in s.backups().values()], default='2026-01-01 00:00:00')
    return newest.replace(' ', 'T')[:19] + 'Z'


def both_restore(s, row, wanted, used=False):
    """Onto images of their own; used: upstream's holds something, so it copies all of it."""
    ours, theirs = lab.fresh('ours'), lab.create(lab.fresh('theirs'), scene.GIB)
    s.run('restore', row['id'], '--to', 'rbd:' + ours)
    assert content(ours) == wanted, 'we restore it otherwise'
    if used:
        lab.rbd('import-diff', '-', theirs, input=b'rbd diff v1\ns' + scene.GIB.to_bytes(8, 'little') + b'w' +
                (5).to_bytes(8, 'little') + (3).to_bytes(8, 'little') + b'olde')
    upstream(s, 'restore', row['id'], theirs)
    assert content(theirs) == wanted, 'upstream restores it otherwise'
    lab.rbd('snap', 'purge', theirs)
    for image in ours, theirs:
        lab.rbd('rm', image)


def main():
    done = subprocess.run(('/usr/bin/python3', '-c', 'import cinder.backup.drivers.ceph, rbd, os_brick'),
                          stderr=subprocess.DEVNULL)
    if done.returncode:
        scene.skip('python3-cinder and python3-rbd are not installed')
    with scene.Scene(**OPTIONS) as s:
        rng = scene.seeded('ceph', 'upstream')
        image = lab.create('volumes/volume-' + str(uuid.uuid4()), scene.GIB)
        rows = []
        for step, maker in enumerate(('ours', 'theirs', 'ours')):
            lab.write(image, rng, writes=4)
            if maker == 'ours':
                made = s.backup('rbd:' + image, *(['--incremental'] if step else []))
                row = s.backups()[made['id']]
            else:
                row = by_upstream(s, image, rows[-1]['volume_id'], rows[-1]['id'])
            assert row['parent_id'] == (rows[-1]['id'] if rows else None), (step, row)
            rows.append(row)
            both_restore(s, row, content(image), used=step == 1)
            print('ceph: step %d, %s: both restore it' % (step, maker))
        found = upstream(s, 'snapshots', image)
        assert sorted(found) == sorted(lab.snapshots(image)), 'upstream knows them all, and removes them with the volume'
        deletes(s, image, rows)
        theirs_first(s, image, rng, rows[0]['volume_id'])
        lab.rbd('snap', 'purge', image)
        lab.rbd('rm', image)
    print('ceph: upstream restores and deletes what is ours, and we what is theirs')


def deletes(s, image, rows):
    """From the newest on, we theirs and they ours."""
    for row in reversed(rows):
        if row in rows[1::2]:
            s.run('delete', row['id'])
        else:
            upstream(s, 'delete', row['id'])
            s.run('delete', row['id'], '--force')
        assert not any(row['id'] in name for name in lab.objects('backups'))
    assert not [name for name in lab.names('backups') if rows[0]['id'] in name]


def theirs_first(s, image, rng, volume):
    """A full one of theirs, an increment of ours on it."""
    full = by_upstream(s, image, volume, None)
    both_restore(s, full, content(image))
    lab.write(image, rng, writes=3)
    made = s.backup('rbd:' + image, '--incremental')
    assert made['parent_id'] == full['id']
    both_restore(s, s.backups()[made['id']], content(image))
    s.run('delete', made['id'])
    s.run('delete', full['id'])
    assert not [name for name in lab.names('backups') if full['id'] in name]
    assert not [name for name in lab.snapshots(image) if made['id'] in name]


main()
