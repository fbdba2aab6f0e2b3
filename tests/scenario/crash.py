#!/usr/bin/python3
"""crash.py KILL|INT: that signal at random steps of every verb.

After SIGKILL the next verb puts right what was left half done; a verb that is interrupted does that itself.
"""
import os
import shutil
import signal
import subprocess
import sys

import scene

KILLS = int(os.environ.get('KILLS', '40'))
SIZE = 24 * scene.MIB


class Crash:
    def __init__(self, scene_, rng, number):
        self.s, self.rng, self.signal = scene_, rng, number
        self.volume = scene.new_volume(self.s.path('volumes', 'volume'), SIZE, rng, 60)
        self.fresh, self.dirty = self.s.path('out', 'restored'), scene.soil(self.s.path('out', 'dirty'), SIZE)
        self.content = {}           # name of a backup -> file with what it must restore to
        self.steps = {}             # verb -> how often it reads, writes, names or removes a file, the catalogue's too
        self.survived = self.struck = 0

    def name_next(self):
        """A name for the next backup, and a copy of what it backs up."""
        scene.scribble(self.volume, self.rng, 8)
        name = 'backup %d' % len(self.content)
        self.content[name] = shutil.copy(self.volume, self.s.path('volume.%d' % len(self.content)))
        return name

    def verb(self, kind):
        """A command line of this kind."""
        rows = [row for row in self.s.backups().values() if row['status'] == 'available']
        parents = {row['parent_id'] for row in rows}
        leaves = [row for row in rows if row['id'] not in parents]
        if kind == 'backup':
            return ['backup', self.volume, '--name', self.name_next()]
        if kind == 'increment':
            return ['backup', self.volume, '--name', self.name_next(), '--incremental']
        if kind == 'delete':
            return ['delete', self.rng.choice(leaves)['id']]
        record = self.rng.choice(rows)['id']
        return ['restore', record, '--to', self.fresh] if kind == 'restore' else ['restore', record, self.dirty]

    def stock(self):
        """A chain to restore and to delete from, whatever the kills left of it."""
        if not self.s.backups():
            for kind in 'backup', 'increment':
                self.s.run(*self.verb(kind))

    def strike(self, kind):
        """Start a verb and signal it at some step of it."""
        self.stock()
        args = self.verb(kind)
        if kind not in self.steps:
            with self.s.hold(self.s.top + '/*', after=1 << 40) as gate:
                self.s.run(*args)
                self.steps[kind] = gate.visits()
            self.settle()
            return
        with self.s.hold(self.s.top + '/*', self.rng.randrange(self.steps[kind])) as held:
            child = subprocess.Popen(self.s.command(*args), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            held(child)
            child.send_signal(self.signal)
            if self.signal == signal.SIGKILL:
                child.wait()
        status = child.wait()
        if status == 0:
            self.survived += 1
        else:
            self.struck += 1
        if self.signal == signal.SIGINT:
            # Before the program could catch the signal there is nothing to clean up.
            assert status in (0, 130, -signal.SIGINT), 'status %d of %s' % (status, args)
            if kind == 'delete' and status == 130:
                self.delete_failed()
            self.s.check_no_strays()
        self.settle()

    def delete_failed(self):
        """Whoever interrupts a delete finds the record in error, and goes on by deleting it again."""
        for row in self.s.backups().values():
            if row['status'] == 'error':
                self.s.run('delete', row['id'])

    def settle(self):
        """The next verb finds all in order."""
        if os.path.exists(self.fresh) and self.s.backups():
            assert any(scene.same(self.fresh, file) for file in self.content.values()), 'half a volume has a name'
            os.unlink(self.fresh)
        self.s.run('list')
        self.s.check_no_strays()
        rows = self.s.backups()
        for row in rows.values():
            assert row['status'] in ('available', 'error'), row
            assert not row['parent_id'] or row['status'] == 'error' or \
                rows[row['parent_id']]['status'] == 'available', 'a chain without its parent'
        self.delete_failed()
        self.s.check_no_strays()

    def restore_all(self):
        for row in self.s.backups().values():
            self.s.run('restore', row['id'], '--to', self.fresh)
            assert scene.same(self.fresh, self.content[row['display_name']]), row['display_name']
            os.unlink(self.fresh)


def main(name):
    rng = scene.seeded('crash', name)
    with scene.Scene(backup_file_size=scene.MIB) as s:
        crash = Crash(s, rng, signal.Signals['SIG' + name])
        kinds = ['backup', 'increment', 'restore', 'over', 'delete']
        for kind in kinds:
            crash.strike(kind)
        for number in range(KILLS):
            crash.strike(rng.choice(kinds))
            if number % 10 == 9:
                crash.restore_all()
        crash.restore_all()
    assert crash.struck > KILLS // 4, 'too few kills struck: %d' % crash.struck
    print('crash: %d struck, %d came too late; seed %d' % (crash.struck, crash.survived, scene.SEED))


main(sys.argv[1])
