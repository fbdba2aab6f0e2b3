#!/usr/bin/python3
"""ceph_trouble.py: cancel, kill, busy images, a full pool, an OSD and a monitor that are gone: nothing half done is
available, nothing is waited for without end, and nothing stays behind."""
import base64
import contextlib
import os
import re
import signal
import struct
import subprocess
import time

import ceph_lab as lab
import scene

SIZE = 64 * scene.MIB
BACKUPS = 'rbd:*.backup.*'  # images that a backup writes and a restore reads
# The cluster's file, with deadlines that a test can wait for.
DEADLINES = '\n[client]\nrados osd op timeout = 3\nrados mon op timeout = 3\nclient mount timeout = 5\n'


def prepare(s, deadlines=DEADLINES):
    conf = s.path('ceph.conf')
    with open(lab.CONF) as f, open(conf, 'w') as out:
        out.write(f.read() + deadlines)
    s.configure({'listen': '127.0.0.1:0'}, {'backup_driver': lab.CEPH, 'backup_ceph_conf': conf, 'backup_ceph_user': 'cinder',
                     'backup_ceph_pool': 'backups'})


def source(name):
    """An image full of something."""
    image = lab.create(lab.fresh(name), SIZE)
    lab.rbd('bench', '--io-type', 'write', '--io-size', '4M', '--io-total', str(SIZE), image)
    return image


def until(condition, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'not within %d s' % seconds
        time.sleep(0.05)


@contextlib.contextmanager
def at_work(s, *args):
    """A verb that has come as far as to copy, and waits there as long as this lasts."""
    with s.hold(BACKUPS) as held:
        run = s.start(*args)
        held()
        yield run


def left(s, image):
    """What there still is of backups that are not available."""
    bad = [ident for ident, row in s.backups().items() if row['status'] != 'available']
    names = [*lab.names('backups'), *lab.snapshots(image), *lab.objects('backups')]
    return [name for name in names if any(ident in name for ident in bad)]


def nothing_left(s, image):
    assert not left(s, image), left(s, image)


def tell(run):
    """Ctrl-C, which it has heard of."""
    run.send_signal(signal.SIGINT)
    with open('/proc/%d/status' % run.pid, encoding='ascii') as f:
        until(lambda: f.seek(0) == 0 and re.search(r'ShdPnd:\t0+\n', f.read()))


def cancelled(s, image):
    with at_work(s, 'backup', 'rbd:' + image) as run:
        tell(run)
    out, err = run.communicate(timeout=300)
    assert run.returncode == 130, (run.returncode, out, err)
    assert [row['status'] for row in s.backups().values()] == ['error'], s.backups()
    # A cluster that is slow is not waited for: the next verb removes what is left.
    until(lambda: not left(s, image) or s.refuse('backup', 'rbd:volumes/none') and time.sleep(3))
    s.run('delete', *s.backups())


def deleted_by_force(s, image):
    with at_work(s, 'backup', 'rbd:' + image) as run:
        ident = s.find('creating')
        delete = s.start('delete', ident, '--force')
        until(lambda: ident not in s.backups() or s.backups()[ident]['status'] != 'creating')
    run.communicate(timeout=300)
    out, err = delete.communicate(timeout=300)
    assert delete.returncode == 0, (out, err)
    assert run.returncode != 0 and not s.backups()
    assert not any(ident in name for name in lab.names('backups') | set(lab.snapshots(image)))


def killed(s, image):
    with at_work(s, 'backup', 'rbd:' + image) as run:
        run.kill()
        run.communicate()
    # The cluster believes for a while that the dead process still has its image open.
    until(lambda: s.run('list') and all(row['status'] == 'error' for row in s.backups().values()) or
          time.sleep(3))
    nothing_left(s, image)
    s.run('delete', *s.backups())


def recovered_later(s, image):
    """The cluster is away when the service starts: it starts all the same, and puts right what it can, when it can."""
    with at_work(s, 'backup', 'rbd:' + image) as run:
        run.kill()
        run.communicate()
    lab.server('kill', 'mon')
    try:
        with open(s.path('log'), 'w') as log:
            service = subprocess.Popen(s.command('serve'), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(lambda: 'listening on' in open(s.path('log')).read())
        assert {row['status'] for row in s.backups().values()} == {'creating'}
    finally:
        lab.server('up')
    until(lambda: 'put right' in open(s.path('log')).read() and
          {row['status'] for row in s.backups().values()} == {'error'})
    nothing_left(s, image)
    service.terminate()
    assert service.wait(timeout=300) == 0
    assert not os.listdir(s.path('state', 'cinderbank-jobs'))
    s.run('delete', *s.backups())


@contextlib.contextmanager
def osd_stopped():
    """An OSD that hangs, long before any deadline."""
    with open(os.path.join(os.environ['CEPH_SERVER_DIR'], 'osd0.pid')) as file:
        osd = int(file.read())
    os.kill(osd, signal.SIGSTOP)
    try:
        yield
    finally:        # one that only goes on takes its leases for run out, and serves nobody
        os.kill(osd, signal.SIGKILL)
        lab.server('up')


def interrupt(run, what):
    """Who is interrupted goes, whatever the cluster does: to wait for it takes two minutes."""
    since = time.monotonic()
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=100)
    print('ceph: %s with a stopped OSD: gone after %.1f s' % (what, time.monotonic() - since))
    assert run.returncode == 130, (run.returncode, out, err)


def interrupted_while_stopped(s, *args):
    with contextlib.ExitStack() as stack:
        with at_work(s, *args) as run:
            stack.enter_context(osd_stopped())
        interrupt(run, args[0])


def asks_the_cluster(run):
    """It has threads of Ceph's client, and so has heard of signals before."""
    tasks = '/proc/%d/task' % run.pid
    with contextlib.suppress(FileNotFoundError):
        for task in os.listdir(tasks):
            with open(os.path.join(tasks, task, 'comm'), encoding='ascii') as f:
                if f.read().startswith('msgr-worker'):
                    return True
    assert run.poll() is None, run.communicate()
    return False


def stopped_before(s, *args, status=None):
    """It has to wait for the first or second thing that it asks for."""
    with osd_stopped():
        run = s.start(*args)
        if status:
            until(lambda: [row for row in s.backups().values() if row['status'] == status])
        until(lambda: asks_the_cluster(run))
        interrupt(run, args[0] + ' from the start')


def served_while_stopped(s):
    """A service that asks whether its store works, and gets no answer, ends all the same."""
    with osd_stopped(), open(s.path('log'), 'w') as log:
        service = subprocess.Popen(s.command('serve'), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(lambda: 'listening on' in open(s.path('log')).read())
        service.terminate()
        assert service.wait(timeout=300) == 0


def stopped(s, image):
    prepare(s, deadlines='')
    interrupted_while_stopped(s, 'backup', 'rbd:' + image)
    (ident,) = s.backups()
    assert s.backups()[ident]['status'] == 'error'
    backup = s.backup('rbd:' + image)       # the first verb that has the cluster again puts right what was left
    until(lambda: s.refuse('backup', 'rbd:volumes/none') and not left(s, image) or time.sleep(3))
    s.run('delete', ident)
    new = lab.fresh('never')
    interrupted_while_stopped(s, 'restore', backup['id'], '--to', 'rbd:' + new)
    assert s.backups()[backup['id']]['status'] == 'available'
    until(lambda: s.run('list') and not [name for name in lab.names() if new.split('/')[1] in name] or time.sleep(3))
    stopped_before(s, 'backup', 'rbd:' + image)
    stopped_before(s, 'delete', backup['id'], status='deleting')
    until(lambda: subprocess.run(s.command('delete', backup['id']), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL).returncode == 0)
    nothing_left(s, image)
    served_while_stopped(s)
    prepare(s)


def restore_cancelled(s, image):
    backup = s.backup('rbd:' + image)
    new = lab.fresh('never')
    with at_work(s, 'restore', backup['id'], '--to', 'rbd:' + new) as run:
        tell(run)
    run.communicate(timeout=300)
    assert run.returncode == 130 and s.backups()[backup['id']]['status'] == 'available'
    until(lambda: not [name for name in lab.names() if new.split('/')[1] in name] or s.run('list') and time.sleep(3))
    return backup


def busy(s, backup):
    """Somebody looks at the image: deleting says so in the end, and works once nobody does."""
    (name,) = [name for name in lab.names('backups') if backup['id'] in name]
    watcher = lab.watch('backups/' + name)
    s.refuse('delete', backup['id'], says='is in use by another client')
    assert s.backups()[backup['id']]['status'] == 'error'
    lab.leave(watcher)
    s.run('delete', backup['id'])
    assert name not in lab.names('backups')


def in_use_target(s, image):
    backup = s.backup('rbd:' + image)
    target = lab.create(lab.fresh('used'), SIZE)
    watcher = lab.watch(target)
    s.refuse('restore', backup['id'], 'rbd:' + target, says='in use by another client')
    lab.leave(watcher)
    return backup


def gone(s, image, daemon, words):
    """A daemon dies in the middle: the backup ends as error, soon, with a word on what to look at."""
    before = set(s.backups())
    with at_work(s, 'backup', 'rbd:' + image) as run:
        lab.server('kill', daemon)
    since = time.monotonic()
    out, err = run.communicate(timeout=300)
    print('ceph: %s is gone, %.0f s later: %s' % (daemon, time.monotonic() - since, err.strip()))
    assert run.returncode == 1 and words in err, (run.returncode, err)
    lab.server('up')
    (ident,) = set(s.backups()) - before
    assert s.backups()[ident]['status'] == 'error', s.backups()[ident]
    until(lambda: subprocess.run(s.command('delete', ident), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL).returncode == 0)
    nothing_left(s, image)


def full_pool(s, image):
    first = s.backup('rbd:' + image, '--container', 'other')
    lab.admin('osd', 'pool', 'set-quota', 'other', 'max_bytes', '67108864')
    try:
        # The cluster looks at quotas now and then.
        until(lambda: 'POOL_FULL' in lab.admin('health', 'detail'))
        line = s.refuse('backup', 'rbd:' + image, '--container', 'other')
        print('ceph: the pool is full: ' + line)
        assert 'quota' in line or 'full' in line, line
        (ident,) = set(s.backups()) - {first['id']}
        assert s.backups()[ident]['status'] == 'error'
    finally:
        lab.admin('osd', 'pool', 'set-quota', 'other', 'max_bytes', '0')
    for backup in ident, first['id']:
        until(lambda: subprocess.run(s.command('delete', backup), stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL).returncode == 0)
    assert not lab.names('other')


def unreachable(s, image):
    lab.server('kill', 'mon')
    try:
        s.refuse('backup', 'rbd:' + image, says='no monitor', timeout=120)
    finally:
        lab.server('up')


def wrong_key(s, image):
    with open(s.path('keyring'), 'w') as file:
        file.write('[client.cinder]\nkey = %s\n' % base64.b64encode(struct.pack('<HIIH', 1, 1, 0, 16) + bytes(16)).decode())
    prepare(s, DEADLINES + 'keyring = %s\n' % s.path('keyring'))
    before = s.backups()
    s.refuse('backup', 'rbd:' + image, says='does not know client.cinder by this key')
    assert s.backups() == before
    prepare(s)


def main():
    with scene.Scene() as s:
        prepare(s)
        # Who died is believed to have his images open no longer than the test has to wait for it.
        lab.admin('config', 'set', 'osd', 'osd_client_watch_timeout', '12')
        s.run('delete', s.backup('rbd:' + lab.create(lab.fresh('first'), scene.MIB))['id'])
        image = source('large')
        for part in cancelled, deleted_by_force, killed, recovered_later, stopped:
            part(s, image)
            print('ceph: %s' % part.__name__)
        busy(s, restore_cancelled(s, image))
        backup = in_use_target(s, image)
        print('ceph: in use')
        gone(s, image, 'osd0', 'ceph health detail')
        s.run('delete', backup['id'])
        full_pool(s, image)
        unreachable(s, image)
        wrong_key(s, image)
        backup = s.backup('rbd:' + image)
        s.run('restore', backup['id'], '--to', s.path('out', 'restored'))
        assert scene.sha256(s.path('out', 'restored')) == lab.sha256(image)
        assert os.path.exists(s.catalogue)
        lab.admin('config', 'rm', 'osd', 'osd_client_watch_timeout')
    print('ceph: nothing half done is available, nothing stays behind')


main()
