"""The cloud that tests/servers/cloud has brought up, by OpenStack's own clients, and a cinder-backup in it: ours or upstream's."""
import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import scene

FOLDER = os.environ.get('CLOUD_FOLDER')
if not FOLDER:
    scene.skip('CLOUD_FOLDER leads to no cloud; tests/check cloud brings one up')

import pymysql                                          # noqa: E402  Debian's, as cinder has them
from cinderclient import client, exceptions             # noqa: E402
from keystoneauth1 import session                       # noqa: E402
from keystoneauth1.identity import v3                   # noqa: E402

import broker                                           # noqa: E402
import ceph_lab                                         # noqa: E402
import cloud_store                                      # noqa: E402

PATIENCE = 240      # seconds; several services of Python may share two cores
SCHEDULER_LOG = os.path.join(FOLDER, 'cinder-scheduler.log')


@functools.cache
def login(user, project=None):
    """A session, which has its token from then on."""
    auth = v3.Password(auth_url=os.environ['OS_AUTH_URL'], username=user, password='lab', project_name=project or user,
                       user_domain_id='default', project_domain_id='default')
    return session.Session(auth=auth)


def api(user='admin', project=None):
    """cinderclient, logged in."""
    return client.Client('3.70', session=login(user, project))


connections = threading.local()


def database():
    """This thread's connection, made anew when the server was."""
    if not hasattr(connections, 'mine'):
        connections.mine = pymysql.connect(unix_socket=os.environ['MYSQL_ROOT'], user='root', database='cinder',
                                           autocommit=True, cursorclass=pymysql.cursors.DictCursor)
    connections.mine.ping(reconnect=True)
    return connections.mine


def rows(statement, *values):
    with database().cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def row(statement, *values):
    found = rows(statement, *values)
    assert len(found) == 1, '%d rows for %s' % (len(found), statement)
    return found[0]


def server(*args):
    """Ask tests/servers/cloud for something."""
    subprocess.run([os.environ['CLOUD_SERVER'], args[0], FOLDER, *args[1:]], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, timeout=300)


def until(what, question, patience=PATIENCE):
    """Ask until the answer is true, and return it."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        answer = question()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError('waited %d s in vain: %s' % (patience, what))


@contextlib.contextmanager
def registry(how):
    """Rows of services are made by many at once (LOCK_SH), and are nobody else's to make for a while (LOCK_EX)."""
    with open(os.path.join(FOLDER, 'registry'), 'a', encoding='utf-8') as f:
        fcntl.flock(f, how)
        yield


def new_project(name):
    """A project of the cloud with a user of that name, and the administrator among its administrators."""
    admin = login('admin')
    url = os.environ['OS_AUTH_URL']

    def ask(method, path, **body):
        return admin.request(url + path, method, json=body or None).json() if method != 'PUT' else admin.put(url + path)

    roles = {role['name']: role['id'] for role in ask('GET', '/roles')['roles']}
    project = ask('POST', '/projects', project={'name': name, 'domain_id': 'default'})['project']['id']
    user = ask('POST', '/users', user={'name': name, 'password': 'lab', 'domain_id': 'default'})['user']['id']
    ask('PUT', '/projects/%s/users/%s/roles/%s' % (project, user, roles['member']))
    ask('PUT', '/projects/%s/users/%s/roles/%s' % (project, admin.get_user_id(), roles['admin']))
    return project


class Place:
    """Where a scene plays: a store, a host in a zone of its own, and a project of its own.

    So several may be played at once, on one broker and one database: the scheduler finds a host for a backup by the
    volume's zone, and cinder-api asks the same host later.
    """

    def __init__(self, whose, kind):
        self.whose, self.kind = whose, kind
        self.top = tempfile.mkdtemp(prefix='cinderbank-cloud-')
        self.name = kind + self.top[-8:].replace('_', '-').lower()
        self.host = self.zone = self.name
        self.project = new_project(self.name)
        self.store = cloud_store.STORES[kind](self)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.store.close()
        # Imports go to whoever was alive a minute ago.
        rows('DELETE FROM services WHERE host = %s', self.host)
        if kind and os.environ.get('KEEP'):
            print('kept: ' + self.top)
        else:
            shutil.rmtree(self.top, ignore_errors=True)

    @contextlib.contextmanager
    def imports(self):
        """A record that is imported meanwhile comes to this place first: cinder-api begins with who came last."""
        with registry(fcntl.LOCK_EX):
            (last,) = rows('SELECT MAX(id) AS id FROM services')
            rows('UPDATE services SET id = %s WHERE host = %s', last['id'] + 1, self.host)
            yield

    def session(self):
        return login(self.name)

    def volumes(self):
        """All that the project ever had."""
        return {found['id'] for found in rows('SELECT id FROM volumes WHERE project_id = %s', self.project)}

    def snapshots(self):
        return {found['id'] for found in rows('SELECT id FROM snapshots WHERE project_id = %s', self.project)}

    def service(self, whose=None, **options):
        return Backup(self, whose or self.whose, options)

    def tenant(self, user=None):
        return Tenant(self, user or self.name)


class Backup:
    """`with place.service() as backup:` runs the service, and ends it."""

    def __init__(self, place, whose, options):
        self.place, self.whose, self.options = place, whose, options
        self.conf = os.path.join(place.top, whose + '.conf')
        self.log = os.path.join(place.top, whose + '.log')
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        if kind and os.path.exists(self.log):
            with open(self.log, encoding='utf-8', errors='replace') as f:
                print(''.join(line for line in f.readlines()[-400:] if ' DEBUG ' not in line)[-6000:], file=sys.stderr)
        self.end(signal.SIGKILL if kind else signal.SIGTERM)

    def configure(self):
        state = os.path.join(self.place.top, 'state-' + self.whose)
        os.makedirs(state, exist_ok=True)
        options = {'backup_driver': self.place.store.driver, 'host': self.place.host, 'state_path': state,
                   'storage_availability_zone': self.place.zone, 'backup_compression_algorithm': 'none', 'debug': 'false',
                   'periodic_interval': 10, 'periodic_fuzzy_delay': 0, 'backup_driver_stats_polling_interval': 10,
                   **self.place.store.options(self.whose), **self.options}
        with open(self.conf, 'w', encoding='utf-8') as f:
            print('[DEFAULT]', *('%s = %s' % item for item in options.items()), sep='\n', file=f)

    def command(self):
        program = '/usr/bin/cinder-backup'
        if self.whose == 'ours':
            # Called by this name, as kolla and systemd do.
            program = os.path.join(self.place.top, 'cinder-backup')
            if not os.path.exists(program):
                os.symlink(scene.program(), program)
        return [program, '--config-file', os.environ['CLOUD_CONF'], '--config-file', self.conf]

    def launch(self):
        """Start it, and wait for nothing."""
        self.configure()
        environment = dict(os.environ)
        if self.whose != 'ours':
            environment['PYTHONPATH'] = os.environ['CLOUD_PYTHON']
        with open(self.log, 'a', encoding='utf-8') as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment, start_new_session=True)

    def start(self, disabled=False):
        since = os.path.getsize(SCHEDULER_LOG)
        known = rows("SELECT id FROM services WHERE `binary` = 'cinder-backup' AND host = %s AND deleted = 0", self.place.host)
        with contextlib.nullcontext() if known else registry(fcntl.LOCK_SH):
            self.launch()
            until('cinder-backup consumes', self.is_ready)
        # It would tell the scheduler by itself, some time.
        broker.publish(os.environ['RABBIT_URL'], 'cinder-backup_fanout', '', method='publish_service_capabilities', version='2.2')
        until('the scheduler knows it', lambda: self.is_known(since, not disabled or self.whose != 'ours'))

    def is_ready(self):
        assert self.process.poll() is None, 'the service ended: ' + open(self.log, encoding='utf-8').read()[-3000:]
        return broker.readers(os.environ['RABBIT_URL'], 'cinder-backup.' + self.place.host)

    def is_known(self, since, state=True):
        """Has the scheduler heard since then that its store works?"""
        start = 'Received backup service update from %s: ' % self.place.host
        with open(SCHEDULER_LOG, encoding='utf-8', errors='replace') as f:
            f.seek(since)
            return any("'backend_state': %s" % state in line for line in f if start in line)

    def end(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, number)
            self.process.wait(120)


class Tenant:
    """A project's volumes and backups, which are gone when it ends."""

    def __init__(self, place, user):
        self.place, self.api = place, api(user, place.name)
        self.volumes, self.backups = [], []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            return
        for backup in reversed(self.backups):
            self.drop(backup)
        for volume in self.volumes:
            self.api.volumes.delete(volume, cascade=True)
        for volume in self.volumes:
            self.gone('volumes', volume)

    # ---- volumes ----

    def volume(self, rng=None, size=1, kind='rbd', writes=12, **more):
        made = self.api.volumes.create(size, volume_type=kind, **more)
        self.volumes.append(made.id)
        self.settled('volumes', made.id, 'available')
        rows('UPDATE volumes SET availability_zone = %s WHERE id = %s', self.place.zone, made.id)
        if rng:
            self.write(made.id, rng, writes)
        return made.id

    def write(self, volume, rng, writes=12):
        image = cloud_store.image(volume)
        if image:
            ceph_lab.write(image, rng, writes)
            return
        with open(cloud_store.file(volume), 'r+b') as f:
            for _ in range(writes):
                f.seek(rng.randrange(scene.GIB - 8 * scene.MIB))
                f.write(rng.randbytes(rng.randrange(1, 8 * scene.MIB)))

    def slowed(self, volume, rate=scene.MIB):
        """Whoever opens it now gets so many bytes a second."""
        ceph_lab.rbd('config', 'image', 'set', cloud_store.image(volume), 'rbd_qos_bps_limit', str(rate))

    def sped(self, volume):
        ceph_lab.rbd('config', 'image', 'rm', cloud_store.image(volume), 'rbd_qos_bps_limit')

    def sum(self, volume):
        """Of what is not zero, and where it is."""
        with tempfile.TemporaryDirectory() as folder:
            path, image = cloud_store.file(volume), cloud_store.image(volume)
            if image:
                path = os.path.join(folder, 'image')
                ceph_lab.rbd('export', '--no-progress', image, path)
            return content_sum(path)

    # ---- waiting ----

    def settled(self, table, thing, status, other=('error',)):
        """Asked of the database, which bears it; at the end the API says the same."""
        def look():
            found = row('SELECT * FROM %s WHERE id = %%s' % table, thing)
            now = found['status']
            assert now == status or now not in other, '%s %s is %s, not %s: %s' % (
                table, thing, now, status, found.get('fail_reason', ''))
            return now == status
        until('%s %s become %s' % (table, thing, status), look)
        of = {'snapshots': 'volume_snapshots'}.get(table, table)
        assert getattr(self.api, of).get(thing).status == status

    def gone(self, table, thing):
        until('%s %s are gone' % (table, thing),
              lambda: not rows('SELECT id FROM %s WHERE id = %%s AND deleted = 0' % table, thing))
        try:
            getattr(self.api, table).get(thing)
        except exceptions.NotFound:
            return
        raise AssertionError('%s %s are there' % (table, thing))

    # ---- backups ----

    def begin(self, volume, **how):
        made = self.api.backups.create(volume, **how)
        self.backups.append(made.id)
        return made.id

    def backup(self, volume, **how):
        made = self.begin(volume, **how)
        self.settled('backups', made, 'available')
        self.settled('volumes', volume, 'in-use' if how.get('force') else 'available')
        return made

    def restore(self, backup, volume=None):
        """Restore, to a new volume if there is none, and name it."""
        target = self.api.restores.restore(backup, volume).volume_id
        if not volume:
            self.volumes.append(target)
        self.settled('volumes', target, 'available', ('error', 'error_restoring'))
        self.settled('backups', backup, 'available')
        return target

    def drop(self, backup):
        self.api.backups.delete(backup)
        self.gone('backups', backup)
        if backup in self.backups:
            self.backups.remove(backup)


def content_sum(path):
    """SHA-256 of the pieces of a sparse file that are not zero, each behind its place."""
    piece = 64 * scene.KIB
    zeros, sha256 = bytes(piece), hashlib.sha256()
    size = os.path.getsize(path)
    sha256.update(size.to_bytes(8, 'big'))
    with open(path, 'rb') as f:
        at = 0
        while at < size:
            try:
                data = os.lseek(f.fileno(), at, os.SEEK_DATA)
            except OSError:
                break           # nothing but a hole is left
            at = max(at, data - data % piece)
            content = os.pread(f.fileno(), piece, at)
            if content != zeros[:len(content)]:
                sha256.update(at.to_bytes(8, 'big') + content)
            at += piece
    return sha256.hexdigest()
