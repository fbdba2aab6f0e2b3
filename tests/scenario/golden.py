#!/usr/bin/python3
"""golden.py ARCHIVE.tar.xz: backups that upstream wrote are imported from their records and restored."""
import json
import os
import shutil
import sys
import tarfile

import scene

# Published beside the archives.
SUMS = {
    'full': '234112428602023e36f47be3d565354d419d10e958bd376e3a672f3c037a4869',
    'incr1': 'd398c8e44692c65e22627ca54a84358cbb38267cb82a0a7c2e180461117c4c6e',
    'incr2': 'b4e33ba3d142aeaeeba5659e5dc6607bad7fb5fc49943309141cd2e92217ad97',
}


def main(archive):
    with scene.Scene() as s:
        with tarfile.open(archive) as tar:
            tar.extractall(s.path('unpacked'))
        (folder,) = os.listdir(s.path('unpacked'))
        folder = s.path('unpacked', folder)
        with open(os.path.join(folder, 'backups.json')) as f:
            rows = json.load(f)
        for name in os.listdir(folder):
            if os.path.isdir(os.path.join(folder, name)):
                shutil.move(os.path.join(folder, name), s.store)
        before = s.stored()
        for row in rows:
            with open(os.path.join(folder, row['display_name'] + '.backup_url')) as f:
                record = f.read().strip()
            assert s.ask('import', 'cinder.backup.drivers.posix.PosixBackupDriver', record)['id'] == row['id']
        for row in rows:
            target = s.path('out', 'restored')
            s.run('restore', row['id'], '--to', target)
            assert scene.sha256(target) == SUMS[row['display_name']], row['display_name']
            os.unlink(target)
        assert s.stored() == before, 'the store changed'
        again = s.ask('export', rows[-1]['id'])
        s.refuse('import', again['backup_service'], again['backup_url'], says='already')
    print('golden: %s, %d backups' % (os.path.basename(archive), len(rows)))


if __name__ == '__main__':
    main(sys.argv[1])
