"""Rows of images of Ceph: RBD to RBD beside `rbd export-diff | rbd import-diff`, on one cluster in the same run; and
increments of two sizes, into Ceph and into files.

The cluster is that of tests/servers/ceph: one OSD on this machine's disk.
"""
import json
import os
import shutil
import subprocess

from peers import TREE, Cinderbank, Peer, capture, measure

SERVER = os.path.join(TREE, 'tests', 'servers', 'ceph')
PACKAGES = ('ceph-mon', 'ceph-mgr', 'ceph-osd', 'ceph-common')
CEPH = 'cinder.backup.drivers.ceph.CephBackupDriver'
TURNS = 3
MIB = 1 << 20


class Cluster:
    def __init__(self, folder):
        self.folder, self.conf = folder, os.path.join(folder, 'ceph.conf')

    def __enter__(self):
        capture(SERVER, 'up', self.folder)
        return self

    def __exit__(self, *_):
        capture(SERVER, 'down', self.folder)

    def words(self, *words):
        return ('rbd', '--conf', self.conf, '--id', 'cinder', *words)

    def rbd(self, *words, **more):
        return subprocess.run(self.words(*words), check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more).stdout

    def sha256(self, image):
        script = 'rbd --conf "$0" --id cinder --no-progress export "$1" - | sha256sum'
        return capture('/bin/sh', '-c', script, self.conf, image).split()[0]


class ByRbd(Peer):
    """What upstream's ceph driver does, without the driver: two processes and a pipe between them."""

    def __init__(self, folder, cluster):
        super().__init__(folder)
        self.cluster, self.count = cluster, 0

    def backup(self, image, increment=False):
        self.count += 1
        target, newest = 'backups/by-rbd-%d' % id(self), 'by-rbd.%d' % self.count
        if not increment:
            size = json.loads(self.cluster.rbd('info', '--format', 'json', image))['size']
            self.cluster.rbd('create', '--size', '%dB' % size, target)
        since = ['--from-snap', 'by-rbd.%d' % (self.count - 1)] if increment else []
        self.cluster.rbd('snap', 'create', '%s@%s' % (image, newest))
        pipe = 'set -o pipefail; rbd --conf "$0" --id cinder --no-progress export-diff "${@:3}" "$1" - | ' \
               'rbd --conf "$0" --id cinder --no-progress import-diff - "$2"'
        return newest, measure(('bash', '-c', pipe, self.cluster.conf, '%s@%s' % (image, newest), target, *since))

    def drop(self):
        target = 'backups/by-rbd-%d' % id(self)
        self.cluster.rbd('snap', 'purge', target)
        self.cluster.rbd('rm', target)


class Into(Cinderbank):
    def __init__(self, folder, cluster, **more):
        self.options = {'backup_ceph_conf': cluster.conf, 'backup_ceph_user': 'cinder', 'backup_ceph_pool': 'backups', **more}
        super().__init__(folder)


def rows(bench):
    with Cluster(bench.path('ceph')) as cluster:
        path, _ = bench.volume('mixed')
        cluster.rbd('import', path, 'volumes/bench')
        os.unlink(path)
        for turn in range(TURNS):
            round_of(bench, cluster, bench.path('turn'), turn)
            shutil.rmtree(bench.path('turn'))


def change(cluster, size):
    cluster.rbd('bench', '--io-type', 'write', '--io-pattern', 'rand', '--io-size', '64K', '--io-total', str(size),
                'volumes/bench')


def round_of(bench, cluster, folder, turn):
    os.mkdir(folder)
    peers = {'rbd pipe': ByRbd(os.path.join(folder, 'pipe'), cluster),
             'cinderbank': Into(os.path.join(folder, 'images'), cluster, backup_driver=CEPH),
             'into files': Into(os.path.join(folder, 'files'), cluster)}
    order = list(peers) if turn % 2 else ['cinderbank', 'into files', 'rbd pipe']
    identities = {}
    for what, percent in ('full', 0), ('1 % changed', 1), ('8 % changed', 8):
        if percent:
            change(cluster, bench.args.size * MIB * percent // 100)
        for name in order:
            identities[name], spent = peers[name].backup(
                'volumes/bench' if name == 'rbd pipe' else 'rbd:volumes/bench', bool(percent))
            bench.note('rbd', what, name, spent, beside='rbd pipe' if name != 'rbd pipe' else None)
    wanted = cluster.sha256('volumes/bench')
    for name in order:
        if name == 'rbd pipe':
            assert cluster.sha256('backups/by-rbd-%d' % id(peers[name])) == wanted
            peers[name].drop()
            continue
        spent = peers[name].restore(identities[name], 'rbd:volumes/restored')
        assert cluster.sha256('volumes/restored') == wanted, name
        cluster.rbd('rm', 'volumes/restored')
        bench.note('rbd', 'restore', name, spent, beside='rbd pipe')
    for identity in reversed(identities_of(peers['cinderbank'])):
        peers['cinderbank'].run('delete', identity)
    cluster.rbd('snap', 'purge', 'volumes/bench')


def identities_of(peer):
    """Oldest first."""
    listed = json.loads(peer.run('list')['out'])
    by_parent = {row['parent_id']: row['id'] for row in listed}
    chain, parent = [], None
    while parent in by_parent:
        parent = by_parent[parent]
        chain.append(parent)
    return chain
