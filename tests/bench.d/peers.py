"""What tests/bench and the modules of rows share: running and measuring, and the peers.

A module of rows is a file here with a function rows(bench); docs/benchmarks.md tells what it may do.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))


class Skip(Exception):
    """Raised by rows(bench) where what it needs is not there: the reason, as one line."""


# ---- running and measuring ----

def capture(*argv, **more):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


def measure(argv, env=None, cwd=None, ok=(0,)):
    """Wall, CPU, memory and bytes read of a command, its children too; and what it printed."""
    subprocess.run(('sync', '-f', tempfile.gettempdir()), check=True)   # not the disks of others
    with tempfile.TemporaryFile('w+') as out, tempfile.TemporaryFile('w+') as err:
        start = time.monotonic()
        # The shell forks, so the peak of memory is the command's and not that of this interpreter.
        child = subprocess.Popen(('/bin/sh', '-c', '"$@"; exit $?', 'sh', *argv), stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=err, env={**os.environ, **(env or {})}, cwd=cwd)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        wall = time.monotonic() - start
        with open('/proc/%d/io' % child.pid) as file:
            counts = dict(line.split(': ') for line in file.read().splitlines())
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode not in ok:
            sys.exit('%s: status %d\n%s' % (' '.join(argv), child.returncode, err.read()))
        return {'wall': wall, 'cpu': usage.ru_utime + usage.ru_stime, 'rss': usage.ru_maxrss << 10,
                'read': int(counts['rchar']), 'out': out.read()}


def bytes_below(folder):
    return sum(os.lstat(os.path.join(top, name)).st_size for top, _, names in os.walk(folder) for name in names)


def sha256(path):
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


# ---- peers: each keeps what it stores in a folder of its own ----

class Peer:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)

    def store(self):
        return self.folder

    def stored(self):
        """Bytes that the store holds."""
        return bytes_below(self.store())

    def path(self, *names):
        return os.path.join(self.folder, *names)


class Cinderbank(Peer):
    program = None
    options = {}    # of [DEFAULT], such as another backup_driver, in a subclass
    own = {}        # of [cinderbank]

    def __init__(self, folder):
        super().__init__(folder)
        self.newest = None
        os.makedirs(self.store())
        defaults = {'backup_driver': 'cinder.backup.drivers.posix.PosixBackupDriver',
                    'backup_posix_path': self.store(), 'state_path': folder}
        sections = {'DEFAULT': {**defaults, **self.options}, 'cinderbank': self.own,
                    'database': {'connection': 'sqlite:///' + self.path('catalogue.sqlite')}}
        with open(self.path('cinder.conf'), 'w') as file:
            for section, options in sections.items():
                print('[%s]' % section, *('%s = %s' % item for item in options.items()), sep='\n', file=file)

    @classmethod
    def version(cls):
        described = subprocess.run(('git', '-C', TREE, 'describe', '--always', '--dirty'), stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True).stdout.strip()
        return 'cinderbank ' + (described or 'without its history')

    def store(self):
        return self.path('store')

    def run(self, *words):
        return measure((self.program, *words, '--config-file', self.path('cinder.conf'), '--format', 'json'))

    def backup(self, volume, increment=False):
        spent = self.run('backup', volume, *(['--incremental'] if increment else []))
        self.newest = json.loads(spent['out'])['id']
        return self.newest, spent

    def restore(self, identity, target):
        return self.run('restore', identity, '--to', target)

    def chain(self):
        """Manifests of the store, the full one first."""
        found = {}
        for top, _, names in os.walk(self.store()):
            for name in names:
                if name.endswith('_metadata'):
                    with open(os.path.join(top, name)) as file:
                        manifest = json.load(file)
                    found[manifest['parent_id']] = (top, name, manifest)
        parent, ordered = None, []
        while parent in found:
            ordered.append(found[parent])
            parent = ordered[-1][2]['backup_id']
        return ordered

    def needed(self):
        """Stored bytes that a restore of the newest cannot do without: objects with a visible block, documents."""
        owner, length, documents = {}, {}, 0
        for top, name, manifest in self.chain():
            documents += os.path.getsize(os.path.join(top, name))
            for row in manifest['objects']:
                (path, segment), = row.items()
                path = os.path.join(top, path)
                length[path] = os.path.getsize(path)
                for block in range(segment['offset'] >> 15, (segment['offset'] + segment['length'] + 32767) >> 15):
                    owner[block] = path
            hashes = os.path.join(top, name.replace('_metadata', '_sha256file'))
        return sum(length[path] for path in set(owner.values())) + documents + os.path.getsize(hashes)


class Fast(Cinderbank):
    own = {'compression_level': 'fast'}


class Zstd(Cinderbank):
    options = {'backup_compression_algorithm': 'zstd'}


class Raw(Cinderbank):
    options = {'backup_compression_algorithm': 'none'}


class Upstream(Peer):
    algorithm = 'zlib'

    def __init__(self, folder):
        super().__init__(folder)
        self.newest = None

    @classmethod
    def version(cls):
        return 'python3-cinder ' + debian_version('python3-cinder')

    def store(self):
        return self.path('store')

    def run(self, *words):
        """Without the start of Python and its imports: a service has them behind it."""
        spent = measure((os.path.join(HERE, 'upstream.py'), self.folder, *words))
        inner = json.loads(spent['out'])
        return inner['id'], {**spent, 'wall': inner['wall'], 'cpu': inner['cpu']}

    def backup(self, volume, increment=False):
        self.newest, spent = self.run('backup', volume, '--algorithm', self.algorithm,
                                      *(['--parent', self.newest] if increment else []))
        return self.newest, spent

    def restore(self, identity, target):
        return self.run('restore', identity, target)[1]


class UpstreamRaw(Upstream):
    algorithm = 'none'


class UpstreamZstd(Upstream):
    algorithm = 'zstd'


class Restic(Peer):
    """Always encrypts, cuts by content, compresses by zstd."""

    def __init__(self, folder):
        super().__init__(folder)
        self.env = {'RESTIC_REPOSITORY': self.store(), 'RESTIC_PASSWORD': 'bench', 'RESTIC_CACHE_DIR': self.path('cache')}
        measure(('restic', 'init', '--repository-version', '2'), self.env)

    @classmethod
    def version(cls):
        return 'restic ' + debian_version('restic')

    def store(self):
        return self.path('store')

    def backup(self, volume, increment=False):
        spent = measure(('restic', 'backup', '--json', '--quiet', volume), self.env)
        return json.loads(spent['out'].splitlines()[-1])['snapshot_id'], spent

    def restore(self, identity, target):
        folder = target + '.restic'
        spent = measure(('restic', 'restore', identity, '--target', folder), self.env)
        move_only_file(folder, target)
        return spent


class Borg(Peer):
    """Without encryption; cuts by content, compresses by lz4, as is its default."""

    def __init__(self, folder):
        super().__init__(folder)
        self.count = 0
        self.env = {'BORG_BASE_DIR': self.path('base'), 'BORG_REPO': self.store(),
                    'BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK': 'yes'}
        measure(('borg', 'init', '-e', 'none'), self.env)

    @classmethod
    def version(cls):
        return 'borgbackup ' + debian_version('borgbackup')

    def store(self):
        return self.path('store')

    def backup(self, volume, increment=False):
        self.count += 1
        return str(self.count), measure(('borg', 'create', '::%d' % self.count, volume), self.env)

    def restore(self, identity, target):
        folder = target + '.borg'
        os.makedirs(folder)
        spent = measure(('borg', 'extract', '--sparse', '::' + identity), self.env, folder)
        move_only_file(folder, target)
        return spent


def move_only_file(folder, target):
    (found,) = [os.path.join(top, name) for top, _, names in os.walk(folder) for name in names]
    os.rename(found, target)
    shutil.rmtree(folder)


def debian_version(package):
    return capture('dpkg-query', '-W', '-f=${Version}', package)
