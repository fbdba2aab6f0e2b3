#!/usr/bin/python3
"""verify tells what would not restore, rescan makes a lost catalogue anew, restore goes down a pipe, cancel ends what runs."""
import collections
import glob
import json
import os
import re
import shutil
import subprocess

import scene

SIZE = 6 * scene.MIB


def verdicts(s, *args, status=0):
    said = s.run('verify', *args, '--format', 'json', status=status).stdout
    return {found['name'] or found['id']: found for found in json.loads(said)}


def spoil(path):
    """Turn the last byte, which is of a checksum, or of data; again, and it is as before."""
    with open(path, 'r+b') as f:
        f.seek(-1, os.SEEK_END)
        byte = f.read(1)
        f.seek(-1, os.SEEK_END)
        f.write(bytes([byte[0] ^ 1]))


def verify_names_what_is_damaged():
    rng = scene.seeded('verify')
    with scene.Scene(backup_file_size=scene.MIB) as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), SIZE, rng, 60)
        for name, more in ('full', ()), ('inc', ('--incremental',)):
            row = s.backup(volume, '--name', name, *more)
            scene.scribble(volume, rng, 5)
            if name == 'full':
                full = row
        other = s.backup(volume, '--name', 'other')
        for depth in [], ['--deep'], ['--quick']:
            found = verdicts(s, *depth)
            assert set(found) == {'full', 'inc', 'other'} and all(v['good'] for v in found.values()), found
        assert set(verdicts(s, 'inc', other['id'])) == {'inc', 'other'}
        assert s.stored() == s.accounted()

        # A bit of the full: quick does not see it, deep names it, for all that stand on it.
        piece = sorted(glob.glob(os.path.join(s.store, full['container'], '*-0000*')), key=os.path.getsize)[-1]
        spoil(piece)
        assert all(v['good'] for v in verdicts(s, '--quick').values())
        found = verdicts(s, status=1)
        assert not found['full']['good'] and os.path.basename(piece) in found['full']['result'], found
        assert found['other']['good'], found
        spoil(piece)
        assert all(v['good'] for v in verdicts(s).values())

        # An object is gone: quick sees that as well.
        os.rename(piece, s.path('volume.away'))
        found = verdicts(s, '--quick', status=1)
        assert not found['full']['good'] and not found['inc']['good'] and found['other']['good'], found
        os.rename(s.path('volume.away'), piece)

        found = verdicts(s, 'nobody', 'full', status=1)
        assert not found['nobody']['good'] and found['full']['good'], found
        done = s.run('verify', '--quick', '--deep', status=2)
        assert '--quick and --deep' in done.stderr, done.stderr
        assert all(row['status'] == 'available' for row in s.backups().values())


def verify_reads_what_a_chain_shares_once():
    rng = scene.seeded('once')
    with scene.Scene(backup_file_size=scene.MIB) as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), SIZE, rng, 60)
        rows, has = {}, {}
        for name in 'full', 'one', 'two', 'three':
            row = rows[name] = s.backup(volume, '--name', name, *([] if name == 'full' else ['--incremental']))
            manifest = json.loads(s.documents(row)[0])
            has[name] = {(row['id'], key[-5:]): entry[key] for entry in manifest['objects'] for key in entry}
            scene.scribble(volume, rng, 3)

        def reads(*args):
            said = s.run('verify', '--debug', *args).stderr
            return collections.Counter(re.findall(r' read \S+_backup_(\S{36}) ?-(\d{5}):', said))

        # Objects of nothing but zeros are known by their MD5.
        whole, full = reads(), reads('full')
        assert whole == reads('full', 'one', 'two', 'three') and set(whole) <= set().union(*has.values()), whole
        assert {at: times for at, times in whole.items() if at in full} == full and len(whole) > len(full) > 0, (whole, full)
        assert set(reads('three')) & set(full), 'alone it is looked at as a restore does'
        base = {name: os.path.join(s.store, row['container'], row['service_metadata']) for name, row in rows.items()}

        # What an increment has is damaged: whoever stands below it is good.
        piece = '%s-%s' % (base['two'], next(number for backup, number in whole if backup == rows['two']['id']))
        spoil(piece)
        found = verdicts(s, status=1)
        assert [found[name]['good'] for name in rows][:3] == [True, True, False], found
        assert os.path.basename(piece) in found['two']['result'], found
        spoil(piece)

        # A hash list says that something has changed which the increment does not have.
        text = s.documents(rows['three'])[1]
        hashes = json.loads(text)
        digests, block = hashes['sha256s'], hashes['chunk_size']
        owned = {at for piece in has['three'].values()
                 for at in range(piece['offset'] // block, -(-(piece['offset'] + piece['length']) // block))}
        other = next(digest for at, digest in enumerate(digests) if at not in owned and digests.count(digest) == 1)
        with open(base['three'] + '_sha256file', 'w', encoding='ascii') as f:
            f.write(text.replace(other, other[::-1]))
        found = verdicts(s, status=1)
        assert [found[name]['good'] for name in rows] == [True, True, True, False], found
        assert 'SHA-256' in found['three']['result'], found


def rescan_makes_a_lost_catalogue_anew():
    rng = scene.seeded('rescan')
    with scene.Scene(backup_file_size=scene.MIB) as s:
        volume, images = s.path('volumes', 'volume'), []
        scene.new_volume(volume, SIZE, rng, 60)
        for i, more in enumerate(((), ('--incremental',), ('--incremental', '--container', 'of/mine'))):
            s.backup(volume, '--name', 'b%d' % i, '--description', 'd%d' % i, *more)
            images.append(shutil.copy(volume, s.path('restored.image%d' % i)))
            scene.scribble(volume, rng, 5)
        before = s.backups()
        assert all(found['state'] == 'known' for found in s.ask('rescan')) and len(s.ask('rescan')) == 3
        # What is no backup is none of its business.
        os.makedirs(os.path.join(s.store, 'lost+found'))
        with open(os.path.join(s.store, 'notes'), 'w') as f:
            f.write('hands off')
        os.symlink('..', os.path.join(s.store, 'lost+found', 'loop'))

        # Only what makes backups known makes a catalogue; to the others its name is wrong.
        os.unlink(s.catalogue)
        for verb in ('list',), ('show', 'b0'), ('verify',), ('restore', 'b0'), ('delete', 'b0'):
            s.refuse(*verb, says='does not exist')
        assert 'does not exist yet' in s.run('doctor', 'catalogue').stdout and not os.path.exists(s.catalogue)
        found = s.ask('rescan')
        assert [f['state'] for f in found] == ['missing'] * 3 and not s.backups(), found
        s.run('rescan', '--import')
        after = s.backups()
        same = ('id', 'volume_id', 'parent_id', 'container', 'service_metadata', 'service', 'size', 'object_count', 'status',
                'display_name', 'display_description', 'num_dependent_backups', 'created_at', 'host')
        for id_, row in before.items():
            assert [row[key] for key in same] == [after[id_][key] for key in same], (row, after[id_])
        for i, image in enumerate(images):
            s.run('restore', 'b%d' % i, '--to', s.path('out', 'restored%d' % i))
            assert scene.same(s.path('out', 'restored%d' % i), image)
        s.backup(volume, '--incremental')

        manifest = os.path.join(s.store, before[min(before)]['container'], before[min(before)]['service_metadata'] + '_metadata')
        with open(manifest, 'r+') as f:
            f.truncate(60)
        found = json.loads(s.run('rescan', '--format', 'json', status=1).stdout)
        bad = [f for f in found if f['state'] == 'damaged']
        assert len(bad) == 1 and bad[0]['service_metadata'] in manifest and bad[0]['reason'], found


def restore_goes_down_a_pipe():
    rng = scene.seeded('pipe')
    with scene.Scene(backup_file_size=scene.MIB) as s:
        volume = scene.new_volume(s.path('volumes', 'volume'), SIZE + 777, rng, 60)
        s.backup(volume, '--name', 'full')
        scene.scribble(volume, rng, 9)
        s.backup(volume, '--name', 'inc', '--incremental')
        where = dict(os.environ, TMPDIR=s.out)
        with open(s.path('restored.pipe'), 'wb') as f:
            subprocess.run(s.command('restore', 'inc', '--to', '-'), stdout=f, env=where, check=True)
        assert scene.same(s.path('restored.pipe'), volume) and not os.listdir(s.out)

        # Whoever reads has gone; or there is nothing to send.
        child = subprocess.Popen(s.command('restore', 'inc', '--to', '-'), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=where, text=True)
        child.stdout.close()
        said = child.stderr.read()
        assert child.wait() == 1 and 'standard output: Broken pipe' in said, said
        assert not os.listdir(s.out)
        s.refuse('restore', 'none', '--to', '-', says='none')
        assert not os.listdir(s.out)


def cancelled(s, status, pattern, after, *args):
    """Cancels this verb when it is about to do so many things more to such files: its id, and what either says."""
    with open(s.path('said'), 'w+', encoding='utf-8') as said, s.hold(pattern, after) as held:
        child = subprocess.Popen(s.command(*args, '--debug'), stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        held()
        id_ = s.find(status)
        cancel = s.start('cancel', id_)
        s.wait_until(lambda: s.backups()[id_]['status'] == 'error', 'nothing is cancelled')
        s.notice(id_, lambda: open(s.path('said'), encoding='utf-8').read())
    out, err = cancel.communicate()
    assert cancel.returncode == 0, err
    assert child.wait() in (1, 130), child.returncode
    return id_, json.loads(out)


def cancel_ends_what_runs():
    rng = scene.seeded('cancel')
    with scene.Scene(backup_file_size=scene.MIB) as s:
        volume = s.path('volumes', 'volume')
        with open(volume, 'wb') as f:
            f.write(scene.prose(rng, scene.MIB) * 8)
        s.backup(volume, '--name', 'good')
        kept = s.stored()
        id_, record = cancelled(s, 'creating', s.store + '/*', 9, 'backup', volume)
        assert record['status'] == 'error' and record['fail_reason'] == 'cancelled', record
        assert s.stored() == kept, s.stored() - kept
        s.refuse('cancel', id_, says='nothing to cancel')
        s.run('delete', id_)

        _, record = cancelled(s, 'restoring', s.out + '/*', 2, 'restore', 'good', '--to', s.path('out', 'restored'))
        assert record['status'] == 'available' and not os.listdir(s.out), (record, os.listdir(s.out))
        s.run('restore', 'good', '--to', s.path('out', 'restored'))
        assert scene.same(s.path('out', 'restored'), volume)
        s.check_no_strays()


if __name__ == '__main__':
    verify_names_what_is_damaged()
    verify_reads_what_a_chain_shares_once()
    rescan_makes_a_lost_catalogue_anew()
    restore_goes_down_a_pipe()
    cancel_ends_what_runs()
