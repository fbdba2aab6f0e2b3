"""Rows of the network's stores: swift beside four curls, nfs beside nfs-cp, without compression, on the same server.

Servers are those of tests/servers, on this machine, so that they and the client share its cores; in rows that say
"pinned" the server has the first core to itself, the client the last.  Behind the table: what the CPU allows at most where
it is shared, the CPU of the plain client and the server, over that of ours and the server.  What plain clients read is in some
cache when they end, cinderbank ends when all is on disk; "synced" waits for that, too.
"""
import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.request

from peers import TREE, Raw, Skip, measure

PACKAGES = ('curl', 'libnfs-utils')
MIB = 1 << 20
PART = 8 * MIB      # what cinderbank makes of a volume for Swift, too, on two cores
CLIENTS = 4
ROUNDS = 5
AIM = .9           # of a plain client's bandwidth
OURS, SYNCED = 'cinderbank none', ', synced'


class Server:
    """One of tests/servers, and the CPU of all of its processes."""

    def __init__(self, bench, name, **env):
        self.script, self.folder = os.path.join(TREE, 'tests/servers', name), bench.path(name)
        self.env = {**os.environ, **env}
        os.makedirs(self.folder)

    def __enter__(self):
        done = self.run('up', stderr=subprocess.STDOUT)
        if done.returncode:
            raise Skip('the server does not come up: ' + done.stdout.strip().splitlines()[-1])
        env = dict(line.split('=', 1) for line in self.run('env').stdout.splitlines())
        os.environ.update(env)
        return self

    def __exit__(self, *_):
        self.run('down')

    def run(self, action, **more):
        return subprocess.run((self.script, action, self.folder), env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, **more)

    def processes(self):
        for name in os.listdir(self.folder):
            if not name.endswith('.pid'):
                continue
            try:
                with open(os.path.join(self.folder, name)) as pid:
                    yield int(pid.read())
            except (OSError, ValueError):
                continue

    def cpu(self):
        ticks = 0
        for pid in self.processes():
            with contextlib.suppress(OSError), open('/proc/%d/stat' % pid) as stat:
                ticks += sum(map(int, stat.read().rsplit(')', 1)[1].split()[11:13]))
        return ticks / os.sysconf('SC_CLK_TCK')

    @contextlib.contextmanager
    def apart(self):
        """The server on the first core, and what is run meanwhile on the last."""
        cores = os.sched_getaffinity(0)
        self.move({min(cores)})
        os.sched_setaffinity(0, {max(cores)})
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)
            self.move(cores)

    def move(self, cores):
        for pid in self.processes():
            with contextlib.suppress(OSError):
                for thread in os.listdir('/proc/%d/task' % pid):
                    os.sched_setaffinity(int(thread), cores)


class Remote(Raw):
    """Cinderbank with a store that is no folder."""

    def stored(self):
        return 0


def at_once(commands):
    """Shell commands side by side, as one, which fails where one of them does."""
    started = ''.join('%s & all="$all $!"; ' % command for command in commands)
    return 'sh', '-c', started + 'for one in $all; do wait $one || exit; done'


class Parts:
    """The volume in files as large as the objects of a backup, and who copies which."""

    def __init__(self, bench, volume):
        self.folder, self.out = bench.path('parts'), bench.path('got')
        if not os.path.exists(self.folder):
            os.mkdir(self.folder)
            subprocess.run(('split', '-b', str(PART), volume, os.path.join(self.folder, 'part-')), check=True)
        names = sorted(os.listdir(self.folder))
        self.shares = [names[i::CLIENTS] for i in range(CLIENTS)]


class Curl(Parts):
    """PUT and GET of parts of the volume over four kept connections."""
    name = 'curl x %d' % CLIENTS

    def __init__(self, bench, volume):
        super().__init__(bench, volume)
        login = urllib.request.Request(os.environ['SWIFT_AUTH'], headers={
            'X-Auth-User': os.environ['SWIFT_USER'], 'X-Auth-Key': os.environ['SWIFT_KEY']})
        with urllib.request.urlopen(login) as answer:
            self.url = answer.headers['X-Storage-Url'] + '/curl'
            self.curl = "curl -sf -H 'X-Auth-Token: %s'" % answer.headers['X-Auth-Token']
        subprocess.run(self.curl + ' -X PUT ' + self.url, shell=True, check=True, stdout=subprocess.DEVNULL)

    def write(self):
        return measure(at_once('%s -o %s.put%d %s' % (self.curl, self.out, i, ' '.join(
            '-T %s %s/%s' % (os.path.join(self.folder, name), self.url, name) for name in share))
            for i, share in enumerate(self.shares)))

    def read(self):
        return measure(at_once('%s %s >%s%d' % (self.curl, ' '.join(self.url + '/' + name for name in share), self.out, i)
                               for i, share in enumerate(self.shares)))


def nfs_url(name):
    return 'nfs://%s/backup/%s?version=3&nfsport=%s&mountport=%s' % (
        os.environ['NFS_SERVER'], name, os.environ['NFS_PORT'], os.environ['NFS_MOUNT_PORT'])


class NfsCopy:
    """libnfs's own program, of the whole volume as one file."""
    name = 'nfs-cp'

    def __init__(self, bench, volume):
        self.volume, self.out = volume, bench.path('got')
        self.file = os.path.join(os.environ['NFS_DIR'], 'copied')

    def write(self):
        remove(self.file)
        return measure(('nfs-cp', self.volume, nfs_url('copied')))

    def read(self):
        if os.path.exists(self.out):
            os.unlink(self.out)
        return measure(('nfs-cp', nfs_url('copied'), self.out))


class NfsCopies(Parts):
    """The same program, of the parts of the volume, as many at once as curls; it mounts the share for each."""
    name = 'nfs-cp x %d' % CLIENTS

    def copy(self, source, target):
        return measure(at_once('(for i in %s; do nfs-cp %s %s || exit; done)' % (
            ' '.join(share), source, target) for share in self.shares))

    def write(self):
        for name in sum(self.shares, []):
            remove(os.path.join(os.environ['NFS_DIR'], name))
        return self.copy(self.folder + '/$i', "'%s'" % nfs_url("'$i'"))

    def read(self):
        shutil.rmtree(self.out + '.d', ignore_errors=True)
        os.mkdir(self.out + '.d')
        return self.copy("'%s'" % nfs_url("'$i'"), self.out + '.d/$i')


def synced(spent, *folders):
    """The same, and what it takes until it is on disk."""
    start = time.monotonic()
    for folder in folders:
        subprocess.run(('sync', '-f', folder), check=True)
    return {**spent, 'wall': spent['wall'] + time.monotonic() - start}


# Touches so many bytes, then gives back all but a page of every 512 KiB, which it keeps as long as its input is open.
WARM = """
import mmap, sys
size, step, page = int(sys.argv[1]), 512 << 10, mmap.PAGESIZE
held = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
held.madvise(mmap.MADV_NOHUGEPAGE)
for at in range(0, size, step):
    held[at:at + step] = b'1' * step
    held.madvise(mmap.MADV_DONTNEED, at + page, step - page)
print('warm', flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def warm_memory(size):
    """
    Memory that the machine below a virtual one took back costs whoever touches it first ten times as much as other
    memory does.  So there is enough of the latter, in pieces too small to be taken, for whoever comes.
    """
    with open('/proc/meminfo') as file:
        free = int(dict(line.split(':') for line in file)['MemAvailable'].split()[0]) << 10
    size = min(size, free // 2) & -MIB
    # In a process of its own: it is not to count as memory of those that this one starts.
    with subprocess.Popen((sys.executable, '-c', WARM, str(size)), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as held:
        held.stdout.readline()
        yield


def remove(path):
    """A file of the server's, which keeps it open, and with it its memory, after it is gone."""
    with contextlib.suppress(FileNotFoundError):
        os.truncate(path, 0)
        os.unlink(path)


def timed(server, run):
    """What a step cost, and what it cost the server."""
    before = server.cpu()
    spent = run()
    return spent, server.cpu() - before


class Comparison:
    """peers: the first is the one to come near; others stand beside it."""

    def __init__(self, bench, server, peers, ours):
        self.bench, self.server, self.ours = bench, server, ours
        self.label, self.best = None, {}
        self.volume, _ = bench.volume('random')
        self.peers = [peer(bench, self.volume) for peer in peers]
        self.target = bench.path('restored')

    def note(self, what, who, spent, served):
        self.bench.note(self.label, what, who, spent, server=served, beside=self.peers[0].name)
        now = spent['wall'], spent['cpu'], served
        self.best[what, who] = tuple(map(min, zip(now, self.best.get((what, who), now))))

    def step(self, what, who, run):
        subprocess.run(('sync', '-f', TREE), check=True)
        spent, served = timed(self.server, run)
        self.note(what, who, spent, served)
        return spent, served

    def plain(self, what, peer):
        spent, served = self.step(what, peer.name, getattr(peer, what))
        self.note(what, peer.name + SYNCED, synced(spent, self.server.folder, os.path.dirname(self.target)), served)

    def turn(self, folder):
        mine = self.ours(folder)
        for peer in self.peers:
            self.plain('write', peer)
        self.step('write', OURS, lambda: mine.backup(self.volume)[1])
        for peer in self.peers:
            self.plain('read', peer)
        self.step('read', OURS, lambda: mine.restore(mine.newest, self.target))
        if subprocess.run(('cmp', '-s', self.volume, self.target)).returncode:
            raise SystemExit('%s: what was restored is not what was stored' % self.label)
        os.unlink(self.target)
        mine.run('delete', mine.newest)

    def run(self, label):
        self.label, self.best = label, {}
        for turn in range(1 if self.bench.args.quick else ROUNDS):
            self.turn(self.bench.path('%s-%d' % (label.replace(' ', '-'), turn)))
        for what in 'write', 'read':
            self.tell(what)

    def tell(self, what):
        wall, cpu, served = self.best[what, OURS]
        for peer in self.peers:
            for who in peer.name, peer.name + SYNCED:
                share = self.best[what, who][0] / wall
                said = '%.1f %%: %.0f MiB/s of %.0f' % (
                    100 * share, self.bench.args.size / wall, self.bench.args.size / self.best[what, who][0])
                self.bench.aim('%s, %s: %.0f %% of %s' % (self.label, what, 100 * AIM, who), said, share >= AIM)
            their_cpu, their_served = self.best[what, peer.name][1:]
            self.bench.say('%s, %s: CPU %.2f s to %.2f s of %s, the server\'s %.2f s to %.2f s, which on %d cores that are'
                           ' shared allows %.0f %%' % (
                               self.label, what, cpu, their_cpu, peer.name, served, their_served, os.cpu_count(),
                               100 * min(1, (their_cpu + their_served) / (cpu + served))))


def compare(bench, server, label, peers, ours):
    comparison = Comparison(bench, server, peers, ours)
    comparison.run(label)
    with server.apart():
        comparison.run(label + ' pinned')


def swift(bench):
    with Server(bench, 'swift') as server:
        class Swift(Remote):
            options = {**Raw.options, 'backup_driver': 'cinder.backup.drivers.swift.SwiftBackupDriver',
                       'backup_swift_auth': 'single_user', 'backup_swift_auth_url': os.environ['SWIFT_AUTH'],
                       'backup_swift_user': os.environ['SWIFT_USER'], 'backup_swift_key': os.environ['SWIFT_KEY']}
        compare(bench, server, 'swift', [Curl], Swift)


def nfs(bench):
    with Server(bench, 'nfs', NFS_PORT='12149') as server:
        class Nfs(Remote):
            options = {**Raw.options, 'backup_driver': 'cinder.backup.drivers.nfs.NFSBackupDriver',
                       'backup_share': os.environ['NFS_SERVER'] + ':/backup',
                       'backup_mount_options': 'port=%(NFS_PORT)s,mountport=%(NFS_MOUNT_PORT)s' % os.environ}
        compare(bench, server, 'nfs', [NfsCopy, NfsCopies], Nfs)


def rows(bench):
    """Called by tests/bench."""
    if os.getuid():
        raise Skip('the servers want root')
    with warm_memory(6 * bench.args.size * MIB):
        swift(bench)
        nfs(bench)
