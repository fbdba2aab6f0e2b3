#!/usr/bin/python3
"""guide.py none|keystone: every command that the README shows of the guide's third chapter, with the unmodified clients.

`none`: whoever comes may do everything.  `keystone`: on a real Keystone, which tests/servers/keystone brings up; a member of
the project gives the commands, and an administrator those that the member is refused.
"""
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

import scene
from tokens import issue

TREE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
PROJECT = '0c2eba2c5af04d3f9e9d0d410b371fde'
# What only an administrator may do.
ADMINS = re.compile(r'backup-export|backup-import|backup-delete --force|--state|quota-update|service-list|service-disable|'
                    r'service-enable|--os-tenant-name')


def commands():
    with open(os.path.join(TREE, 'README.md'), encoding='utf-8') as f:
        text = re.search(r"\*\*The guide's third chapter\.\*\*(.*?)\n## ", f.read(), re.S)[1]
    found = [line.strip() for line in text.splitlines() if line.startswith('    ')]
    assert len(found) > 15, found
    return found


class Clients:
    """Runs commands as they are typed, for one who may come without, or with a name and a project."""

    def __init__(self, address):
        self.address = address
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(('OS_', 'CINDER'))}

    def words(self, line, who):
        words = shlex.split(line)
        endpoint = 'http://%s/v3' % self.address
        if who:
            return words, {'OS_AUTH_URL': os.environ['KEYSTONE_URL'] + '/v3', 'OS_USERNAME': who[0], 'OS_PASSWORD': who[0],
                           'OS_PROJECT_NAME': who[1], 'OS_USER_DOMAIN_NAME': 'Default', 'OS_PROJECT_DOMAIN_NAME': 'Default',
                           'OS_REGION_NAME': 'RegionOne', 'OS_IDENTITY_API_VERSION': '3'}
        modes = {'cinder': ['--os-auth-type', 'noauth', '--os-user-id', 'me', '--os-project-id', PROJECT, '--os-endpoint', endpoint],
                 'openstack': ['--os-auth-type', 'none', '--os-endpoint', endpoint + '/' + PROJECT]}
        return words[:1] + modes[words[0]] + words[1:], {}

    def run(self, line, who=None):
        words, env = self.words(line, who)
        done = subprocess.run(words, env={**self.env, **env, 'OS_VOLUME_API_VERSION': '3'}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout


def rows(table):
    return [[cell.strip() for cell in line.strip('|').split('|')] for line in table.splitlines() if line.startswith('|')][1:]


class Guide:
    """The commands in their order, and what the capital words in them stand for."""

    def __init__(self, stage, clients, member, admin):
        self.stage, self.clients, self.member, self.admin = stage, clients, member, admin
        self.known = {'TENANT': 'demo' if member else PROJECT, 'HOST': 'scene',
                      'TENANT_ID': issue('demo', 'demo')[1] if member else PROJECT}

    def settle(self):
        self.stage.wait_until(lambda: all(row['status'] in ('available', 'error') for row in self.stage.backups().values()) and
                              not self.stage.volumes_at_work(), 'something is always at work')

    def fill_in(self, line):
        for word, value in self.known.items():
            line = re.sub(r'\b%s\b' % word, value, line)
        missing = re.findall(r'\b[A-Z]{2,}(?:_[A-Z]+)*\b', line)
        assert not missing, '%s: what is %s?' % (line, missing)
        return line

    def note(self, line, said):
        """Ids that a command prints, for those behind it that need one."""
        cells = {row[0]: row[1] for row in rows(said) if len(row) == 2}
        name = re.search(r'(?:backup-create|create|snapshot-create) .*--name (\w+)', line)
        if name and 'id' in cells:
            self.known[name[1].upper() + '_ID'] = cells['id']
        if 'backup-export' in line:
            # The clients break what is long over several lines.
            self.known['RECORD'] = re.sub(r'[|\s]|backup_url', '', said[said.index('backup_url'):].split('+--')[0])
        if line.startswith('cinder list'):
            for row in rows(said):
                self.known.setdefault('VOLUME_ID' if 'disk' in row[2] else 'OTHER_ID', row[0])

    def give(self, line):
        line = self.fill_in(line)
        if self.member and ADMINS.search(line) and '--os-tenant-name' not in line:
            status, said = self.clients.run(line, self.member)
            assert status != 0 and "Policy doesn't allow" in said, (line, said)
        who = self.admin if ADMINS.search(line) else self.member
        if '--os-tenant-name' in line and who:
            who = (who[0], 'admin')     # whose own project is another one
        status, said = self.clients.run(line, who)
        assert status == 0, '%s (as %s)\n%s\n%s' % (line, who, said, open(self.stage.path('log')).read()[-3000:])
        self.note(line, said)
        self.settle()
        return said

    def lose_catalogue(self):
        """What the guide's import is for."""
        import sqlite3
        with sqlite3.connect(self.stage.catalogue) as db:
            db.execute('delete from backups where id = ?', (self.known['FULL_ID'],))
        db.close()


def play(stage, guide, disk):
    for line in commands():
        if '--os-tenant-name' in line and not guide.member:
            continue                    # without an identity service there is nobody to be another tenant
        if 'backup-import' in line:
            guide.lose_catalogue()
        guide.give(line)
    assert scene.same(disk, stage.volume_file('restored'))


def with_none(stage):
    stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes}, {})
    disk = scene.new_volume(stage.path('volumes', 'disk.img'), 20 * scene.MIB, scene.seeded('guide'), 20)
    child, address = stage.serve()
    play(stage, Guide(stage, Clients(address), None, None), disk)
    child.terminate()
    assert child.wait(scene.PATIENCE) == 0


def ask(address, token, path):
    """Status and body of a GET."""
    request = urllib.request.Request('http://%s/v3/%s' % (address, path), headers={'X-Auth-Token': token})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def others(stage, guide):
    """The same user in another project, and one without a role that may, see nothing of it; a reader may look."""
    clients = guide.clients
    kept = guide.known['FULL_ID']
    assert stage.backups()[kept]['project_id'] == issue('demo', 'demo')[1]
    assert kept in clients.run('cinder backup-list', ('reader', 'demo'))[1]
    for line in 'cinder backup-list', 'cinder backup-list --all-tenants', 'openstack volume backup list --all-projects':
        status, said = clients.run(line, ('demo', 'other'))
        assert status == 0 and kept not in said and 'full' not in said, (line, said)
    for line in ('cinder backup-show full', 'cinder backup-show ' + kept, 'cinder backup-delete full', 'cinder backup-restore ' + kept,
                 'openstack volume backup show ' + kept):
        status, said = clients.run(line, ('demo', 'other'))
        assert status != 0 and re.search('No (volume)?backup with|could not be found|No such|not found', said), (line, said)
    theirs = guide.known['THEIRS_ID']
    assert stage.backups()[theirs]['project_id'] == stage.backups()[kept]['project_id']
    assert theirs in clients.run('cinder backup-list', guide.member)[1]


def identity_away(address):
    """Keystone dies: who is known works on, who is not hears 503; it comes back, and so does everything."""
    server = [os.environ['KEYSTONE_SERVER'], None, os.environ['KEYSTONE_FOLDER']]
    known, project = issue('demo', 'demo')
    new, _ = issue('demo', 'demo')
    path = project + '/backups'
    assert ask(address, known, path)[0] == 200
    subprocess.run(server[:1] + ['kill'] + server[2:], check=True)
    try:
        assert ask(address, known, path)[0] == 200
        status, body = ask(address, new, path)
        assert status == 503 and 'Keystone' in body['message'], (status, body)
    finally:
        subprocess.run(server[:1] + ['start'] + server[2:], check=True)
    assert ask(address, new, path)[0] == 200
    assert ask(address, 'gAAAAABnonsense', path)[0] == 401
    # Projects do not mix: the token's must be the path's.
    assert ask(address, issue('demo', 'other')[0], path)[0] == 400


def with_keystone(stage):
    if not os.environ.get('KEYSTONE_URL'):
        scene.skip('no KEYSTONE_URL; tests/check keystone starts a server')
    address = os.environ['KEYSTONE_VOLUME']     # where Keystone's catalogue has it
    stage.configure({'listen': address, 'volumes_dir': stage.volumes, 'auth': 'keystone'}, {}, keystone_authtoken={
        'auth_url': os.environ['KEYSTONE_URL'], 'www_authenticate_uri': os.environ['KEYSTONE_URL'], 'auth_type': 'password',
        'username': 'cinder', 'password': 'cinder', 'project_name': 'service', 'user_domain_name': 'Default',
        'project_domain_id': 'default'})
    child, _ = stage.serve()
    disk = stage.lay_volume('disk.img', 20 * scene.MIB, '5f75430a-abff-4cc7-b74e-f808234fa6c5', issue('demo', 'demo')[1],
                            rng=scene.seeded('guide'), writes=20)
    guide = Guide(stage, Clients(address), ('demo', 'demo'), ('admin', 'demo'))
    play(stage, guide, disk)
    others(stage, guide)
    identity_away(address)
    child.terminate()
    assert child.wait(scene.PATIENCE) == 0


def main():
    for program in 'cinder', 'openstack':
        if not shutil.which(program):
            scene.skip('no client %s' % program)
    with scene.Scene() as stage:
        {'none': with_none, 'keystone': with_keystone}[sys.argv[1]](stage)
    print('guide: %d commands' % len(commands()))


if __name__ == '__main__':
    main()
