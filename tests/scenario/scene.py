"""A folder with a cinder.conf, a store, volumes and the program: what every scenario plays in."""
import contextlib
import fcntl
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
BLOCK = 32 * KIB
SEED = int(os.environ.get('SEED', '1'))
SKIPPED = 77        # exit status that ctest takes for skipped
PATIENCE = 300      # seconds; only what never comes takes as long


def program(name='cinderbank'):
    path = os.environ.get(name.upper().replace('-', '_'))
    if not path:
        sys.exit('%s: where is the program? Set it in the environment.' % name.upper().replace('-', '_'))
    return os.path.abspath(path)


def skip(why):
    print('skipped: ' + why)
    sys.exit(SKIPPED)


def sha256(path):
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha256').hexdigest()


class Gate:
    """What Scene.hold() keeps closed."""

    def __init__(self, stage, path, head, after):
        self.stage, self.path, self.head, self.after = stage, path, head, after

    def visits(self):
        """How often somebody came, and went on or waits."""
        return os.path.getsize(self.path) - len(self.head)

    def __call__(self, child=None):
        """Until somebody waits, or that process has ended."""
        self.stage.wait_until(lambda: self.visits() > self.after or child and child.poll() is not None,
                              'nobody waits at ' + self.head)


class Scene:
    """`with Scene(backup_compression_algorithm='zstd') as scene:` makes the folder, and removes it at the end."""

    def __init__(self, own=None, **default):
        self.top = tempfile.mkdtemp(prefix='cinderbank-scenario-')
        self.store, self.state = self.path('store'), self.path('state')
        self.volumes, self.out = self.path('volumes'), self.path('out')
        for folder in self.store, self.state, self.volumes, self.out:
            os.mkdir(folder)
        self.conf = self.path('cinder.conf')
        self.catalogue = self.path('state', 'catalogue.sqlite')
        self.service, self.serving = None, ['serve']
        self.configure(own or {}, default)

    def configure(self, own, default, **sections):
        default = {
            'backup_driver': 'cinder.backup.drivers.posix.PosixBackupDriver',
            'backup_posix_path': self.store,
            'state_path': self.state,
            'host': 'scene',
            **default,
        }
        with open(self.conf, 'w') as f:
            for section, options in (('DEFAULT', default), ('database', {'connection': 'sqlite:///' + self.catalogue}),
                                     ('cinderbank', {'listen': '127.0.0.1:0', **own}), *sections.items()):
                print('[%s]' % section, *('%s = %s' % item for item in options.items()), sep='\n', file=f)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.service and self.service.poll() is None:
            self.service.kill()
            self.service.wait()
        if kind and os.environ.get('KEEP'):
            print('kept: ' + self.top)
        else:
            shutil.rmtree(self.top, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.top, *names)

    def command(self, *args):
        """The program as one that hold() can hold; tests/fake/hold.c is built beside it."""
        library = os.path.join(os.path.dirname(program()), '../tests/fake/hold.so')
        assert os.path.exists(library), library
        return ['env', 'LD_PRELOAD=' + library, 'CINDERBANK_HOLD=' + self.path('hold'), program(), *args, '--config-file', self.conf]

    @contextlib.contextmanager
    def hold(self, pattern, after=0):
        """As long as this lasts, who is about to read, write, name or remove a file whose path is like that waits.

        So many may do so before.  What it yields returns, called, once somebody waits.  A target that has no name yet is in
        the folder where it gets one.
        """
        gate, head = self.path('hold'), '%d %s\n' % (after, pattern)
        with open(gate + '.new', 'w', encoding='utf-8') as f:
            f.write(head)
            f.flush()
            fcntl.flock(f, fcntl.LOCK_EX)
            os.rename(gate + '.new', gate)
            try:
                yield Gate(self, gate, head, after)
            finally:
                os.unlink(gate)

    def run(self, *args, status=0, **more):
        """Run a verb to its end; its exit status must be this one."""
        done = subprocess.run(self.command(*args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, **more)
        assert done.returncode == status, '%s: status %d, not %d\n%s%s' % (
            ' '.join(done.args), done.returncode, status, done.stdout, done.stderr)
        return done

    def serve(self):
        """Start the service, and wait until it listens: the process, and HOST:PORT.  Its log is in `log`."""
        with open(self.path('log'), 'w', encoding='utf-8') as log:
            child = self.service = subprocess.Popen(self.command(*self.serving), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def listens():
            found = re.search(r'listening on http://(\S+)\n', self.log())
            assert found or child.poll() is None, self.log()
            return found
        return child, self.wait_until(listens, 'the service does not listen')[1]

    def start(self, *args):
        """A verb that runs beside the scene."""
        return subprocess.Popen(self.command(*args, '--format', 'json'), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def log(self):
        """What the service has said so far."""
        with open(self.path('log'), encoding='utf-8', errors='replace') as f:
            return f.read()

    def wait_until(self, happens, what):
        """What it is in the end, as soon as it is true."""
        end = time.monotonic() + PATIENCE
        while True:
            found = happens()
            if found:
                return found
            assert time.monotonic() < end, '%s\n%s' % (what, self.log()[-3000:] if os.path.exists(self.path('log')) else '')
            time.sleep(0.01)

    def notice(self, backup, log=None):
        """Wait until the job that is held has seen what the catalogue says of its backup by now.

        It looks every half second, and says so at debug level.  The first look that is told of may have been before, and
        what it makes of the second is known at the third.
        """
        log = log or self.log
        seen = log().count('find ' + backup)
        self.wait_until(lambda: log().count('find ' + backup) >= seen + 3, 'nobody looks at ' + backup)

    def interrupt_all(self, relay, removal, size=8 * MIB):
        """Ctrl-C in the middle of every verb, while the server behind this relay is silent: each ends, and can be gone on from.

        removal   what passes once for each file of the store that is removed
        """
        volume, target = self.path('volumes', 'volume'), self.path('out', 'restored')
        with open(volume, 'wb') as f:
            f.write(noise(seeded('interrupted'), size))

        def interrupt(after, *args, word=None):
            with relay.hold(after, word) as held:
                running = self.start(*args)
                held()
                running.send_signal(signal.SIGINT)
                # It takes ten seconds to give up what a backup leaves behind.
                _, complaints = running.communicate(timeout=300)
            assert running.returncode == 130 and complaints.count('\n') <= 1, (running.returncode, complaints)

        interrupt(size // 2, 'backup', volume)
        # Nothing is half done when a store is only looked at.
        interrupt(0, 'doctor', 'store')
        (row,) = self.backups().values()
        assert row['status'] == 'error' and 'cancelled' in row['fail_reason'], row
        self.run('delete', row['id'])
        assert not self.stored(), self.stored()
        record = self.backup(volume)
        interrupt(size // 2, 'restore', record['id'], '--to', target)
        assert not os.path.exists(target) and self.backups()[record['id']]['status'] == 'available'
        interrupt(20, 'delete', record['id'], word=removal)
        assert self.stored() and self.backups()[record['id']]['status'] == 'error'
        self.run('delete', record['id'])
        assert not self.stored() and not self.backups()

    def ask(self, *args):
        """Run a verb and read its JSON."""
        return json.loads(self.run(*args, '--format', 'json').stdout)

    def lay_volume(self, name, size, identifier, project, **more):
        """A file in volumes_dir, and its row as of that project; None: nobody's, so it has none."""
        file = 'volume-' + identifier
        path = new_volume(self.path('volumes', file), size, **more)
        if project:
            with sqlite3.connect(self.catalogue) as db:
                db.execute("insert into volumes (created_at, deleted, id, user_id, project_id, size, status, display_name, "
                           "provider_location) values ('2026-11-23 01:02:14', 0, ?, 'somebody', ?, ?, 'available', ?, ?)",
                           (identifier, project, -(-size // GIB), name, file))
            db.close()
        return path

    def refuse(self, *args, says='', **more):
        """The verb fails: status 1, nothing on stdout, one line on stderr that has these words."""
        done = self.run(*args, status=1, **more)
        lines = done.stderr.splitlines()
        assert len(lines) == 1 and not done.stdout, 'one line of error was due, not:\n%s%s' % (done.stdout, done.stderr)
        assert says.lower() in lines[0].lower(), 'the error should say "%s": %s' % (says, lines[0])
        return lines[0]

    def backup(self, volume, *args):
        """The record of a new backup of this volume file, which must be available."""
        record = self.ask('backup', volume, *args)
        assert record['status'] == 'available', record
        return record

    def backups(self):
        """Live rows of the catalogue, read without the program."""
        if not os.path.exists(self.catalogue):
            return {}
        with sqlite3.connect('file:%s?mode=ro' % self.catalogue, uri=True) as db:
            db.row_factory = sqlite3.Row
            rows = [dict(row) for row in db.execute('select * from backups where deleted = 0')]
        db.close()
        return {row['id']: row for row in rows}

    def find(self, status):
        """The id of the one backup that has this status."""
        found = [row['id'] for row in self.backups().values() if row['status'] == status]
        assert len(found) == 1, (status, self.backups())
        return found[0]

    def volume_file(self, name):
        """The file of the one volume that the catalogue calls so."""
        with sqlite3.connect('file:%s?mode=ro' % self.catalogue, uri=True) as db:
            found = db.execute('select provider_location from volumes where display_name = ? and deleted = 0',
                               (name,)).fetchall()
        db.close()
        assert len(found) == 1, (name, found)
        return os.path.join(self.volumes, found[0][0])

    def volumes_at_work(self):
        """How many volumes and snapshots are in a status that passes."""
        passing = "'creating', 'deleting', 'backing-up', 'restoring-backup'"
        with sqlite3.connect('file:%s?mode=ro' % self.catalogue, uri=True) as db:
            count = sum(db.execute('select count(*) from %s where deleted = 0 and status in (%s)' % (table, passing)
                                   ).fetchone()[0] for table in ('volumes', 'snapshots'))
        db.close()
        return count

    def stored(self):
        """Files of the store, named from its top."""
        return {os.path.relpath(os.path.join(top, name), self.store)
                for top, _, names in os.walk(self.store) for name in names}

    def documents(self, row):
        """Manifest and hash list of a row, as text."""
        base = os.path.join(self.store, row['container'], row['service_metadata'])
        return [open(base + '_' + name, encoding='ascii').read() for name in ('metadata', 'sha256file')]

    def accounted(self):
        """Files of the store that the manifest of an available backup names, and its two documents."""
        names = set()
        for row in self.backups().values():
            if row['status'] in ('available', 'restoring'):
                manifest = json.loads(self.documents(row)[0])
                base = os.path.join(row['container'], row['service_metadata'])
                names |= {base + '_metadata', base + '_sha256file'}
                names |= {os.path.join(row['container'], name) for entry in manifest['objects'] for name in entry}
        return names

    def check_no_strays(self):
        """Nothing in the store that no backup owns, nothing beside the catalogue, nothing unnamed in the targets."""
        assert self.stored() == self.accounted(), 'strays or losses in the store: %s' % sorted(
            self.stored() ^ self.accounted())
        for folder in self.state, self.volumes, self.out:
            for top, _, names in os.walk(folder):
                for name in names:
                    assert known_name(name), 'stray file %s' % os.path.join(top, name)


def known_name(name):
    """Is this a name that scenarios or the catalogue give, and no leftover?"""
    return name.split('.')[0] in ('volume', 'restored', 'dirty', 'catalogue') and 'partial' not in name


def noise(rng, size):
    return rng.randbytes(size)


def prose(rng, size):
    words = [b'block', b'store', b'backup', b'volume', b'restore', b'chain', b'\n']
    text = b' '.join(rng.choice(words) for _ in range(size // 5 + 1))
    return text[:size].ljust(size, b'.')


def scribble(path, rng, writes, size=None):
    """Some random writes, zeroings and holes, aligned or not."""
    size = size or os.path.getsize(path)
    with open(path, 'r+b') as f:
        for _ in range(writes):
            length = rng.choice([1, 511, BLOCK, 3 * BLOCK, rng.randrange(1, 40 * BLOCK)])
            offset = rng.randrange(0, max(1, size - length))
            if rng.random() < 0.5:
                offset -= offset % BLOCK
            length = min(length, size - offset)
            kind = rng.choice([noise, prose, None, 'hole'])
            f.seek(offset)
            if kind == 'hole':
                f.flush()
                subprocess.run(['fallocate', '--punch-hole', '-o', str(offset), '-l', str(length), path], check=True)
            else:
                f.write(kind(rng, length) if kind else bytes(length))


def new_volume(path, size, rng=None, writes=0):
    with open(path, 'wb') as f:
        f.truncate(size)
    if writes:
        scribble(path, rng, writes)
    return path


def soil(path, size):
    """A file full of what no backup holds."""
    with open(path, 'wb') as f:
        for start in range(0, size, MIB):
            f.write(b'\xaa' * min(MIB, size - start))
    return path


def same(one, other):
    return os.path.getsize(one) == os.path.getsize(other) and \
        subprocess.run(['cmp', '--silent', one, other]).returncode == 0


def seeded(*salt):
    return random.Random('/'.join(map(str, (SEED,) + salt)))
