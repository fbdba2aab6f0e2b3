#!/usr/bin/python3
"""What cinderbank-render emits as cinder.conf is what cinderbank doctor accepts."""
import os
import subprocess

import scene

ENVIRONMENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../environments')
MINE = '''
parameter_defaults:
  CinderBackupNfsShare: '192.168.122.1:/export/cinder/backups'
  CinderPassword: secret
  ExtraConfig:
    cinder::config::cinder_config:
      DEFAULT/backup_workers: {value: 2}
'''


def main():
    with scene.Scene() as s:
        mine, conf = s.path('my.yaml'), s.path('rendered.conf')
        with open(mine, 'w') as f:
            f.write(MINE)
        render = subprocess.run([scene.program('cinderbank-render'), '-e', ENVIRONMENTS + '/cinder-backup-nfs.yaml',
                                 '-e', mine, '--emit', 'cinder.conf'], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)
        assert render.returncode == 0, render.stderr
        assert 'backup_share' in render.stdout and '192.168.122.1:/export/cinder/backups' in render.stdout, render.stdout
        with open(conf, 'w') as f:
            f.write(render.stdout)
        doctor = subprocess.run([scene.program(), 'doctor', 'options', '--config-file', conf], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        assert doctor.returncode == 0, doctor.stdout
        # And one slip in the same file is found, with its line.
        with open(conf, 'a') as f:
            f.write('\n[DEFAULT]\nbackup_sha_block_size_bytes = 32k\n')
        with open(conf) as f:
            line = len(f.readlines())
        doctor = subprocess.run([scene.program(), 'doctor', 'options', '--config-file', conf], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        assert doctor.returncode == 1, doctor.stdout
        assert 'rendered.conf:%d' % line in doctor.stdout and 'backup_sha_block_size_bytes' in doctor.stdout, doctor.stdout
    print('conf: rendered, accepted; a slip is found')


main()
