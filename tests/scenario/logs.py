#!/usr/bin/python3
"""The log of a service that is started as units and containers start cinder-backup: where, in which form, and rotated."""
import os
import re
import signal
import subprocess

import scene

# As kolla's fluentd reads the records of OpenStack's services.
RECORD = re.compile(r'(?P<Timestamp>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}.\d{3}) (?P<Pid>\d+) (?P<log_level>\S+) '
                    r'(?P<python_module>\S+) (\[(req-(?P<request_id>\S+) (?P<user_id>\S+) (?P<tenant_id>\S+) (?P<domain_id>\S+) '
                    r'(?P<user_domain>\S+) (?P<project_domain>\S+)|-)\])? (?P<Payload>.*)')


def records(s, path, says):
    """Those in the file, once one of them says so."""
    def read():
        lines = open(path, encoding='utf-8').read().split('\n')[:-1] if os.path.exists(path) else []
        return lines if any(says in line for line in lines) else None
    return [RECORD.fullmatch(line) or line for line in s.wait_until(read, '%s does not say %s' % (path, says))]


def main():
    with scene.Scene(report_interval=1, own={'listen': '127.0.0.1:0'}) as s:
        program, folder = s.path('cinder-backup'), s.path('logs')
        os.symlink(scene.program(), program)
        log, old = os.path.join(folder, 'cinder-backup.log'), os.path.join(folder, 'cinder-backup.log.1')
        command = [program, '--config-file', s.conf, '--log-dir', folder, '--nouse-syslog', '--nouse-journal']
        s.service = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        found = records(s, log, 'is ready')
        assert all(isinstance(one, re.Match) for one in found), found
        assert {one['Pid'] for one in found} == {str(s.service.pid)} and not [one for one in found if one['log_level'] == 'DEBUG']
        (url,) = [one['Payload'].split()[-1] for one in found if 'listening on' in one['Payload']]
        subprocess.run(['curl', '-s', '-o', '/dev/null', url + '/v3/p1/backups'], check=True)
        (asked,) = [one for one in records(s, log, 'GET /v3/p1/backups') if 'GET' in one['Payload']]
        assert asked['request_id'] and asked['user_id'] and asked['tenant_id'] not in ('', None), asked.groupdict()

        os.rename(log, old)
        with open(s.conf, encoding='utf-8') as f:
            text = f.read()
        with open(s.conf, 'w', encoding='utf-8') as f:
            f.write(text.replace('[DEFAULT]', '[DEFAULT]\ndebug = true', 1))
        s.service.send_signal(signal.SIGHUP)
        assert any(one['log_level'] == 'DEBUG' for one in records(s, log, ' DEBUG cinderbank.'))
        with open(s.conf, 'w', encoding='utf-8') as f:
            f.write('[DEFAULT]\nbackup_max_operations = many\n')
        s.service.send_signal(signal.SIGHUP)
        records(s, log, 'options are as they were: ')
        s.service.send_signal(signal.SIGTERM)
        assert s.service.wait(scene.PATIENCE) == 0
        records(s, log, 'stopping; running jobs may finish')
    print('logs: good')


main()
