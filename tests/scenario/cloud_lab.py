"""The cloud that tests/servers/cloud has brought up, by OpenStack's own clients, and a cinder-backup in it: ours or upstream's."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

import scene

FOLDER = os.environ.get('CLOUD_FOLDER')
if not FOLDER:
    scene.skip('CLOUD_FOLDER leads to no cloud; tests/check cloud brings one up')

import amqp                                             # noqa: E402  Debian's, as cinder has them
import pymysql                                          # noqa: E402
from cinderclient import client, exceptions             # noqa: E402
from keystoneauth1 import session                       # noqa: E402
from keystoneauth1.identity import v3                   # noqa: E402

import ceph_lab                                         # noqa: E402

POSIX = 'cinder.backup.drivers.posix.PosixBackupDriver'
PATIENCE = 60      # seconds; Python's service needs some for a gigabyte


def api(user='admin', project=None):
    """cinderclient, logged in."""
    auth = v3.Password(auth_url=os.environ['OS_AUTH_URL'], username=user, password='lab', project_name=project or user,
                       user_domain_id='default', project_domain_id='default')
    return client.Client('3.70', session=session.Session(auth=auth))


def database():
    return pymysql.connect(unix_socket=os.environ['MYSQL_ROOT'], user='root', database='cinder', autocommit=True,
                           cursorclass=pymysql.cursors.DictCursor)


def rows(statement, *values):
    with database() as db, db.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def row(statement, *values):
    found = rows(statement, *values)
    assert len(found) == 1, '%d rows for %s' % (len(found), statement)
    return found[0]


def server(*args):
    """Ask tests/servers/cloud for something."""
    subprocess.run([os.environ['CLOUD_SERVER'], args[0], FOLDER, *args[1:]], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, timeout=200)


def until(what, question, patience=PATIENCE):
    """Ask until the answer is true, and return it."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        answer = question()
        if answer:
            return answer
        time.sleep(0.2)
    raise AssertionError('waited %d s in vain: %s' % (patience, what))


def readers(queue):
    """How many consume that queue."""
    url = urllib.parse.urlsplit(os.environ['CLOUD_AMQP'])
    try:
        with amqp.Connection('%s:%d' % (url.hostname, url.port), userid='lab', password='lab') as connection:
            return connection.channel().queue_declare(queue, passive=True).consumer_count
    except (amqp.exceptions.NotFound, OSError):
        return 0


class Backup:
    """`with Backup('ours') as backup:` runs the service, and ends it.  Its store is a folder of its own."""

    def __init__(self, whose, driver=POSIX, host='lab', **options):
        self.whose, self.driver, self.host, self.options = whose, driver, host, options
        self.top = tempfile.mkdtemp(prefix='cinderbank-cloud-')
        self.store = os.path.join(self.top, 'store')
        os.mkdir(self.store)
        self.conf = os.path.join(self.top, 'backup.conf')
        self.log = os.path.join(self.top, 'log')
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        if kind and os.path.exists(self.log):
            with open(self.log, encoding='utf-8', errors='replace') as f:
                print(''.join(line for line in f.readlines()[-400:] if ' DEBUG ' not in line)[-6000:], file=sys.stderr)
        self.end(signal.SIGKILL if kind else signal.SIGTERM)
        if kind and os.environ.get('KEEP'):
            print('kept: ' + self.top)
        else:
            shutil.rmtree(self.top, ignore_errors=True)

    def take_over(self, other):
        """Be the service that the other one was: its store, its state."""
        self.store = other.store

    def configure(self):
        options = {'backup_driver': self.driver, 'backup_posix_path': self.store, 'host': self.host,
                   'backup_compression_algorithm': 'none', 'backup_file_size': 32 * scene.MIB, 'state_path': self.top,
                   'debug': 'false', 'periodic_interval': 10, 'periodic_fuzzy_delay': 0, 'backup_driver_stats_polling_interval': 10,
                   **self.options}
        with open(self.conf, 'w', encoding='utf-8') as f:
            print('[DEFAULT]', *('%s = %s' % item for item in options.items()), sep='\n', file=f)

    def command(self):
        program = '/usr/bin/cinder-backup'
        if self.whose == 'ours':
            # Called by this name, as kolla and systemd do.
            program = os.path.join(self.top, 'cinder-backup')
            if not os.path.exists(program):
                os.symlink(scene.program(), program)
        return [program, '--config-file', os.environ['CLOUD_CONF'], '--config-file', self.conf]

    def start(self):
        self.configure()
        environment = dict(os.environ)
        if self.whose != 'ours':
            environment['PYTHONPATH'] = os.environ['CLOUD_PYTHON']
        with open(self.log, 'a', encoding='utf-8') as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment, start_new_session=True)
        until('cinder-backup consumes', self.is_ready, 60)

    def is_ready(self):
        assert self.process.poll() is None, 'the service ended: ' + open(self.log, encoding='utf-8').read()[-3000:]
        return readers('cinder-backup.' + self.host)

    def end(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, number)
            self.process.wait(90)


class Tenant:
    """A project's volumes and backups, which are gone when it ends."""

    def __init__(self, user='demo', project=None):
        self.api = api(user, project)
        self.volumes, self.backups = [], []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.abandon()
            return
        for backup in reversed(self.backups):
            self.drop(backup)
        for volume in self.volumes:
            if volume:
                self.api.volumes.delete(volume, cascade=True)
                self.gone(self.api.volumes, volume)

    def abandon(self):
        """Something failed: leave as little as may be to the scenes that follow."""
        for backup in reversed(self.backups):
            try:
                api().backups.delete(backup, force=True)
                self.gone(self.api.backups, backup)
            except Exception as why:
                print('left: backup %s: %s' % (backup, why))

    # ---- volumes ----

    def volume(self, rng=None, size=1):
        made = self.api.volumes.create(size)
        self.volumes.append(made.id)
        self.settled(self.api.volumes, made.id, 'available')
        if rng:
            self.write(made.id, rng)
        return made.id

    @staticmethod
    def image(volume):
        return 'volumes/volume-' + volume

    def write(self, volume, rng, writes=12):
        ceph_lab.write(self.image(volume), rng, writes)

    def fill(self, volume, rng, megabytes):
        """What takes bz2 its time, both ways."""
        size, length = ceph_lab.size_of(self.image(volume)), megabytes * scene.MIB
        ceph_lab.rbd('import-diff', '-', self.image(volume), input=b''.join((
            b'rbd diff v1\n', b's', size.to_bytes(8, 'little'), b'w', bytes(8), length.to_bytes(8, 'little'),
            scene.prose(rng, scene.MIB) * megabytes, b'e')))

    def sha256(self, volume):
        return ceph_lab.sha256(self.image(volume))

    # ---- waiting ----

    def settled(self, of, thing, status, other=('error',)):
        def look():
            now = of.get(thing).status
            assert now == status or now not in other, '%s %s is %s, not %s: %s' % (
                of.resource_class.__name__, thing, now, status, getattr(of.get(thing), 'fail_reason', ''))
            return now == status
        until('%s %s becomes %s' % (of.resource_class.__name__, thing, status), look)

    @staticmethod
    def gone(of, thing):
        def look():
            try:
                return not of.get(thing)
            except exceptions.NotFound:
                return True
        until('%s %s is gone' % (of.resource_class.__name__, thing), look)

    # ---- backups ----

    def begin(self, volume, **how):
        made = self.api.backups.create(volume, **how)
        self.backups.append(made.id)
        return made.id

    def backup(self, volume, **how):
        made = self.begin(volume, **how)
        self.settled(self.api.backups, made, 'available')
        self.settled(self.api.volumes, volume, 'in-use' if how.get('force') else 'available')
        return made

    def restore(self, backup, volume=None):
        """Restore, to a new volume if there is none, and give its sum."""
        target = self.api.restores.restore(backup, volume).volume_id
        if not volume:
            self.volumes.append(target)
        self.settled(self.api.volumes, target, 'available', ('error', 'error_restoring'))
        self.settled(self.api.backups, backup, 'available')
        return target

    def drop(self, backup):
        self.api.backups.delete(backup)
        self.gone(self.api.backups, backup)
        if backup in self.backups:
            self.backups.remove(backup)
