#!/usr/bin/python3
"""ceph_volume.py: images of Ceph are backed up to a posix store and come back, onto new images and existing ones."""
import os
import time

import ceph_lab as lab
import scene


def chain(s, rng):
    image = lab.create(lab.fresh('source'), 96 * scene.MIB + 12345)
    lab.write(image, rng)
    backups = []
    for step in range(3):
        if step:
            lab.write(image, rng, writes=4)
        backups.append((s.backup('rbd:' + image, *(['--incremental'] if step else [])), lab.sha256(image)))
    assert [b['parent_id'] for b, _ in backups] == [None, backups[0][0]['id'], backups[1][0]['id']]
    target = lab.fresh('target')
    for n, (backup, content) in enumerate(backups):
        s.run('restore', backup['id'], *([] if n else ['--to']), 'rbd:' + target)
        assert lab.sha256(target) == content, 'target differs'
    path = s.path('out', 'restored')
    s.run('restore', backups[2][0]['id'], '--to', path)
    assert scene.sha256(path) == backups[2][1]
    os.unlink(path)
    return image, target


def zeros_take_no_room(s, image, target):
    """What is restored onto a new image is not allocated where it is zero."""
    backup = s.backup('rbd:' + image)
    new = lab.fresh('sparse')
    s.run('restore', backup['id'], '--to', 'rbd:' + new)
    assert lab.used(new) <= lab.used(image), (lab.used(new), lab.used(image))


def snapshots(s, rng, image):
    lab.rbd('snap', 'create', image + '@before')
    before = lab.sha256(image)
    lab.write(image, rng)
    assert lab.sha256(image) != before
    for words in (['rbd:%s@before' % image], ['rbd:' + image, '--snapshot', 'before'],
                  ['rbd:' + image, '--snapshot', 'rbd:%s@before' % image]):
        backup = s.backup(*words)
        s.run('restore', backup['id'], '--to', s.path('out', 'restored'))
        assert scene.sha256(s.path('out', 'restored')) == before, words
        os.unlink(s.path('out', 'restored'))
    s.refuse('backup', 'rbd:' + image, '--snapshot', 'rbd:volumes/other@before', says='is not one of')
    s.refuse('backup', 'rbd:' + image, '--snapshot', 'never', says='there is none')
    s.refuse('restore', backup['id'], 'rbd:%s@before' % image, says='snapshot cannot be written')


def mostly_empty(s, rng):
    """64 GiB with a few MiB in them: seconds, not minutes."""
    image = lab.create(lab.fresh('empty'), 64 * scene.GIB)
    lab.rbd('import-diff', '-', image, input=b'rbd diff v1\ns' + (64 * scene.GIB).to_bytes(8, 'little') + b'w' +
            (40 * scene.GIB + 77).to_bytes(8, 'little') + (3 * scene.MIB).to_bytes(8, 'little') +
            rng.randbytes(3 * scene.MIB) + b'e')
    start = time.monotonic()
    backup = s.backup('rbd:' + image)
    print('64 GiB with 3 MiB in them: %.1f s' % (time.monotonic() - start))
    s.run('delete', backup['id'])
    lab.rbd('rm', image)


options = {'backup_ceph_conf': lab.CONF, 'backup_ceph_user': 'cinder', 'backup_ceph_pool': 'backups'}


def refusals(s, image, target):
    backup = s.backup('rbd:' + image)
    s.refuse('backup', 'rbd:volumes/no-such', says='there is none')
    s.refuse('backup', 'rbd:no-such-pool/image', says='pool no-such-pool: there is none')
    small = lab.create(lab.fresh('small'), scene.MIB)
    s.refuse('restore', backup['id'], 'rbd:' + small, says='too small')
    s.refuse('restore', backup['id'], '--to', 'rbd:no-such-pool/image', says='pool no-such-pool: there is none')
    for user, words in ('stranger', 'has no right'), ('nobody', 'keyring'):
        s.configure({}, {**options, 'backup_ceph_user': user})
        s.refuse('backup', 'rbd:' + image, says=words)
    # Those of scenes beside this one go when they are done.
    partial = {name for name in lab.names() if 'partial' in name}
    end = time.monotonic() + 120
    while partial & lab.names():
        assert time.monotonic() < end, partial & lab.names()
        time.sleep(0.5)
    assert all(row['status'] == 'available' for row in s.backups().values())


def main():
    with scene.Scene(**options) as s:
        rng = scene.seeded('ceph', 'volume')
        image, target = chain(s, rng)
        zeros_take_no_room(s, image, target)
        snapshots(s, rng, image)
        mostly_empty(s, rng)
        refusals(s, image, target)
    print('ceph: images come back as they were')


main()
