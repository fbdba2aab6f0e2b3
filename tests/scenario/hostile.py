#!/usr/bin/python3
"""Bad input of every kind: one line of error that says what is wrong, and nothing half done."""
import bz2
import json
import os
import shutil
import sqlite3
import sys
import traceback
import zlib

import scene

SIZE = 3 * scene.MIB
MEMORY = 128 * scene.MIB

# ---- what may be wrong with the documents of a backup: each changes the parsed manifest in place


def first(manifest):
    return next(iter(manifest['objects'][0].values()))


def second(manifest):
    return next(iter(manifest['objects'][1].values()))


def rename(manifest, name):
    manifest['objects'][0] = {name: first(manifest)}


LIES = {     # name: (change, words of the error)
    'overlap': (lambda m: second(m).update(offset=first(m)['length'] - scene.BLOCK), ''),
    'same place twice': (lambda m: second(m).update(offset=0), ''),
    'beyond the volume': (lambda m: second(m).update(offset=1 << 50), ''),
    'offset below zero': (lambda m: first(m).update(offset=-scene.BLOCK), ''),
    'offset past 64 bits': (lambda m: second(m).update(offset=1 << 70), ''),
    'offset wraps': (lambda m: second(m).update(offset=(1 << 64) - scene.BLOCK), ''),
    'offset is text': (lambda m: first(m).update(offset='0'), ''),
    'length below zero': (lambda m: first(m).update(length=-1), ''),
    'length is huge': (lambda m: second(m).update(length=1 << 45), ''),
    'length is missing': (lambda m: first(m).pop('length'), ''),
    'wrong version': (lambda m: m.update(version='2.0.0'), 'version'),
    'no version': (lambda m: m.pop('version'), 'version'),
    'no objects': (lambda m: m.pop('objects'), 'objects'),
    'objects is a map': (lambda m: m.update(objects={}), 'objects'),
    'unknown compression': (lambda m: first(m).update(compression='rot13'), 'rot13'),
    'foreign object': (lambda m: rename(m, 'volume_other_backup_other-00001'), ''),
    'path outside': (lambda m: rename(m, '../../../../../../etc/passwd'), ''),
    'absolute path': (lambda m: rename(m, '/etc/passwd'), ''),
    'object that is not there': (lambda m: m['objects'].append({prefix(m) + '-00099': dict(
        first(m), offset=SIZE - scene.BLOCK, length=scene.BLOCK)}), ''),
    'object left out': (lambda m: m['objects'].pop(1), 'not in the manifest'),
    'one object named twice': (lambda m: m['objects'].append(m['objects'][0]), ''),
    'md5 is no digest': (lambda m: first(m).update(md5='xyz'), 'md5'),
}

TEXTS = {    # what a manifest may be instead of JSON
    'empty': '',
    'cut off': '{"version": "1.0.0", "objects": [',
    'a list': '[]',
    'nested too deep': '[' * 1000000,
    'not UTF-8': b'{"version": "\xff\xfe"}',
    'twice': '{}{}',
}


def prefix(manifest):
    return next(iter(manifest['objects'][0])).rsplit('-', 1)[0]


def damage_truncate(path):
    os.truncate(path, os.path.getsize(path) // 2)


def damage_empty(path):
    os.truncate(path, 0)


def damage_flip(path):
    with open(path, 'r+b') as f:
        f.seek(os.path.getsize(path) // 2)
        byte = f.read(1)[0]
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte ^ 0x10]))


def damage_append(path):
    with open(path, 'ab') as f:
        f.write(b'more')


def damage_bomb(path):
    packer, piece = zlib.compressobj(9), bytes(scene.MIB)
    with open(path, 'wb') as f:
        for _ in range(1024):
            f.write(packer.compress(piece))
        f.write(packer.flush())


def damage_other_stream(path):
    with open(path, 'wb') as f:
        f.write(bz2.compress(bytes(scene.MIB)))


def damage_link(path):
    os.unlink(path)
    os.symlink('/etc/passwd', path)


DAMAGES = [damage_truncate, damage_empty, damage_flip, damage_append, damage_bomb, damage_other_stream, damage_link,
           os.unlink]


class Hostile:
    def __init__(self, s):
        self.s = s
        self.volume = scene.new_volume(s.path('volumes', 'volume'), SIZE, scene.seeded('hostile'), 30)
        self.record = s.backup(self.volume, '--name', 'good')
        self.row = s.backups()[self.record['id']]
        self.place = os.path.join(s.store, self.row['container'])
        self.prefix = os.path.join(self.place, self.row['service_metadata'])
        self.kept = shutil.copytree(s.store, s.path('kept'))
        self.failed = []

    def mend(self):
        shutil.rmtree(self.s.store)
        shutil.copytree(self.kept, self.s.store, symlinks=True)

    def refuse_restore(self, what, says='', untouched=True):
        """Neither a new file nor (where that can be known beforehand) a byte of an old one is written."""
        try:
            fresh, dirty = self.s.path('out', 'restored'), scene.soil(self.s.path('out', 'dirty'), SIZE)
            self.s.refuse('restore', self.row['id'], '--to', fresh, says=says)
            assert os.listdir(self.s.out) == ['dirty'], 'left in the target: %s' % os.listdir(self.s.out)
            self.s.refuse('restore', self.row['id'], dirty, says=says)
            with open(dirty, 'rb') as f:
                assert not untouched or set(f.read()) == {0xaa}, 'an existing file was touched'
            assert self.s.backups()[self.row['id']]['status'] == 'available'
        except AssertionError as e:
            self.failed.append('%s: %s' % (what, e))
        finally:
            self.mend()

    def check(self, what, act):
        try:
            act()
        except AssertionError as e:
            self.failed.append('%s: %s' % (what, e))
        except Exception:
            self.failed.append('%s: %s' % (what, traceback.format_exc()))

    # ---- groups

    def manifests(self):
        for what, (change, says) in LIES.items():
            with open(self.prefix + '_metadata') as f:
                manifest = json.load(f)
            change(manifest)
            with open(self.prefix + '_metadata', 'w') as f:
                json.dump(manifest, f, sort_keys=True, indent=2)
            self.refuse_restore('manifest: ' + what, says)
        for what, text in TEXTS.items():
            with open(self.prefix + '_metadata', 'wb') as f:
                f.write(text if isinstance(text, bytes) else text.encode())
            self.refuse_restore('manifest: ' + what)
        os.unlink(self.prefix + '_metadata')
        self.refuse_restore('manifest: missing')

    def wrong_md5(self):
        """Looked at where no hash list tells more."""
        with open(self.prefix + '_metadata') as f:
            manifest = json.load(f)
        first(manifest).update(md5='0' * 32)
        with open(self.prefix + '_metadata', 'w') as f:
            json.dump(manifest, f, sort_keys=True, indent=2)
        os.unlink(self.prefix + '_sha256file')
        done = self.s.run('restore', self.row['id'], '--to', self.s.path('out', 'restored'), status=1)
        warning, error = done.stderr.splitlines()
        assert 'no hash list' in warning and 'does not have its MD5' in error, done.stderr
        assert not os.listdir(self.s.out), 'left in the target: %s' % os.listdir(self.s.out)
        self.mend()

    def hash_lists(self):
        with open(self.prefix + '_sha256file') as f:
            good = json.load(f)
        for what, change in {
                'too short': lambda h: h['sha256s'].pop(),
                'empty': lambda h: h.update(sha256s=[]),
                'too long': lambda h: h['sha256s'].append('0' * 64),
                'not a digest': lambda h: h['sha256s'].__setitem__(0, 'abc'),
                'another digest': lambda h: h['sha256s'].__setitem__(1, '0' * 64),
                'no block size': lambda h: h.pop('chunk_size'),
                'block size of zero': lambda h: h.update(chunk_size=0),
                'wrong version': lambda h: h.update(version='9'),
        }.items():
            hashes = json.loads(json.dumps(good))
            change(hashes)
            with open(self.prefix + '_sha256file', 'w') as f:
                json.dump(hashes, f, sort_keys=True, indent=2)
            self.refuse_restore('hash list: ' + what, untouched=False)

    def objects(self):
        for damage in DAMAGES:
            with open(self.prefix + '_metadata') as f:
                names = [name for entry in json.load(f)['objects'] for name in entry]
            damage(os.path.join(self.place, names[-1]))
            self.refuse_restore('object: ' + damage.__name__, untouched=damage is os.unlink)

    def volumes(self):
        s = self.s
        rows = len(s.backups())
        empty = scene.new_volume(s.path('volumes', 'volume.empty'), 0)
        for what, args, says in (
                ('missing volume', ['backup', s.path('volumes', 'nothing')], 'nothing'),
                ('missing volume by name', ['backup', 'nothing'], 'nothing'),
                ('a folder as volume', ['backup', s.volumes], ''),
                ('a device that is none', ['backup', '/dev/null'], ''),
                ('empty volume', ['backup', empty], ''),
                ('increment of nothing', ['backup', s.path('out', 'dirty'), '--incremental'], 'incremental'),
                ('container outside', ['backup', self.volume, '--container', '../../outside'], 'container'),
                ('absolute container', ['backup', self.volume, '--container', '/tmp/outside'], 'container'),
                ('name too long', ['backup', self.volume, '--name', 'n' * 300], ''),
                ('restore of nothing', ['restore', 'nothing', '--to', s.path('out', 'restored')], 'nothing'),
                ('restore into no folder', ['restore', 'good', '--to', s.path('gone', 'restored')], 'gone'),
                ('restore onto a folder', ['restore', 'good', s.out], ''),
                ('show nothing', ['show', 'nothing'], 'nothing'),
                ('delete nothing', ['delete', 'nothing'], 'nothing'),
                ('export nothing', ['export', 'nothing'], 'nothing'),
                ('import of no record', ['import', 'cinder.backup.drivers.posix.PosixBackupDriver', '%%%'], ''),
                ('import of an empty record', ['import', 'cinder.backup.drivers.posix.PosixBackupDriver', 'e30='], ''),
        ):
            scene.soil(s.path('out', 'dirty'), SIZE)
            self.check(what, lambda: s.refuse(*args, says=says))
        self.check('rows that stayed', self.no_new_rows(rows))
        self.check('strays', s.check_no_strays)
        for args in (['frobnicate'], ['backup'], ['backup', 'x', '--no-such'], ['list', '--format', 'xml'], []):
            self.check('usage %s' % args, lambda: s.run(*args, status=2))

    def no_new_rows(self, rows):
        def check():
            live = [row for row in self.s.backups().values() if row['status'] != 'error']
            assert len(live) == rows, live
        return check

    def options(self):
        s = self.s
        for default, own, says in (
                ({'backup_compression_algorithm': 'lz5'}, {}, 'backup_compression_algorithm'),
                ({'backup_file_size': '100000'}, {}, 'backup_file_size'),
                ({'backup_file_size': '64k'}, {}, 'backup_file_size'),
                ({'backup_driver': 'cinder.backup.drivers.nothing'}, {}, 'cinder.backup.drivers.nothing'),
                ({'backup_posix_path': '/dev/null'}, {}, '/dev/null'),
                ({'backup_posix_path': '$nothing/store'}, {}, 'nothing'),
                ({}, {'object_size_max': '1000'}, 'object_size_max'),
                ({}, {'volumes_pool': 'a/b'}, 'volumes_pool'),
        ):
            s.configure(own, default)
            self.check('option %s %s' % (default, own), lambda: s.refuse('backup', self.volume, says=says))
        for path in '', '/', '/:memory:', '?timeout=3':
            s.configure({}, {}, database={'connection': 'sqlite://' + path})
            for verb in ['serve'], ['list'], ['backup', self.volume]:
                self.check('catalogue in memory', lambda: s.refuse(*verb, says='would be lost at exit'))
        s.configure({}, {})
        with open(s.conf, 'a') as f:
            f.write('no equals sign\n')
        self.check('syntax', lambda: s.refuse('list', says='cinder.conf:'))
        os.unlink(s.conf)
        self.check('no file', lambda: s.refuse('list', says='cinder.conf'))
        s.configure({}, {'backup_file_size': scene.MIB})

    def catalogue(self):
        s = self.s
        with sqlite3.connect(s.catalogue, isolation_level=None) as db:
            db.execute('begin exclusive')
            self.check('locked catalogue', lambda: s.refuse('backup', self.volume, says='locked'))
            db.execute('rollback')
        db.close()
        self.check('strays', s.check_no_strays)
        for path, says in (('/dev/null/catalogue', ''), (s.volumes, '')):
            catalogue, s.catalogue = s.catalogue, path
            s.configure({}, {})
            self.check('catalogue %s' % path, lambda: s.refuse('list', says=says))
            s.catalogue = catalogue
        s.configure({}, {'backup_file_size': scene.MIB})
        whole = shutil.copy(s.catalogue, s.path('catalogue.kept'))
        with open(s.catalogue, 'wb') as f:
            f.write(b'this is no database' * 1000)
        for end in '-wal', '-shm':
            if os.path.exists(s.catalogue + end):
                os.unlink(s.catalogue + end)
        self.check('catalogue of garbage', lambda: s.refuse('list'))
        shutil.copy(whole, s.catalogue)

    def still_good(self):
        target = self.s.path('out', 'restored')
        self.s.run('restore', 'good', '--to', target)
        assert scene.same(target, self.volume)
        os.unlink(target)


def main(groups):
    failed = []
    for group in groups or ['manifests', 'wrong_md5', 'hash_lists', 'objects', 'volumes', 'options', 'catalogue']:
        with scene.Scene(backup_file_size=scene.MIB) as s:
            hostile = Hostile(s)
            getattr(hostile, group)()
            hostile.check('afterwards', hostile.still_good)
            failed += ['%s: %s' % (group, text) for text in hostile.failed]
    print('\n'.join(failed) or 'hostile: all refused')
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
