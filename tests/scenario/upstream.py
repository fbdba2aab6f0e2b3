#!/usr/bin/python3
"""upstream.py: one chain, made in turn by Cinderbank and by upstream's engine; each restores every backup of it."""
import base64
import datetime
import functools
import importlib.util
import json
import os
import random
import subprocess
import sys

import scene

ENGINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'bench.d', 'upstream.py')
SERVICE = 'cinder.backup.drivers.posix.PosixBackupDriver'
WORDS = b'a volume of some words, zeros and noise. '


def make_volume(path, draw):
    """Zeros long enough to be objects of their own, what shrinks, what does not, and a short last block."""
    with open(path, 'wb') as file:
        for _ in range(6):
            file.write(bytes(draw.randrange(3) * scene.MIB + draw.randrange(scene.MIB)))
            file.write(WORDS * draw.randrange(20000))
            file.write(draw.randbytes(draw.randrange(scene.MIB)))


def change_volume(path, draw):
    size = os.path.getsize(path)
    with open(path, 'r+b') as file:
        for _ in range(5):
            file.seek(draw.randrange(size - 300000))
            file.write(draw.choice((bytes(300000), draw.randbytes(5000), WORDS * 3000)))


@functools.cache
def server():
    """One for all, since to begin costs it more than to back up."""
    return subprocess.Popen((ENGINE, 'serve'), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


class Engine:
    """Upstream's, on the store and the records of a scene."""

    def __init__(self, s, service=SERVICE):
        self.scene, self.top, self.service = s, s.path('upstream'), service
        os.mkdir(self.top)
        os.symlink(s.store, os.path.join(self.top, 'store'))

    def run(self, *words):
        with open(os.path.join(self.top, 'records.json'), 'w') as file:
            json.dump(self.scene.backups(), file)
        print(json.dumps([self.top, *words]), file=server().stdin, flush=True)
        answer = json.loads(server().stdout.readline())
        assert answer, words
        return answer

    def backup(self, volume, row, algorithm):
        """An increment on the backup of this row, made known to the scene's catalogue."""
        made = self.run('backup', volume, '--parent', row['id'], '--volume-id', row['volume_id'], '--algorithm', algorithm)
        with open(os.path.join(self.top, 'records.json')) as file:
            record = json.load(file)[made['id']]
        answer = self.scene.ask('export', row['id'])
        exported = json.loads(base64.b64decode(answer['backup_url']))
        now = datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
        exported.update({name: value for name, value in record.items() if name in exported},
                        created_at=now, updated_at=now, data_timestamp=now)
        url = base64.b64encode(json.dumps(exported).encode()).decode()
        self.scene.ask('import', self.service, url)
        return made['id']


def check_both(s, engine, identity, digest):
    mine, theirs = s.path('out', 'mine'), s.path('out', 'theirs')
    s.run('restore', identity, '--to', mine)
    assert scene.sha256(mine) == digest, 'Cinderbank restores it otherwise'
    engine.run('restore', identity, theirs)
    assert scene.sha256(theirs) == digest, 'upstream restores it otherwise'
    os.unlink(mine)
    os.unlink(theirs)


def take_turns(s, engine, codec, turns=3):
    """Our full backup, and increments by them and us in turn, on what the other one wrote."""
    draw, volume = random.Random(scene.SEED), s.path('volumes', 'disk')
    make_volume(volume, draw)
    identity = s.backup(volume)['id']
    check_both(s, engine, identity, scene.sha256(volume))
    for turn in range(turns):
        change_volume(volume, draw)
        if turn % 2 == 0:
            identity = engine.backup(volume, s.backups()[identity], codec)
        else:
            record = s.backup(volume, '--incremental')
            assert record['parent_id'] == identity, 'an increment on another backup'
            identity = record['id']
        check_both(s, engine, identity, scene.sha256(volume))


def play(codec, level):
    with scene.Scene({'compression_level': level}, backup_compression_algorithm=codec) as s:
        take_turns(s, Engine(s), codec)


def need_engine():
    for name in 'cinder', 'zstd':
        if not importlib.util.find_spec(name):
            scene.skip('python3-%s is not installed' % name)


def main(codec, *levels):
    need_engine()
    for level in levels or ('default',):
        play(codec, level)
    print('upstream: %s, each restored and went on with what the other wrote' % codec)


if __name__ == '__main__':
    main(*sys.argv[1:])
