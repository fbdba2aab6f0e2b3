#!/usr/bin/python3
"""ceph_since.py: increments of images into a store of files read only what has changed; images in use are read at one
moment; the snapshots that this takes come and go as they should."""
import json
import os
import re
import signal
import subprocess
import time

import ceph_lab as lab
import scene

SIZE = 256 * scene.MIB + 12345
OPTIONS = {'backup_ceph_conf': lab.CONF, 'backup_ceph_user': 'cinder', 'backup_ceph_pool': 'backups'}


def bytes_read(s, *args):
    """What a backup reads of its volume, as the log of the driver's calls has it; and its record."""
    before = set(s.backups())
    done = s.run('backup', *args, '--debug')
    (ident,) = set(s.backups()) - before
    assert s.backups()[ident]['status'] == 'available'
    return sum(int(length) for length in re.findall(r'volume\.rbd.*? read \d+\+(\d+): done', done.stderr)), \
        s.backups()[ident], done.stderr


def back(s, row):
    path = s.path('out', 'restored')
    s.run('restore', row['id'], '--to', path)
    found = scene.sha256(path)
    os.unlink(path)
    return found


def patch(image, offset, content):
    lab.rbd('import-diff', '-', image, input=b'rbd diff v1\ns' + lab.size_of(image).to_bytes(8, 'little') + b'w' +
            offset.to_bytes(8, 'little') + len(content).to_bytes(8, 'little') + content + b'e')


def filled(name, rng, size=SIZE, shrinks=256):
    image = lab.create(lab.fresh(name), size)
    lab.rbd('import-diff', '-', image, input=b'rbd diff v1\ns' + size.to_bytes(8, 'little') + b''.join(
        b'w' + start.to_bytes(8, 'little') + min(scene.MIB, size - start).to_bytes(8, 'little') +
        (rng.randbytes(scene.MIB // shrinks) * shrinks)[:size - start]
        for start in range(0, size, scene.MIB)) + b'e')
    return image


def only_changes(s, rng):
    image = filled('kept', rng)
    read, full, _ = bytes_read(s, 'rbd:' + image)
    assert read == SIZE, read
    known = [(full, lab.sha256(image))]
    for change in 0, 1, 20:
        for _ in range(change):
            patch(image, rng.randrange(SIZE - 70000), rng.randbytes(rng.randrange(1, 70000)))
        read, row, _ = bytes_read(s, 'rbd:' + image, '--incremental')
        # Samples of what is said to be unchanged, one for each of so few chunks; and what lies between changes.
        assert read <= 40 * scene.BLOCK + change * (4 * scene.BLOCK + 2 * 256 * scene.KIB), (change, read)
        assert change or read >= 8 * scene.BLOCK, 'no samples were read'
        assert row['parent_id'] == known[-1][0]['id']
        known.append((row, lab.sha256(image)))
        (snapshot,) = lab.snapshots(image)
        assert re.fullmatch(r'backup\.%s\.snap\.\d+\.\d+' % row['id'], snapshot), snapshot
        manifest = json.loads(s.documents(row)[0])
        assert manifest['extra_metadata'].endswith(' rbd:%s@%s' % (image, snapshot)), manifest['extra_metadata']
        hashes = json.loads(s.documents(row)[1])['sha256s']
        assert len(hashes) == -(-SIZE // scene.BLOCK)
    for row, content in known:
        assert back(s, row) == content
    return image, known


def the_snapshot_goes(s, rng, image, known):
    """By a delete of its backup, by hand, by the option; and the next increment is right all the same."""
    s.run('delete', known[-1][0]['id'])
    assert not lab.snapshots(image)
    lab.write(image, rng, writes=3)
    read, row, _ = bytes_read(s, 'rbd:' + image, '--incremental')
    assert read > SIZE // 2 and row['parent_id'] == known[-2][0]['id'] and back(s, row) == lab.sha256(image)
    lab.rbd('snap', 'purge', image)
    read, row, _ = bytes_read(s, 'rbd:' + image, '--incremental')
    assert read > SIZE // 2 and back(s, row) == lab.sha256(image)
    s.configure({'rbd_keep_snapshot': False}, OPTIONS)
    read, row, _ = bytes_read(s, 'rbd:' + image, '--incremental')
    assert read < SIZE // 8 and not lab.snapshots(image), 'the one that was kept before goes, too'
    assert 'extra_metadata' not in json.loads(s.documents(row)[0])
    assert back(s, row) == lab.sha256(image)
    s.configure({}, OPTIONS)


def sizes(s, rng):
    image = filled('sized', rng, 40 * scene.MIB + 777)
    s.backup('rbd:' + image)
    for size in 60 * scene.MIB + 5, 60 * scene.MIB + 500, 33 * scene.MIB + 1, 41 * scene.MIB:
        lab.rbd('resize', '--allow-shrink', '--size', '%dB' % size, image)
        assert back(s, s.backup('rbd:' + image, '--incremental')) == lab.sha256(image), size


def named_snapshots(s, rng):
    """Backups of snapshots that the operator made are compared with each other; a new one of an old name is not."""
    image = filled('moments', rng, 64 * scene.MIB)
    contents = {}
    for name in 'one', 'two', 'three':
        patch(image, rng.randrange(60 * scene.MIB), rng.randbytes(10000))
        lab.rbd('snap', 'create', '%s@%s' % (image, name))
        contents[name] = lab.sha256(image)
    bytes_read(s, 'rbd:' + image, '--snapshot', 'two')
    read, row, _ = bytes_read(s, 'rbd:' + image, '--snapshot', 'three', '--incremental')
    assert read < 16 * scene.MIB and back(s, row) == contents['three'], read
    read, row, _ = bytes_read(s, 'rbd:' + image, '--snapshot', 'one', '--incremental')
    assert read > 60 * scene.MIB and back(s, row) == contents['one'], 'one is before three'
    lab.rbd('snap', 'rm', image + '@one')
    patch(image, 0, rng.randbytes(3 * scene.MIB))
    lab.rbd('snap', 'create', image + '@one')
    patch(image, 5 * scene.MIB, rng.randbytes(scene.MIB))
    read, row, _ = bytes_read(s, 'rbd:' + image, '--incremental')
    assert read > 60 * scene.MIB and back(s, row) == lab.sha256(image), 'another snapshot of the same name'
    assert sorted(name for name in lab.snapshots(image) if 'backup' not in name) == ['one', 'three', 'two']


def mistrusted(s, rng):
    """Where a sample differs from the parent's list, nothing that the volume says is believed."""
    image = filled('lies', rng, 64 * scene.MIB)
    row = bytes_read(s, 'rbd:' + image)[1]
    path = os.path.join(s.store, row['container'], row['service_metadata'] + '_sha256file')
    with open(path, encoding='ascii') as file:
        text = file.read()
    with open(path, 'w', encoding='ascii') as file:
        file.write(re.sub('"[0-9a-f]{64}"', lambda found: '"%064x"' % rng.getrandbits(256), text))
    read, row, log = bytes_read(s, 'rbd:' + image, '--incremental')
    assert 'said to be unchanged' in log and 'all of the volume is read' in log
    assert read > 64 * scene.MIB and back(s, row) == lab.sha256(image)


def start(s, *args):
    return subprocess.Popen(s.command(*args), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'not within %d s' % seconds
        time.sleep(0.02)


def in_use(s, rng):
    """Read at one moment, whatever is written meanwhile; afterwards there is no snapshot, also where one was killed."""
    s.configure({'rbd_keep_snapshot': False}, {**OPTIONS, 'backup_compression_algorithm': 'bz2'})
    image = filled('used', rng, 48 * scene.MIB, shrinks=1)
    watcher = lab.watch(image)
    before = lab.sha256(image)
    run = start(s, 'backup', 'rbd:' + image, '--name', 'used')
    until(lambda: lab.snapshots(image))
    patch(image, 40 * scene.MIB, rng.randbytes(scene.MIB))
    err = run.communicate(timeout=120)[1]
    assert run.returncode == 0, err
    assert not lab.snapshots(image) and lab.sha256(image) != before
    assert back(s, {'id': 'used'}) == before

    run = start(s, 'backup', 'rbd:' + image)
    until(lambda: lab.snapshots(image))
    run.kill()
    run.communicate()
    s.run('list')
    assert not lab.snapshots(image) and 'creating' not in {row['status'] for row in s.backups().values()}

    for _ in range(5):
        run = start(s, 'backup', 'rbd:' + image)
        until(lambda: lab.snapshots(image))
        run.send_signal(signal.SIGSTOP)     # before it has read all of it, perhaps before it has begun
        for name in lab.snapshots(image):
            lab.rbd('snap', 'rm', '%s@%s' % (image, name))
        run.send_signal(signal.SIGCONT)
        err = run.communicate(timeout=120)[1]
        if run.returncode:                  # else it was over just then
            break
    assert run.returncode == 1 and ('removed while it was read' in err or '.snap.' in err), (run.returncode, err)

    s.configure({'rbd_keep_snapshot': False}, {**OPTIONS, 'backup_ceph_user': 'reader'})
    s.refuse('backup', 'rbd:' + image, says='without the right to make a snapshot')
    lab.leave(watcher)
    s.configure({}, {**OPTIONS, 'backup_ceph_user': 'reader'})
    assert back(s, s.backup('rbd:' + image)) == lab.sha256(image), 'who only reads needs no snapshot of an idle image'
    assert not lab.snapshots(image)
    s.configure({}, OPTIONS)


def main():
    with scene.Scene(**OPTIONS) as s:
        rng = scene.seeded('ceph', 'since')
        the_snapshot_goes(s, rng, *only_changes(s, rng))
        for part in sizes, named_snapshots, mistrusted, in_use:
            part(s, rng)
            print('ceph: %s' % part.__name__)
    print('ceph: increments read what has changed')


main()
