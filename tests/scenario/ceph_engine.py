#!/usr/bin/python3
"""Drives upstream's ceph driver offline, as a library, on a cluster and images that are there.

    ceph_engine.py CONF backup ID POOL/IMAGE       standard input: all records, by id, as JSON
    ceph_engine.py CONF restore ID POOL/IMAGE
    ceph_engine.py CONF delete ID
    ceph_engine.py CONF snapshots POOL/IMAGE       those that upstream's volume driver removes with a volume

Database and volumes are stubs, so what remains is its data path.  Prints what the driver wants in the record.
"""
import json
import logging
import sys
import types

import rados
import rbd
from os_brick.initiator import linuxrbd
from oslo_config import cfg

from cinder import context
from cinder.backup.drivers import ceph

GIB = 1 << 30
USER = 'cinder'
META = json.dumps({'version': 2, 'volume-base-metadata': {'display_name': 'a volume of upstream'}})


class Volume(dict):
    """Read both ways, as the rows of cinder's database are."""

    def __getattr__(self, name):
        return self[name]


def record(rows, identity):
    row = rows[identity]
    parent = row.get('parent_id')
    return types.SimpleNamespace(**{'snapshot_id': None, **row, 'save': lambda: None,
                                    'parent': record(rows, parent) if parent in rows else None})


class Images:
    def __init__(self, conf):
        self.conf = conf
        self.cluster = rados.Rados(rados_id=USER, conffile=conf)
        self.cluster.connect()

    def open(self, name):
        pool, image = name.split('/')
        opened = rbd.Image(self.cluster.open_ioctx(pool), image)
        return opened, linuxrbd.RBDVolumeIOWrapper(linuxrbd.RBDImageMetadata(opened, pool, USER, self.conf))


def open_driver(conf, volume):
    cfg.CONF([], project='cinder', default_config_files=[])
    cfg.CONF.set_override('connection', 'sqlite://', group='database')    # opened, and never asked
    for name, value in (('backup_ceph_conf', conf), ('backup_ceph_user', USER), ('backup_ceph_pool', 'backups')):
        cfg.CONF.set_override(name, value)
    driver = ceph.CephBackupDriver(context.get_admin_context())
    driver.check_for_setup_error()
    driver.db = types.SimpleNamespace(volume_get=lambda _, identity: volume)
    driver.get_metadata = lambda volume_id: META
    driver.put_metadata = lambda volume_id, metadata: json.loads(metadata)
    return driver


def main(conf, verb, *args):
    logging.disable(logging.CRITICAL)
    images = Images(conf)
    if verb == 'snapshots':
        image, _ = images.open(args[0])
        return [found['name'] for found in ceph.CephBackupDriver.get_backup_snaps(image)]
    backup = record(json.load(sys.stdin), args[0])
    if verb == 'delete':
        open_driver(conf, None).delete_backup(backup)
        return None
    image, file = images.open(args[1])
    volume = Volume(name=args[1].split('/')[1], size=image.size() // GIB,
                    id=backup.volume_id if verb == 'backup' else 'the id of another volume')
    driver = open_driver(conf, volume)
    made = None
    if verb == 'backup':
        made = {'container': backup.container, **driver.backup(backup, file)}
        made['container'] = backup.container
    else:
        driver.restore(backup, volume.id, file)
    file.close()
    return made


if __name__ == '__main__':
    print(json.dumps(main(*sys.argv[1:])))
