"""Images of the cluster that tests/servers/ceph has brought up, by Ceph's own tools and without our code."""
import hashlib
import json
import os
import subprocess
import time

import scene

CONF = os.environ.get('CEPH_CONF')
CEPH = 'cinder.backup.drivers.ceph.CephBackupDriver'
if not CONF:
    scene.skip('CEPH_CONF leads to no cluster; tests/check ceph brings one up')


def rbd(*args, **more):
    done = subprocess.run(['rbd', '--conf', CONF, '--id', 'cinder', *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, **{'input': b'', **more})
    assert done.returncode == 0, 'rbd %s: %s' % (' '.join(args), done.stderr.decode(errors='replace'))
    return done.stdout


def names(pool='volumes'):
    return set(rbd('ls', pool).decode().split())


def snapshots(image):
    return [line.split()[1] for line in rbd('snap', 'ls', image).decode().splitlines()[1:]]


def sha256(image):
    return digest(rbd('export', image, '-'))


def create(image, size):
    rbd('create', '--size', '%dB' % size, image)
    return image


def size_of(image):
    return shape(image)['size']


def write(image, rng, writes=20):
    """Random writes, zeros and discards, handed to `rbd import-diff` as a difference of our own making."""
    size = size_of(image)
    diff = [b'rbd diff v1\n', b's' + size.to_bytes(8, 'little')]
    taken = []
    while len(taken) < writes:
        length = rng.choice([512, scene.BLOCK, rng.randrange(1, 8 * scene.MIB)])
        offset = rng.randrange(0, max(1, size - length))
        if all(offset + length <= a or b <= offset for a, b in taken):
            taken.append((offset, offset + length))
    for start, end in sorted(taken):
        place = start.to_bytes(8, 'little') + (end - start).to_bytes(8, 'little')
        kind = rng.random()
        if kind < 0.2:
            diff.append(b'z' + place)
        else:
            diff.append(b'w' + place + (bytes(end - start) if kind < 0.3 else rng.randbytes(end - start)))
    rbd('import-diff', '-', image, input=b''.join(diff) + b'e')


def server(*args):
    """Ask tests/servers/ceph for something."""
    subprocess.run([os.environ['CEPH_SERVER'], args[0], os.environ['CEPH_SERVER_DIR'], *args[1:]], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=200)


def fresh(name):
    """A name that no earlier run has used."""
    return 'volumes/%s-%d-%d' % (name, os.getpid(), time.monotonic_ns())


def rados(pool, *args, **more):
    done = subprocess.run(['rados', '--conf', CONF, '--id', 'cinder', '-p', pool, *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, **{'input': b'', **more})
    assert done.returncode == 0, 'rados %s: %s' % (' '.join(args), done.stderr.decode(errors='replace'))
    return done.stdout


def objects(pool):
    return [name for name in rados(pool, 'ls').decode().split() if not name.startswith('rbd_data.')]


def digest(content):
    return hashlib.sha256(content).hexdigest()


def shape(image):
    return json.loads(rbd('info', '--format', 'json', image))


def used(image):
    """Bytes that an image has data for."""
    return sum(extent['length'] for extent in json.loads(rbd('diff', '--format', 'json', image)))


def admin(*args):
    return subprocess.run(['ceph', '--conf', CONF, '--connect-timeout', '10', *args], check=True, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60).stdout


def watch(image):
    """Somebody who has the image open; leave() ends that."""
    watcher = subprocess.Popen(['rbd', '--conf', CONF, '--id', 'cinder', 'watch', image], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    watcher.stdout.readline()
    return watcher


def leave(watcher):
    """In order: the cluster remembers for half a minute who just dies."""
    watcher.stdin.close()
    watcher.wait(timeout=20)
    watcher.stdout.close()
