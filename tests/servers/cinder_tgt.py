"""A backend of cinder-volume: files, exported over iSCSI by Debian's tgt.

What cinder's driver for LVM does, in user space: every volume and snapshot is a file, has a target of its own while it is
exported, with a user and password of its own (CHAP), behind two portals.
"""
import os
import secrets

from cinder import interface
from cinder.volume import configuration, driver
from oslo_concurrency import lockutils, processutils
from oslo_config import cfg

OPTIONS = [cfg.StrOpt('tgt_folder', help='where the files are'),
           cfg.StrOpt('tgt_control', help="the number of tgtd's own door"),
           cfg.ListOpt('tgt_portals', help='ADDRESS:PORT of each portal')]
cfg.CONF.register_opts(OPTIONS, group=configuration.SHARED_CONF_GROUP)
GIB = 1 << 30


@interface.volumedriver
class Driver(driver.VolumeDriver):
    VERSION = '1.0.0'

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.configuration.append_config_values(OPTIONS)

    def check_for_setup_error(self):
        os.makedirs(self.configuration.tgt_folder, exist_ok=True)
        self.ask('show', 'sys')

    def _update_volume_stats(self):
        self._stats = {'volume_backend_name': self.configuration.safe_get('volume_backend_name'), 'vendor_name': 'tests',
                       'driver_version': self.VERSION, 'storage_protocol': 'iSCSI', 'total_capacity_gb': 500,
                       'free_capacity_gb': 400, 'reserved_percentage': 0, 'multiattach': True}

    # ---- files ----

    def path(self, thing):
        return os.path.join(self.configuration.tgt_folder, thing.name)

    def copy(self, there, here, size):
        processutils.execute('cp', '--sparse=always', self.path(here), self.path(there))
        os.truncate(self.path(there), size * GIB)

    def create_volume(self, volume):
        with open(self.path(volume), 'wb') as f:
            f.truncate(volume.size * GIB)

    def delete_volume(self, volume):
        if os.path.exists(self.path(volume)):
            os.unlink(self.path(volume))

    def create_cloned_volume(self, volume, source):
        self.copy(volume, source, volume.size)

    def create_volume_from_snapshot(self, volume, snapshot):
        self.copy(volume, snapshot, volume.size)

    def create_snapshot(self, snapshot):
        self.copy(snapshot, snapshot.volume, snapshot.volume_size)

    def delete_snapshot(self, snapshot):
        self.delete_volume(snapshot)

    def extend_volume(self, volume, size):
        os.truncate(self.path(volume), size * GIB)

    # ---- targets ----

    def ask(self, action, what, *args):
        return processutils.execute('tgtadm', '-C', self.configuration.tgt_control, '--lld', 'iscsi', '--op', action,
                                    '--mode', what, *args)[0]

    def targets(self):
        """The numbers of targets, by their names."""
        lines = [line.split() for line in self.ask('show', 'target').splitlines() if line.startswith('Target ')]
        return {words[2]: words[1].rstrip(':') for words in lines}

    @staticmethod
    def target(thing):
        return 'iqn.2010-10.org.openstack:' + thing.name

    def offer(self, thing):
        with lockutils.lock('tgt'):
            taken = self.targets()
            number = str(1 + max(map(int, taken.values()), default=0))
            if self.target(thing) in taken:
                self.withdraw(thing)
            user, password = secrets.token_hex(8), secrets.token_hex(8)
            self.ask('new', 'target', '--tid', number, '-T', self.target(thing))
            self.ask('new', 'logicalunit', '--tid', number, '--lun', '1', '-b', self.path(thing))
            self.ask('new', 'account', '--user', user, '--password', password)
            self.ask('bind', 'account', '--tid', number, '--user', user)
            self.ask('bind', 'target', '--tid', number, '-I', 'ALL')
        return {'provider_auth': 'CHAP %s %s' % (user, password)}

    def withdraw(self, thing):
        number = self.targets().get(self.target(thing))
        if number:
            self.ask('delete', 'target', '--force', '--tid', number)

    def connect(self, thing):
        portals, name = self.configuration.tgt_portals, self.target(thing)
        method, user, password = thing.provider_auth.split()
        return {'driver_volume_type': 'iscsi', 'data': {
            'target_discovered': False, 'target_portal': portals[0], 'target_iqn': name, 'target_lun': 1,
            'target_portals': portals, 'target_iqns': [name] * len(portals), 'target_luns': [1] * len(portals),
            'auth_method': method, 'auth_username': user, 'auth_password': password, 'volume_id': thing.id,
            'discard': False}}

    def ensure_export(self, context, volume):
        return None

    def create_export(self, context, volume, connector):
        return self.offer(volume)

    def remove_export(self, context, volume):
        self.withdraw(volume)

    def initialize_connection(self, volume, connector):
        return self.connect(volume)

    def terminate_connection(self, volume, connector, **more):
        pass

    def create_export_snapshot(self, context, snapshot, connector):
        return self.offer(snapshot)

    def remove_export_snapshot(self, context, snapshot):
        self.withdraw(snapshot)

    def initialize_connection_snapshot(self, snapshot, connector, **more):
        return self.connect(snapshot)

    def terminate_connection_snapshot(self, snapshot, connector, **more):
        pass
