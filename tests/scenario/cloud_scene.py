"""A cloud in small: a real broker and a real database, and a peer that plays cinder's other services on them.

What cinder-api, cinder-scheduler and cinder-volume would do is done here with oslo.messaging's own client and server;
rows are made and read by the database's own client.  Set up by tests/servers/rabbit and tests/servers/mysql.
"""
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import uuid
import warnings

import scene
from scene import MIB, PATIENCE, Scene, skip

warnings.simplefilter('ignore')
try:
    import kombu
    import oslo_messaging
    import pymysql
    from oslo_config import cfg

    import broker
except ImportError as error:
    skip('no oslo.messaging here: %s' % error)

SERVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, 'servers')
HOST, VOLUME_HOST = 'backup1', 'vol1@files#pool'


if 'RABBIT_URL' not in os.environ or 'MYSQL_ROOT' not in os.environ:
    skip('no broker or no database: tests/servers/rabbit up, tests/servers/mysql up, and their env')


def wait_until(what, check):
    end = time.monotonic() + PATIENCE
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < end, 'not within %d s: %s' % (PATIENCE, what)
        time.sleep(0.02)


def quoted(value):
    return 'NULL' if value is None else str(value) if isinstance(value, int) else "'%s'" % str(value).replace("'", "''")


@contextlib.contextmanager
def server(name):
    """One of tests/servers for this scene alone, which may kill it: what asks it for something, and its env."""
    with tempfile.TemporaryDirectory(prefix='cinderbank-%s-' % name) as folder:
        def ask(action, *words):
            return subprocess.run([os.path.join(SERVERS, name), action, folder, *words], check=True, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, text=True).stdout
        try:
            ask('up')
            yield ask, dict(line.split('=', 1) for line in ask('env').splitlines())
        finally:
            ask('down')


class Volumes:
    """cinder-volume: volumes are files.  What it is asked is written down; what it is to fail at is in `fails`.

    With `temporary` it makes a volume of that id for the next backup, with `moment` a snapshot.  After stop_at(method) it
    waits there until `goes_on` is set, and `hold` keeps it from handing out a device.
    """
    target = oslo_messaging.Target(version='3.17')

    def __init__(self, cloud):
        self.cloud, self.asked, self.fails, self.temporary, self.hold = cloud, [], set(), None, threading.Event()
        self.moment, self.stops_at, self.reached, self.goes_on = None, None, threading.Event(), threading.Event()
        self.hold.set()

    def note(self, method, **args):
        self.asked.append((method, args))
        if method == self.stops_at:
            self.stops_at = None
            self.reached.set()
            self.goes_on.wait()
        if method in self.fails:
            raise ValueError('%s fails, as it was told to' % method)

    def stop_at(self, method):
        self.stops_at = method
        self.reached.clear()
        self.goes_on.clear()

    def make(self, data):
        """What is to be read."""
        volume_id = data['volume_id']
        if self.temporary:
            self.cloud.volume(self.temporary, status='backing-up', size=1)
            os.link(self.cloud.file(volume_id), self.cloud.file(self.temporary))
            self.cloud.sql("UPDATE backups SET temp_volume_id = '%s' WHERE id = '%s'" % (self.temporary, data['id']))
            data['temp_volume_id'] = volume_id = self.temporary
        if not self.moment:
            return {'volume': self.cloud.volume_object(volume_id)}
        if not data['snapshot_id']:
            self.cloud.snapshot(volume_id, self.moment, 'backing-up')
            self.cloud.sql("UPDATE backups SET temp_snapshot_id = '%s' WHERE id = '%s'" % (self.moment, data['id']))
            data['temp_snapshot_id'] = self.moment
        os.link(self.cloud.file(volume_id), self.cloud.file(self.moment))
        return {'snapshot': thing('Snapshot', '1.6', {'id': self.moment, 'volume_id': volume_id})}

    def get_backup_device(self, ctxt, backup, want_objects=False, async_call=False):
        self.note('get_backup_device', backup=backup, async_call=async_call)
        data, host = backup['versioned_object.data'], backup['versioned_object.data']['host']
        made = self.make(data)
        device = thing('BackupDeviceInfo', '1.0', {**made, 'secure_enabled': False}, changes=[*made, 'secure_enabled'])
        if not async_call:
            return device
        self.hold.wait()
        self.cloud.client('cinder-backup', host).cast(ctxt, 'continue_backup', backup=backup, backup_device=device)

    def initialize_connection(self, ctxt, connector, volume):
        self.note('initialize_connection', connector=connector, volume=volume)
        path = self.cloud.file(volume['versioned_object.data']['id'])
        return {'driver_volume_type': 'local', 'data': {'device_path': path}}

    def terminate_connection(self, ctxt, volume_id, connector, force=False):
        self.note('terminate_connection', volume_id=volume_id, force=force)

    def remove_export(self, ctxt, volume_id):
        self.note('remove_export', volume_id=volume_id)

    def secure_file_operations_enabled(self, ctxt, volume):
        self.note('secure_file_operations_enabled', volume=volume)
        return False

    def detach_volume(self, ctxt, volume, attachment_id):
        self.note('detach_volume', volume=volume, attachment_id=attachment_id)

    def delete_volume(self, ctxt, volume, unmanage_only=False, cascade=False):
        self.note('delete_volume', volume=volume)
        self.cloud.sql("UPDATE volumes SET deleted = 1, status = 'deleted' WHERE id = '%s'"
                       % volume['versioned_object.data']['id'])

    def initialize_connection_snapshot(self, ctxt, connector, snapshot_id):
        self.note('initialize_connection_snapshot', snapshot_id=snapshot_id)
        return {'driver_volume_type': 'local', 'data': {'device_path': self.cloud.file(snapshot_id)}}

    def terminate_connection_snapshot(self, ctxt, snapshot_id, connector, force=False):
        self.note('terminate_connection_snapshot', snapshot_id=snapshot_id)

    def remove_export_snapshot(self, ctxt, snapshot_id):
        self.note('remove_export_snapshot', snapshot_id=snapshot_id)

    def delete_snapshot(self, ctxt, snapshot, unmanage_only=False):
        self.note('delete_snapshot', snapshot=snapshot)
        self.cloud.sql("UPDATE snapshots SET deleted = 1, status = 'deleted' WHERE id = '%s'"
                       % snapshot['versioned_object.data']['id'])

    def names(self):
        return [method for method, _ in self.asked]

    def of(self, method, thing_id):
        """How often it was asked that of a volume or snapshot."""
        def ids(args):
            objects = [args[kind]['versioned_object.data']['id'] for kind in ('volume', 'snapshot') if kind in args]
            return objects + [args[key] for key in ('volume_id', 'snapshot_id') if key in args]
        return sum(thing_id in ids(args) for name, args in self.asked if name == method)


class QueensVolumes(Volumes):
    """That of Queens: it answers when the device is made, and knows the objects of its release."""
    target = oslo_messaging.Target(version='3.15')
    versions = {'Backup': '1.6', 'Volume': '1.8', 'VolumeAttachmentList': '1.1', 'VolumeAttachment': '1.3', 'VolumeType': '1.3'}

    def note(self, method, **args):
        super().note(method, **args)
        for one in args.values():
            self.check(one)

    def check(self, value):
        """As its deserializer does: an object of a later version is refused."""
        if isinstance(value, dict):
            name = value.get('versioned_object.name')
            if name:
                assert value['versioned_object.version'] == self.versions[name], value
                assert 'use_quota' not in value['versioned_object.data'] and 'parent' not in value['versioned_object.data']
            for one in value.values():
                self.check(one)
        elif isinstance(value, list):
            for one in value:
                self.check(one)

    def get_backup_device(self, ctxt, backup, want_objects=False):
        assert want_objects, 'a plain dictionary was asked for'
        return super().get_backup_device(ctxt, backup, want_objects)


# Of each release: what its services can do, and their objects.
RELEASES = {'zed': {'volumes': Volumes, 'volume': '3.17', 'scheduler': '3.12', 'objects': '1.39', 'backup': '1.7', 'of_volume': '1.9'},
            'queens': {'volumes': QueensVolumes, 'volume': '3.15', 'scheduler': '3.10', 'objects': '1.35', 'backup': '1.6',
                       'of_volume': '1.8'}}


class Scheduler:
    target = oslo_messaging.Target(version='3.12')

    def __init__(self):
        self.reports = []

    def update_service_capabilities(self, ctxt, **args):
        self.reports.append(('fanout', args))

    def notify_service_capabilities(self, ctxt, **args):
        self.reports.append(('cast', args))


class Notices:
    def __init__(self):
        self.heard = []

    def info(self, ctxt, publisher_id, event_type, payload, metadata):
        self.heard.append((event_type, payload, publisher_id, ctxt))

    def events(self):
        return [event for event, *_ in self.heard]


def thing(name, version, data, changes=None):
    made = {'versioned_object.name': name, 'versioned_object.namespace': 'cinder', 'versioned_object.version': version,
            'versioned_object.data': data}
    return {**made, 'versioned_object.changes': changes} if changes else made


class Cloud(Scene):
    """`with Cloud() as cloud:` is a broker, a database, a peer and a cinder.conf; serve() starts the service."""

    def __init__(self, rabbit=None, mysql=None, release='zed', **default):
        self.rabbit, self.mysql = rabbit or os.environ, mysql or os.environ
        self.name, self.release = release, RELEASES[release]
        self.vhost = 'scene-%s' % uuid.uuid4().hex[:8]
        self.broker('add', self.vhost)
        self.database, self.databases, self.turn = 'scene_%s' % uuid.uuid4().hex[:8], {}, threading.Lock()
        self.make_database()
        super().__init__(own={'volumes': 'cinder'}, **{
            'transport_url': self.url, 'host': HOST, 'report_interval': 1, 'rpc_response_timeout': PATIENCE, 'debug': 'true',
            **default})
        self.children, self.servers = [], []

    def configure(self, own, default, **sections):
        super().configure(own, default, oslo_messaging_notifications={'driver': 'messagingv2'}, **sections)
        with open(self.conf, encoding='utf-8') as f:
            text = f.read()
        with open(self.conf, 'w', encoding='utf-8') as f:
            f.write(text.replace('sqlite:///' + self.catalogue, self.connection))

    # ---- broker and database

    @property
    def url(self):
        return self.rabbit['RABBIT_URL'] + self.vhost

    @property
    def connection(self):
        return self.mysql['MYSQL_ZED'].replace('/zed?', '/%s?' % self.database)

    def broker(self, action, *words):
        """Ask tests/servers/rabbit for something."""
        return subprocess.run([self.rabbit['RABBIT_SERVER'], action, self.rabbit['RABBIT_FOLDER'], *words],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout

    def ctl(self, *words):
        return self.broker('ctl', *words)

    def connect(self, database=None):
        return pymysql.connect(unix_socket=self.mysql['MYSQL_ROOT'], user='root', database=database, autocommit=True,
                               charset='utf8mb4', conv={}, client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)

    def sql(self, text):
        """Rows of what it finds, as text.  Peers ask, too, from threads of theirs."""
        socket, found = self.mysql['MYSQL_ROOT'], []
        with self.turn:
            if socket not in self.databases:
                self.databases[socket] = self.connect(self.database if self.databases else None)
            with self.databases[socket].cursor() as cursor:
                cursor.execute(text)
                while True:
                    found += [['NULL' if value is None else value for value in row] for row in cursor.fetchall()]
                    if not cursor.nextset():
                        return found

    def make_database(self):
        schema = os.path.join(SERVERS, os.pardir, 'data', 'wire', 'schema.sql')
        self.sql("CREATE DATABASE {0} CHARACTER SET utf8mb3; GRANT ALL ON {0}.* TO cinder@'%'; USE {0}".format(self.database))
        if self.name == 'zed':
            with open(schema, encoding='utf-8') as f:
                self.sql('SET foreign_key_checks = 0; ' + f.read())
        else:
            for table, in self.sql('SHOW TABLES IN %s' % self.name):
                self.sql('CREATE TABLE %s LIKE %s.%s' % (table, self.name, table))
            self.sql('ALTER TABLE backups ADD COLUMN IF NOT EXISTS encryption_key_id varchar(36)')
        self.sql('CREATE TABLE IF NOT EXISTS volume_type_extra_specs (created_at datetime, updated_at datetime, '
                 'deleted_at datetime, deleted tinyint(1), id int AUTO_INCREMENT PRIMARY KEY, volume_type_id varchar(36), '
                 '`key` varchar(255), value varchar(255))')
        self.service_row('cinder-volume', 'vol1@files', self.release['volume'])
        self.service_row('cinder-scheduler', 'api1', self.release['scheduler'])

    def service_row(self, binary, host, version):
        self.insert('services', binary=binary, host=host, topic=binary, rpc_current_version=version,
                    object_current_version=self.release['objects'], report_count=1, disabled=0, uuid=str(uuid.uuid4()))

    def insert(self, table, **columns):
        columns = {'deleted': 0, 'created_at': '2026-01-02 03:04:05', **columns}
        self.sql('SET foreign_key_checks = 0; INSERT INTO %s (%s) VALUES (%s)' % (
            table, ', '.join('`%s`' % name for name in columns), ', '.join(quoted(value) for value in columns.values())))

    def field(self, table, id_, column):
        rows = self.sql("SELECT `%s` FROM %s WHERE id = '%s'" % (column, table, id_))
        return None if not rows or rows[0][0] == 'NULL' else rows[0][0]

    def status(self, backup):
        return self.field('backups', backup, 'status')

    # ---- what cinder-api does

    def file(self, volume_id):
        return self.path('volumes', 'volume-' + volume_id)

    def volume(self, id_=None, status='available', previous=None, size=1, content=None):
        id_ = id_ or str(uuid.uuid4())
        self.insert('volumes', id=id_, host=VOLUME_HOST, status=status, previous_status=previous, size=size,
                    display_name='v', volume_type_id=str(uuid.uuid4()), attach_status='detached', project_id='p1',
                    user_id='u1', availability_zone='nova', **({'use_quota': 1} if self.name == 'zed' else {}))
        if content is not None:
            with open(self.file(id_), 'wb') as f:
                f.write(content)
        return id_

    def snapshot(self, volume, id_=None, status='available'):
        id_ = id_ or str(uuid.uuid4())
        self.insert('snapshots', id=id_, volume_id=volume, status=status, volume_size=1, display_name='s', project_id='p1',
                    user_id='u1', volume_type_id=str(uuid.uuid4()))
        return id_

    def volume_object(self, id_):
        return thing('Volume', self.release['of_volume'], {'id': id_, 'host': VOLUME_HOST, 'cluster_name': None, 'size': 1,
                                                           'status': self.field('volumes', id_, 'status')})

    def backup_object(self, id_):
        names = [row[0] for row in self.sql('SHOW COLUMNS FROM backups')]
        values = self.sql("SELECT %s FROM backups WHERE id = '%s'" % (', '.join(names), id_))[0]
        data = {name: None if value == 'NULL' else value for name, value in zip(names, values)}
        for name in 'size', 'object_count', 'num_dependent_backups':
            data[name] = int(data[name] or 0)
        for name in 'created_at', 'updated_at', 'deleted_at', 'data_timestamp':
            data[name] = data[name] and data[name].replace(' ', 'T') + 'Z'
        data.update(deleted=data['deleted'] == '1', metadata={}, **({'parent': None} if self.name == 'zed' else {}))
        return thing('Backup', self.release['backup'], data)

    def create(self, volume, parent=None, cast=True, **columns):
        """As cinder-api and the scheduler do it: rows first, then the request."""
        id_ = str(uuid.uuid4())
        self.sql("UPDATE volumes SET previous_status = status, status = 'backing-up' WHERE id = '%s'" % volume)
        stamp = time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())
        self.insert('backups', **{
            'id': id_, 'volume_id': volume, 'user_id': 'u1', 'project_id': 'p1', 'host': HOST, 'status': 'creating', 'size': 1,
            'object_count': 0, 'display_name': 'b', 'parent_id': parent, 'num_dependent_backups': 0, 'data_timestamp': stamp,
            'created_at': stamp, **columns})
        if cast:
            self.cast('create_backup', backup=self.backup_object(id_))
        return id_

    def create_of(self, snapshot, volume):
        """The same, of a snapshot of it."""
        status = self.field('volumes', volume, 'status')
        self.sql("UPDATE snapshots SET status = 'backing-up' WHERE id = '%s'" % snapshot)
        id_ = self.create(volume, cast=False, snapshot_id=snapshot)
        self.sql("UPDATE volumes SET status = '%s', previous_status = NULL WHERE id = '%s'" % (status, volume))
        self.cast('create_backup', backup=self.backup_object(id_))
        return id_

    def backed_up(self, volume, **more):
        id_ = self.create(volume, **more)
        wait_until('backup is available', lambda: self.status(id_) != 'creating')
        assert self.status(id_) == 'available', self.field('backups', id_, 'fail_reason')
        return id_

    def restore(self, backup, volume, cast=True, **more):
        self.sql("UPDATE volumes SET status = 'restoring-backup' WHERE id = '%s'" % volume)
        self.sql("UPDATE backups SET status = 'restoring', restore_volume_id = '%s' WHERE id = '%s'" % (volume, backup))
        if cast:
            self.cast('restore_backup', backup=self.backup_object(backup), volume_id=volume, **more)

    def delete(self, backup):
        self.sql("UPDATE backups SET status = 'deleting' WHERE id = '%s'" % backup)
        self.cast('delete_backup', backup=self.backup_object(backup))

    @contextlib.contextmanager
    def locked(self, table):
        """Nobody else reads the table."""
        with self.connect(self.database) as holder, holder.cursor() as cursor:
            cursor.execute('LOCK TABLES %s WRITE' % table)
            yield

    # ---- the bus

    def publish(self, message):
        broker.publish(self.url, 'openstack', 'cinder-backup.' + HOST, **message)

    @contextlib.contextmanager
    def replies(self, queue):
        """What comes to a queue of that name, one after the other."""
        with kombu.Connection(self.url.replace('rabbit://', 'amqp://')) as connection, \
                connection.SimpleBuffer(queue) as buffer:
            def come():
                while True:
                    message = buffer.get(timeout=PATIENCE)
                    yield json.loads(message.payload['oslo.message'])
            yield come()

    # What the peer's [oslo_messaging_rabbit] says.
    rabbit_options = {}

    def transport(self, kind=oslo_messaging.get_rpc_transport):
        cfg.CONF([], project='scene')
        made = kind(cfg.CONF, url=self.url)     # knows the options now
        if not self.rabbit_options:
            return made
        made.cleanup()
        for name, value in self.rabbit_options.items():
            cfg.CONF.set_override(name, value, group='oslo_messaging_rabbit')
        return kind(cfg.CONF, url=self.url)

    def client(self, topic, host=None, fanout=None, version='2.0'):
        target = oslo_messaging.Target(exchange='openstack', topic=topic, server=host, fanout=fanout, version=version)
        if not hasattr(self, 'bus'):
            self.bus = self.transport()
        make = getattr(oslo_messaging, 'get_rpc_client', oslo_messaging.RPCClient)
        return make(self.bus, target, timeout=PATIENCE)

    context = {'user_id': 'u1', 'project_id': 'p1', 'roles': ['member'], 'is_admin': False, 'auth_token': 'secret-token',
               'request_id': 'req-11111111-2222-3333-4444-555555555555', 'read_deleted': 'no', 'service_catalog': [],
               'remote_address': '192.0.2.7', 'a_key_of_tomorrow': {'kept': True}}

    def cast(self, method, version='2.0', **args):
        self.client('cinder-backup', HOST, version=version).cast(self.context, method, **args)

    def call(self, method, version='2.0', **args):
        return self.client('cinder-backup', HOST, version=version).call(self.context, method, **args)

    def play(self):
        """Start the peer."""
        self.volumes_peer, self.scheduler, self.notices = self.release['volumes'](self), Scheduler(), Notices()
        for topic, host, endpoint in (('cinder-volume.vol1@files', 'vol1', self.volumes_peer),
                                      ('cinder-scheduler', 'api1', self.scheduler)):
            transport = self.transport()
            target = oslo_messaging.Target(exchange='openstack', topic=topic, server=host)
            rpc = oslo_messaging.get_rpc_server(transport, target, [endpoint], executor='threading')
            rpc.start()
            self.servers.append(rpc)
        listener = oslo_messaging.get_notification_listener(
            self.transport(oslo_messaging.get_notification_transport),
            [oslo_messaging.Target(exchange='openstack', topic='notifications')], [self.notices], executor='threading')
        listener.start()
        self.servers.append(listener)
        return self

    # ---- the service

    def consumers(self, queue='cinder-backup.' + HOST):
        """How many read it."""
        return broker.readers(self.url, queue)

    def serve(self, wait=True, **more):
        log = open(self.path('log'), 'a', encoding='utf-8')
        self.service = subprocess.Popen(self.command('serve'), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)
        self.children.append(self.service)
        log.close()
        if wait:
            wait_until('the service reads its queue', lambda: self.consumers() or self.service.poll() is not None)
            assert self.service.poll() is None, self.log()
        return self.service

    def serve_as(self, host):
        """Another service, with a name of its own."""
        conf, mine = self.conf, self.path('%s.conf' % host)
        with open(conf, encoding='utf-8') as f, open(mine, 'w', encoding='utf-8') as other:
            other.write(f.read().replace('host = ' + HOST, 'host = ' + host).replace(self.state, self.path('state-' + host)))
        os.mkdir(self.path('state-' + host))
        first, self.conf = self.service, mine
        second = self.serve(wait=False)
        wait_until('the second reads its queue', lambda: self.consumers('cinder-backup.' + host))
        self.service, self.conf = first, conf
        return second

    def again(self):
        """The peer's client has a connection of before."""
        if hasattr(self, 'bus'):
            self.bus.cleanup()
            del self.bus

    def stop(self, number=signal.SIGTERM):
        self.service.send_signal(number)
        return self.service.wait(PATIENCE)

    def __exit__(self, kind, *rest):
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.wait()
        if kind and os.path.exists(self.path('log')):
            print(self.log()[-8000:])
        if hasattr(self, 'volumes_peer'):
            self.volumes_peer.hold.set()
            self.volumes_peer.goes_on.set()
        for one in self.servers:
            with contextlib.suppress(Exception):
                one.stop()
        for name in self.rabbit_options:
            cfg.CONF.clear_override(name, group='oslo_messaging_rabbit')
        self.sql('DROP DATABASE ' + self.database)
        for database in self.databases.values():
            database.close()
        self.broker('remove', self.vhost)
        super().__exit__(kind, *rest)


def content(seed, size=3 * MIB):
    """Bytes that do not repeat, with zeros in the middle."""
    import random
    made = bytearray(random.Random(seed).randbytes(size))
    made[MIB:MIB + MIB // 2] = bytes(MIB // 2)
    return bytes(made)


def main(cases):
    """Run the case that the command line names, or all."""
    import sys
    for name in sys.argv[1:] or cases:
        cases[name]()
        print('%s: good' % name)
        sys.stdout.flush()
    # Threads of oslo.messaging may linger.
    os._exit(0)
