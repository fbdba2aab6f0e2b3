"""Where backups of a cloud go: the options of a service, and what is there; where its volumes are."""
import hashlib
import os
import shutil
import subprocess

import ceph_lab
import scene


def image(volume):
    """Its image, or None: it is a file."""
    return None if os.path.exists(file(volume)) else 'volumes/volume-' + volume


def file(volume):
    """Of one of type tgt."""
    return os.path.join(os.environ['CLOUD_FOLDER'], 'volumes', 'volume-' + volume)


def files():
    return os.listdir(os.path.join(os.environ['CLOUD_FOLDER'], 'volumes'))


def targets():
    """What is exported over iSCSI."""
    said = subprocess.run(['tgtadm', '-C', os.environ['ISCSI_CONTROL'], '--lld', 'iscsi', '--op', 'show', '--mode', 'target'],
                          check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
    return [line.split()[2] for line in said.splitlines() if line.startswith('Target ')]


class Posix:
    driver = 'cinder.backup.drivers.posix.PosixBackupDriver'

    def __init__(self, place):
        self.place, self.folder = place, os.path.join(place.top, 'store')
        os.mkdir(self.folder)

    def options(self, whose):
        del whose
        return {'backup_posix_path': self.folder, 'backup_file_size': 32 * scene.MIB}

    def names(self):
        """All that the scene's backups have there."""
        return [name for _, _, names in os.walk(self.folder) for name in names]

    def close(self):
        pass


class Nfs(Posix):
    """A folder of its own below the export.  Upstream's driver finds its share mounted: the folder, for want of a client."""
    driver = 'cinder.backup.drivers.nfs.NFSBackupDriver'

    def __init__(self, place):
        self.place, self.folder = place, os.path.join(os.environ['NFS_DIR'], place.name)
        self.share = '%s:/backup/%s' % (os.environ['NFS_SERVER'], place.name)
        self.base, self.mounted = os.path.join(place.top, 'mnt'), None
        os.mkdir(self.folder, 0o770)

    def options(self, whose):
        if whose != 'ours' and not self.mounted:
            self.mounted = os.path.join(self.base, hashlib.md5(self.share.encode()).hexdigest())
            os.makedirs(self.mounted)
            subprocess.run(['mount', '--bind', self.folder, self.mounted], check=True)
            os.chmod(self.folder, 0o770)
        return {'backup_share': self.share, 'backup_mount_point_base': self.base, 'backup_file_size': 32 * scene.MIB,
                'backup_mount_options': 'port=%s,mountport=%s' % (os.environ['NFS_PORT'], os.environ['NFS_MOUNT_PORT'])}

    def close(self):
        if self.mounted:
            subprocess.run(['umount', self.mounted], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


class Swift:
    """As the options have it by default: the user's own account, by the user's own token, from the catalogue."""
    driver = 'cinder.backup.drivers.swift.SwiftBackupDriver'

    def __init__(self, place):
        self.place = place

    def options(self, whose):
        del whose
        return {'backup_swift_object_size': 32 * scene.MIB}

    def names(self):
        answer = self.place.session().get(os.environ['SWIFT_URL'] + self.place.project + '/volumebackups?format=json', raise_exc=False)
        return [entry['name'] for entry in answer.json()] if answer.status_code == 200 else []

    def close(self):
        pass


class Ceph:
    driver = ceph_lab.CEPH

    def __init__(self, place):
        self.place = place

    def options(self, whose):
        del whose
        return {'backup_ceph_conf': ceph_lab.CONF, 'backup_ceph_user': 'cinder', 'backup_ceph_pool': 'backups'}

    def names(self):
        volumes = self.place.volumes()
        return [name for name in ceph_lab.names('backups') if name.split('.')[0].removeprefix('volume-') in volumes]

    def close(self):
        pass


STORES = {'posix': Posix, 'swift': Swift, 'ceph': Ceph, 'nfs': Nfs}
