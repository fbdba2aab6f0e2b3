#!/usr/bin/python3
"""ceph_store.py: backups that are images of Ceph: chains, pools, copies, and what older and other writers left there."""
import base64
import itertools
import json
import os
import re
import uuid
from datetime import datetime, timedelta

import ceph_lab as lab
import scene

OPTIONS = {'backup_driver': lab.CEPH, 'backup_ceph_conf': lab.CONF, 'backup_ceph_user': 'cinder',
           'backup_ceph_pool': 'backups'}


def place(s, backup):
    """Image and snapshot of a backup, as upstream would look for them."""
    row = s.backups()[backup['id']]
    image = json.loads(row['service_metadata'])['base']
    (snapshot,) = [name for name in lab.snapshots('%s/%s' % (row['container'], image)) if row['id'] in name]
    return '%s/%s' % (row['container'], image), snapshot


def back(s, backup, target=None):
    """What a restore onto a new file gives."""
    path = s.path('out', 'restored')
    if target:
        s.run('restore', backup['id'], target)
        return lab.sha256(target[len('rbd:'):])
    s.run('restore', backup['id'], '--to', path)
    found = scene.sha256(path)
    os.unlink(path)
    return found


def chain(s, rng):
    """Two chains of one volume; names and records; every kind of target; Ceph's own tools read it all."""
    image = lab.create(lab.fresh('source'), 64 * scene.MIB + 512)
    known = []
    for words in [], ['--incremental'], ['--incremental'], [], ['--incremental']:
        lab.write(image, rng, writes=6)
        known.append((s.backup('rbd:' + image, *words), lab.sha256(image)))
    ids = [backup['id'] for backup, _ in known]
    assert [backup['parent_id'] for backup, _ in known] == [None, ids[0], ids[1], None, ids[3]]
    volume = known[0][0]['volume_id']
    bases = [place(s, backup)[0] for backup, _ in known]
    first, second = ('backups/volume-%s.backup.%s' % (volume, ids[n]) for n in (0, 3))
    assert bases == [first] * 3 + [second] * 2, bases
    assert s.backups()[ids[2]]['service_metadata'] == '{"base": "%s"}' % first[len('backups/'):]
    assert sorted(lab.snapshots(image)) == sorted(place(s, backup)[1] for backup, _ in known)
    assert all(re.fullmatch(r'backup\.%s\.snap\.\d+\.\d+' % i, place(s, b)[1]) for i, (b, _) in zip(ids, known))
    meta = json.loads(lab.rados('backups', 'get', 'backup.%s.meta' % ids[1], '-'))
    assert meta['version'] == 2 and meta['volume-base-metadata']['id'] == volume, meta

    larger = lab.create(lab.fresh('larger'), 80 * scene.MIB)
    lab.write(larger, rng, writes=20)
    new = lab.fresh('new')
    s.run('restore', ids[0], '--to', 'rbd:' + new)
    assert lab.sha256(new) == known[0][1], 'onto a new image'
    for backup, content in known:
        base, snapshot = place(s, backup)
        assert lab.sha256('%s@%s' % (base, snapshot)) == content, 'rbd export reads something else'
        assert back(s, backup) == content, 'onto a file'
        assert back(s, backup, 'rbd:' + new) == content, 'onto an image'
        s.run('restore', backup['id'], 'rbd:' + larger)
        whole = lab.rbd('export', larger, '-')
        assert lab.digest(whole[:64 * scene.MIB + 512]) == content and not any(whole[64 * scene.MIB + 512:])
    by_ceph(known, s)
    deletes(s, known, image, first, second)


def by_ceph(known, s):
    """`rbd export-diff | rbd import-diff`, as upstream restores, for a full and its increments."""
    target, last = lab.create(lab.fresh('diff'), 1), []
    for backup, content in known[:3]:
        base, snapshot = place(s, backup)
        diff = lab.rbd('export-diff', *last, '%s@%s' % (base, snapshot), '-')
        lab.rbd('import-diff', '-', target, input=diff)
        assert lab.sha256(target) == content
        last = ['--from-snap', snapshot]


def deletes(s, known, image, first, second):
    ids = [backup['id'] for backup, _ in known]
    s.refuse('delete', ids[0], says='incremental backups exist')
    for n in 2, 4, 1, 0:
        s.run('delete', ids[n])
        for other, (backup, content) in enumerate(known):
            if backup['id'] in s.backups():
                assert back(s, backup) == content, 'deleting %d has spoilt %d' % (n, other)
    left = {'backups/' + name for name in lab.names('backups')}
    assert second in left and first not in left, left
    assert all(ids[3] in name for name in lab.snapshots(image)), lab.snapshots(image)
    s.run('delete', ids[3])
    assert lab.snapshots(image) == [] and second[len('backups/'):] not in lab.names('backups')
    assert not [name for name in lab.objects('backups') if any(i in name for i in ids)]


def after_a_child_went(s, rng):
    """An increment that was deleted leaves nothing behind in the image that the next one would inherit."""
    image = lab.create(lab.fresh('undo'), 32 * scene.MIB)
    lab.write(image, rng, writes=4)
    full = s.backup('rbd:' + image)
    (snapshot,) = lab.snapshots(image)
    lab.write(image, rng, writes=4)
    s.run('delete', s.backup('rbd:' + image, '--incremental')['id'])
    lab.rbd('snap', 'rollback', '%s@%s' % (image, snapshot))
    content = lab.sha256(image)
    assert back(s, s.backup('rbd:' + image, '--incremental')) == content
    lab.rbd('resize', '--allow-shrink', '--size', '%dB' % (9 * scene.MIB), image)
    content = lab.sha256(image)
    assert back(s, s.backup('rbd:' + image, '--incremental')) == content, 'after it shrank'
    lab.rbd('resize', '--size', '%dB' % (40 * scene.MIB), image)
    content = lab.sha256(image)
    assert back(s, s.backup('rbd:' + image, '--incremental')) == content, 'after it grew'
    assert full


def rolled_back(s, rng):
    """A volume that was set back behind its last backup: the object map, set back as well, knows of no change."""
    image = lab.create(lab.fresh('back'), 32 * scene.MIB)
    lab.write(image, rng, writes=4)
    for name in 'oldest', 'older':
        lab.rbd('snap', 'create', '%s@%s' % (image, name))
    older = lab.sha256(image)
    lab.write(image, rng, writes=4)
    full, content = s.backup('rbd:' + image), lab.sha256(image)
    lab.rbd('snap', 'rollback', image + '@older')
    (snapshot,) = set(lab.snapshots(image)) - {'oldest', 'older'}
    told = json.loads(lab.rbd('diff', '--whole-object', '--from-snap', snapshot, '--format', 'json', image))
    print('ceph: after a rollback the object map tells of %d changed objects' % len(told))
    child = s.backup('rbd:' + image, '--incremental')
    assert back(s, child) == older and back(s, full) == content


def clones(s, rng):
    """A volume made from a snapshot has data that only its parent holds."""
    origin = lab.create(lab.fresh('origin'), 24 * scene.MIB)
    lab.write(origin, rng, writes=4)
    lab.rbd('snap', 'create', origin + '@origin')
    lab.rbd('snap', 'protect', origin + '@origin')
    clone = lab.fresh('clone')
    lab.rbd('clone', origin + '@origin', clone)
    contents, backups = [], []
    for step in range(3):
        contents.append(lab.sha256(clone))
        backups.append(s.backup('rbd:' + clone, *(['--incremental'] if step else [])))
        if step == 0:
            lab.write(clone, rng, writes=3)
        elif step == 1:
            lab.rbd('flatten', clone)
    assert [back(s, backup) for backup in backups] == contents


def snapshot_sources(s, rng):
    """Upstream gives two backups of snapshots of one volume the same image; here each has its own."""
    image = lab.create(lab.fresh('moments'), 16 * scene.MIB)
    known = []
    for name in 'one', 'two':
        lab.write(image, rng, writes=3)
        lab.rbd('snap', 'create', '%s@%s' % (image, name))
        known.append((s.backup('rbd:%s@%s' % (image, name)), lab.sha256(image)))
    assert all(back(s, backup) == content for backup, content in known)
    assert sorted(lab.snapshots(image)) == ['one', 'two']
    s.refuse('backup', 'rbd:' + image, '--incremental', says='do a full backup')
    s.run('delete', known[1][0]['id'])
    assert back(s, known[0][0]) == known[0][1]


def other_pool(s, rng):
    image = lab.create(lab.fresh('pooled'), 16 * scene.MIB)
    lab.write(image, rng, writes=3)
    full, content = s.backup('rbd:' + image, '--container', 'other'), lab.sha256(image)
    lab.write(image, rng, writes=3)
    s.refuse('backup', 'rbd:' + image, '--incremental', '--container', 'backups', says='cannot be in another')
    child = s.backup('rbd:' + image, '--incremental')
    assert place(s, child)[0].startswith('other/')
    assert back(s, full) == content and back(s, child) == lab.sha256(image)
    s.refuse('backup', 'rbd:' + image, '--container', 'no-such-pool', says='pool no-such-pool: there is none')
    s.run('delete', child['id'])
    s.run('delete', full['id'])
    assert not lab.names('other'), lab.names('other')


def copies(s, rng):
    """A file is copied whole, its holes and a chunk of zeros in its middle as nothing; there is no increment of it."""
    path = scene.new_volume(s.path('volumes', 'volume'), 128 * scene.MIB, rng, writes=30)
    with open(path, 'r+b') as f:
        f.seek(40 * scene.MIB)
        f.write(bytes(24 * scene.MIB))
    backup = s.backup(path)
    row = s.backups()[backup['id']]
    image = 'backups/volume-%s.backup.%s' % (backup['volume_id'], backup['id'])
    assert row['service_metadata'] is None and lab.sha256(image) == scene.sha256(path)
    # Zeros are looked for in steps of 64 KiB, at both ends of each of the 30 writes.
    assert lab.used(image) <= os.stat(path).st_blocks * 512 + 60 * 64 * scene.KIB, 'holes and zeros take room'
    assert back(s, backup) == scene.sha256(path)
    new = lab.fresh('copy')
    s.run('restore', backup['id'], '--to', 'rbd:' + new)
    assert lab.sha256(new) == scene.sha256(path) and lab.used(new) < 1.5 * lab.used(image)
    s.refuse('backup', path, '--incremental', says='do a full backup')
    s.run('delete', backup['id'])
    assert image[len('backups/'):] not in lab.names('backups')


def few_snapshots(s, rng):
    s.configure({}, {**OPTIONS, 'backup_ceph_max_snapshots': 1})
    image = lab.create(lab.fresh('few'), 16 * scene.MIB)
    lab.write(image, rng, writes=3)
    s.backup('rbd:' + image)
    second = s.backup('rbd:' + image, '--incremental')
    assert second['parent_id'] and len(lab.snapshots(image)) == 1
    lab.rbd('snap', 'purge', image)
    third = s.backup('rbd:' + image, '--incremental')
    assert third['parent_id'] is None, 'without the snapshot it is a full one'
    assert back(s, third) == lab.sha256(image)
    s.configure({}, OPTIONS)
    lab.rbd('snap', 'purge', image)
    s.refuse('backup', 'rbd:' + image, '--incremental', says='do a full backup')


def shapes(s, rng):
    s.configure({}, {**OPTIONS, 'backup_ceph_stripe_unit': 65536, 'backup_ceph_stripe_count': 4,
                     'backup_ceph_image_journals': True, 'backup_ceph_chunk_size': 1 << 20})
    image = lab.create(lab.fresh('striped'), 24 * scene.MIB)
    lab.write(image, rng)
    backup = s.backup('rbd:' + image)
    shape = lab.shape(place(s, backup)[0])
    assert shape['stripe_unit'] == 65536 and shape['stripe_count'] == 4 and 'journaling' in shape['features'], shape
    assert back(s, backup) == lab.sha256(image)
    lab.write(image, rng)
    assert back(s, s.backup('rbd:' + image, '--incremental')) == lab.sha256(image)
    s.configure({}, OPTIONS)


def tails(s, rng):
    """What lies beyond the backup on a larger target: cleared, unless it is told to stay."""
    image = lab.create(lab.fresh('tail'), 8 * scene.MIB)
    lab.write(image, rng, writes=3)
    backup, content = s.backup('rbd:' + image), lab.rbd('export', image, '-')
    for discard in True, False:
        s.configure({}, {**OPTIONS, 'restore_discard_excess_bytes': discard})
        larger, tail = lab.fresh('larger'), rng.randbytes(4 * scene.MIB)
        lab.rbd('import', '-', larger, input=rng.randbytes(len(content)) + tail)
        s.run('restore', backup['id'], 'rbd:' + larger)
        assert lab.rbd('export', larger, '-') == content + (bytes(len(tail)) if discard else tail), discard
    s.configure({}, OPTIONS)


def steps(s, rng):
    """backup_ceph_chunk_size is the most that is read and written at once."""
    image = lab.fresh('steps')
    lab.rbd('import', '-', image, input=rng.randbytes(16 * scene.MIB))
    for size in 1 << 20, 1 << 22:
        s.configure({}, {**OPTIONS, 'backup_ceph_chunk_size': size})
        said = s.run('backup', 'rbd:' + image, '--debug').stderr
        for verb in 'read', 'write':
            lengths = [int(n) for n in re.findall(r'volume\.rbd.* %s \d+\+(\d+): done' % verb, said)]
            assert lengths and max(lengths) == size, (verb, size, lengths)
    s.configure({}, OPTIONS)


def record(volume, ident, container='backups', metadata=None, **more):
    row = {'id': ident, 'display_name': None, 'display_description': None, 'container': container, 'size': 1,
           'service_metadata': metadata, 'object_count': 0, 'volume_id': volume, 'service': lab.CEPH,
           'status': 'available', 'created_at': '2018-01-01T00:00:00Z', **more}
    return base64.b64encode(json.dumps(row).encode()).decode()


def of_queens(s, rng):
    """Before 15.0.0 all backups of a volume were snapshots of one image, and the record named none."""
    volume, ids = str(uuid.uuid4()), [str(uuid.uuid4()) for _ in range(3)]
    base = lab.create('backups/volume-%s.backup.base' % volume, 16 * scene.MIB)
    contents = []
    for n, ident in enumerate(ids):
        lab.write(base, rng, writes=3)
        lab.rbd('snap', 'create', '%s@backup.%s.snap.1514764800.%02d' % (base, ident, n))
        contents.append(lab.sha256(base))
        s.run('import', lab.CEPH, record(volume, ident, parent_id=ids[n - 1] if n else None))
    for ident, content in zip(ids, contents):
        assert back(s, {'id': ident}) == content
    for n in 2, 1, 0:
        s.run('delete', ids[n])
        assert len(lab.snapshots(base) if n else []) == n
    assert base[len('backups/'):] not in lab.names('backups')
    s.refuse('import', lab.CEPH, record(volume, ids[0]), says='is not in pool')


def of_queens_unasked(s, rng):
    """Queens made an increment of what was asked for as a full one: no record names a parent, and any may go first."""
    for order in itertools.permutations(range(3)):
        volume, ids = str(uuid.uuid4()), [str(uuid.uuid4()) for _ in range(3)]
        base, contents = lab.create('backups/volume-%s.backup.base' % volume, 8 * scene.MIB), {}
        for n, ident in enumerate(ids):
            lab.write(base, rng, writes=2)
            lab.rbd('snap', 'create', '%s@backup.%s.snap.1514764800.%02d' % (base, ident, n))
            contents[n] = lab.sha256(base)
            s.run('import', lab.CEPH, record(volume, ident))
        for n in order:
            s.run('delete', ids[n])
            del contents[n]
            for left, content in contents.items():
                assert back(s, {'id': ids[left]}) == content, (order, n, left)
        assert base[len('backups/'):] not in lab.names('backups'), order


def of_a_shared_copy(s, rng):
    """Since 18.0.0 upstream copies every snapshot of a volume to one name; the record of a failed copy is no owner."""
    volume, good, failed = (str(uuid.uuid4()) for _ in range(3))
    base = lab.create('backups/volume-%s.backup.base' % volume, 8 * scene.MIB)
    lab.write(base, rng, writes=3)
    lab.rados('backups', 'put', 'backup.%s.meta' % good, '-', input=b'{}')
    content = lab.sha256(base)
    for ident in good, failed:
        s.run('import', lab.CEPH, record(volume, ident, snapshot_id=str(uuid.uuid4())))
    s.run('delete', failed)
    assert back(s, {'id': good}) == content
    s.run('delete', good)
    assert base[len('backups/'):] not in lab.names('backups')


def readme(s, rng):
    """The recipe of the README, as it stands there."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../README.md'), encoding='utf-8') as f:
        recipe = f.read().split('**Ceph.**')[1].split('\n**')[0]
    lines = [line.strip() for line in recipe.splitlines() if line.startswith('    ')]
    options = dict(line.split(' = ') for line in lines if ' = ' in line)
    s.configure({}, {**options, 'backup_ceph_conf': lab.CONF})
    disk = lab.create('volumes/disk', 16 * scene.MIB)
    contents, new = {}, set()
    for words in (line.split()[1:] for line in lines if line.startswith('cinderbank ')):
        if words[0] == 'backup':
            lab.write(disk, rng, writes=4)
            contents[words[3]] = lab.sha256(disk)
        s.run(*words)
        if words[0] == 'restore':
            assert lab.sha256(words[-1][len('rbd:'):]) == contents[words[1]]
            new.add(words[-1][len('rbd:'):])
    assert len(contents) == 2 and len(new) == 2
    for name in 'monday', 'sunday':
        s.run('delete', name)
    for image in new:
        lab.rbd('rm', image)
    s.configure({}, OPTIONS)


def rescanned(s, rng):
    """The catalogue is lost: what the pools hold is enough to make it anew."""
    image = lab.create(lab.fresh('lost'), 32 * scene.MIB)
    file = scene.new_volume(s.path('volumes', 'lost'), scene.MIB)
    known = []
    for step in 'full', 'increment', 'another':
        lab.write(image, rng, writes=4)
        known.append((s.backup('rbd:' + image, *([] if step == 'full' else ['--incremental'])), lab.sha256(image)))
    known.append((s.backup('rbd:' + image, '--container', 'other'), known[-1][1]))
    known.append((s.backup(file), scene.sha256(file)))
    ids = {backup['id'] for backup, _ in known}
    before = {ident: row for ident, row in s.backups().items() if ident in ids}
    unfinished = lab.create('backups/volume-%s.backup.%s' % (uuid.uuid4(), uuid.uuid4()), scene.MIB)

    def found():
        listed = json.loads(s.run('rescan', '--format', 'json', status=1).stdout)
        assert [row['reason'] for row in listed if row['state'] == 'damaged' and row['id'] in unfinished]
        return {row['state'] for row in listed if row['id'] in ids}

    assert found() == {'known'}
    os.unlink(s.catalogue)
    assert found() == {'missing'}
    s.run('rescan', '--import', status=1)
    assert found() == {'known'}
    after = s.backups()
    for ident, row in before.items():
        for column in 'volume_id', 'parent_id', 'size', 'container', 'service_metadata', 'status', 'service':
            assert after[ident][column] == row[column], (column, after[ident], row)
        apart = datetime.fromisoformat(after[ident]['created_at']) - datetime.fromisoformat(row['created_at'])
        assert abs(apart) < timedelta(minutes=10), (after[ident], row)
    for backup, content in known:
        assert back(s, backup) == content
    lab.write(image, rng, writes=4)
    newest = s.backup('rbd:' + image, '--incremental')
    assert back(s, newest) == lab.sha256(image)
    for backup in newest, *(known[n][0] for n in (2, 1, 0, 3, 4)):
        s.run('delete', backup['id'])
    assert lab.snapshots(image) == []
    lab.rbd('rm', unfinished)


def main():
    with scene.Scene(**OPTIONS) as s:
        rng = scene.seeded('ceph', 'store')
        for part in (chain, after_a_child_went, rolled_back, clones, snapshot_sources, other_pool, copies, few_snapshots,
                     shapes, tails, steps, of_queens, of_queens_unasked, of_a_shared_copy, readme, rescanned):
            part(s, rng)
            print('ceph: %s' % part.__name__)


main()
