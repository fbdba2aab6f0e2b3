#!/usr/bin/python3
"""puppet.py PROGRAM [RELEASE...]: random ExtraConfig, rendered by PROGRAM and by real Hiera and Puppet.

CINDERBANK_PUPPET_<RELEASE> names a folder with that release's Puppet modules (tripleo, cinder, oslo, openstacklib,
keystone, stdlib, inifile, cron_core, ...).  For zed Debian's puppet-module-cinder does, beside the few lines that stand
for tripleo's profile.  CASES (12) of each release are drawn from SEED (1).  What one refuses the other has to refuse.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, 'tests', 'real')
DEBIAN = '/usr/share/puppet/modules'
RELEASES = 'queens rocky stein train ussuri victoria wallaby xena yoga zed'.split()
BACKENDS = ('swift', 'ceph', 'nfs')
FACTS = {
    'hostname': 'controller-0', 'fqdn': 'controller-0.localdomain', 'osfamily': 'RedHat', 'operatingsystem': 'CentOS',
    'operatingsystemrelease': '8', 'operatingsystemmajrelease': '8', 'os_service_default': '<SERVICE DEFAULT>',
    'os': {'family': 'RedHat', 'name': 'CentOS', 'release': {'major': '8', 'full': '8.1'}}, 'os_package_type': 'rpm',
    'processors': {'count': 4}, 'processorcount': 4, 'os_workers': 4, 'puppetversion': '7.23.0',
    'os_immutable': '<_IMMUTABLE_>'}
# What tripleo's profile of zed includes; the transport URLs, which it makes, are left out of the comparison.
PROFILE = 'include cinder, cinder::config, cinder::db, cinder::glance, cinder::nova, cinder::logging, cinder::quota, ' \
    'cinder::keystone::service_user, cinder::key_manager, cinder::key_manager::barbican, cinder::backup'
# Set by the profile, or about other files.
OTHERS = ('default_transport_url', 'notification_transport_url', 'package_ensure', 'purge_config', 'database_connection',
          'api_paste_ini', 'api_paste_ini_config', 'rootwrap_config', 'cinder_rootwrap_config', 'cinder_config',
          'cinder_api_paste_ini', 'db::database_connection')
PLAN = {'CinderPassword': 'a', 'NovaPassword': 'b', 'RabbitPassword': 'c', 'RpcPassword': 'd',
        **{f'{kind}Cinder{name}Image': 'registry.example.org/cinder:1' for kind in ('Docker', 'Container')
           for name in ('Backup', 'Config')}}
TEXTS = [
    'plain', 'two words', '  padded  ', 'true', 'False', 'tRUE', 'YES', 'no', '0', '1', '', ' ', '<SERVICE DEFAULT>',
    "it's", '"quoted"', 'a=b', 'a#b', ';c', 'ü', '日本', '\U0001f600', '%s', '100%', '%(x)s', 'None', 'undef', 'nil', '~',
    '$x', '${y}', '\\n', 'a\\b', 'a,b', '[x]', '{y}', '%{hostname}-x', '%{::hostname}', '%{ hostname }', '%{facts.hostname}',
    '%{nosuch}', '%{}', '%{hostname', 'a%%b', "%{literal('%')}{x}", "%{scope('hostname')}", '%{os.family}',
    "%{hiera('cinder::rabbit_heartbeat_timeout_threshold')}", "%{lookup('cinder::glance::glance_api_servers')}",
    "pre%{hiera('nosuchkey')}post", '%{hiera("real::text")}', "%{hiera('real::list')}", "%{alias('real::list')}",
    "%{alias('real::number')}", "%{alias('real::nosuch')}", "%{hiera('real::chain')}", "%{hiera('real::map')}",
    "%{hostname}%{hiera('real::text')}", "%{hiera('real::null')}x", "%{hiera('real::float')}", "%{lookup('real::map.k')}",
    "%{hiera('real::true')}"]
SCALARS = TEXTS + [True, False, 0, 1, -1, 42, 2.0, 1.5, -0.25, 10 ** 12, 10 ** 20, 1e20, 1e-7, 123456789.125, None]
LISTS = [['a', 'b'], [], ['one'], [1, True], ['', 'x'], ['  a ', 'b'], ['<SERVICE DEFAULT>'], ['<SERVICE DEFAULT>', 'a'],
         ['true', False], [1.5], ['%{hostname}', "%{hiera('real::text')}"], ["%{alias('real::list')}"]]
WEIRD = [{}, {'a': 1}, {'a': {'b': 'c'}}, {'a': [1, 'x', None, True, 2.0]}, [['a', 'b'], 'c'], [[]], [[1, ['x']]], [{'a': 1}],
         [{}, 'x'], {'a': 'q"\\#{x}'}, {'ü': 'ü\n'}, 'a\tb', '\tlead', 'line1\nline2', 'one\n', '\nlead\n', ['a\nb'],
         ['a', 'b\tc'], [None, 'x'], [None], ['x', None], 'a\r\nb', 'a\u00a0b', "%{alias('real::map')}",
         "x%{alias('real::list')}", 'a\x0bb', 'a\tb\nok', 'one\ntwo=2', ['x', 'a\tb\nok']]
LOWEST = {'step': 6, 'cinder_api_short_bootstrap_node_name': 'controller-0', 'bootstrap_nodeid': 'controller-0'}
FOUND = {
    'cinder::db::database_connection': 'sqlite:////x',  # zed's templates set no older key
    'real::text': 'found', 'real::list': ['p', 'q'], 'real::number': 7, 'real::null': None, 'real::float': 1.50,
    'real::map': {'k': 'v', 'l': [1, 'x']}, 'real::chain': "<%{hiera('real::text')}>", 'real::true': True}
TITLES = ['DEFAULT/foo', 'DEFAULT/num_volume_device_scan_tries', 'a/b/c', 'my sect/foo', 'DEFAULT/Foo', 'x/y', 'ü/ö',
          'keystone_authtoken/x', 'DEFAULT/backup_native_threads_pool_size', '%{hostname}/x', 'DEFAULT/blank ', 'DEFAULT/a b']
BAD_TITLES = ['foo', 'DEFAULT', '/x', 'x/', 'DEFAULT/ x', ' DEFAULT/x', 'DEFAULT/debug', 'DEFAULT/transport_url', '']
BAD_ENTRIES = [{'vlaue': 1}, 'scalar', 5, ['a'], True, {'value': 1, 'ensure': 'purged'}, {'ensure': 'present'},
               {'ensure': True, 'value': 1}, {'value': 1, 'require': 'x'}, {'value': 1, 'tag': 'x'}, {'foo': {'value': 1}},
               {'value': 1, 'secret': 'maybe'}, {'value': 'x', 'ensure_absent_val': 'x'}, {'value': 1, 'noop': True}, {'value': 1, 'before': 'Class[cinder]'}, {'value': 1, 'loglevel': 'info'}, [], '']


class Draw(random.Random):
    """Random ExtraConfig: calm ones that mostly work, wild ones with one thing in them that may be refused."""

    def entry(self):
        kind = self.random()
        if kind < .6:
            return {'value': self.choice(SCALARS + LISTS)}
        if kind < .75:
            return {'ensure': self.choice(['absent', 'present']), 'value': self.choice(TEXTS)}
        if kind < .8:
            return {'ensure': 'absent'}
        if kind < .9:
            return {'value': self.choice(TEXTS), 'secret': self.choice([True, False, 'true'])}
        return self.choice([None, {}, {'value': None}])

    def extra(self, keys, wild):
        extra = {key: self.choice(SCALARS + LISTS) for key in self.sample(keys, self.randint(2, 12))}
        entries = {self.choice(TITLES): self.entry() for _ in range(self.randint(0, 5))}
        if wild < .25:
            extra[self.choice(keys)] = self.choice(WEIRD)
        elif wild < .4:
            entries[self.choice(TITLES)] = {'value': self.choice(WEIRD)}
        elif wild < .5:
            entries[self.choice(BAD_TITLES)] = self.entry()
        elif wild < .6:
            entries[self.choice(TITLES)] = self.choice(BAD_ENTRIES)
        elif wild < .63:
            entries = self.choice(['', [], 'x', None, 5, True, ["a"]])
        if entries != {}:
            extra['cinder::config::cinder_config'] = entries
        return extra


class Puppet:
    """One release's, in a process of its own."""

    def __init__(self, release, folder):
        self.work = os.path.join(folder, 'puppet')
        os.mkdir(self.work)
        modules = os.environ.get(f'CINDERBANK_PUPPET_{release.upper()}', '')
        self.real = os.path.isdir(modules)
        self.process = subprocess.Popen(
            ['ruby', os.path.join(HERE, 'puppet.rb'), self.work, *([modules] if self.real else []), DEBIAN],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        data = subprocess.run(['sed', '/^hierarchy/,$!d', os.path.join(ROOT, 'puppet-hiera', 'hiera.yaml')], text=True,
                              stdout=subprocess.PIPE, check=True).stdout
        levels, self.hierarchy = [], None
        for line in data.splitlines()[1:]:
            word = line.strip()
            if word.endswith(':'):
                levels = [] if RELEASES.index(word[:-1]) <= RELEASES.index(release) else None
                self.hierarchy = self.hierarchy if levels is None else levels
            elif levels is not None:
                levels.append(word[2:].strip('"').replace('%{role}', 'controller').replace('%{osfamily}', 'RedHat'))

    def ask(self, backend, hieradata):
        with open(os.path.join(hieradata, 'lowest.json'), 'w', encoding='utf-8') as file:
            json.dump(LOWEST, file)
        code = f'{PROFILE}, cinder::backup::{backend}'
        if self.real:
            code = f'include tripleo::profile::base::cinder::backup::{backend}'
        self.process.stdin.write(json.dumps({'hieradata': hieradata, 'hierarchy': self.hierarchy + ['lowest'],
                                             'code': code, 'facts': FACTS}) + '\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else {'error': 'Puppet died'}

    def lines(self, conf):
        """Each option with its section, but for what only the profile makes, and lines that are no option."""
        section, found = None, []
        for line in conf.split('\n'):
            if line.startswith('['):
                section = line
            elif '=' in line and (self.real or not line.startswith(('transport_url', 'control_exchange'))):
                name, _, value = line.partition('=')
                found.append((section, name.strip(), value.strip(' ')))
        return sorted(found)


class Ours:
    def __init__(self, program, release, folder):
        self.program, self.release, self.folder = os.path.abspath(program), release, folder
        self.out = os.path.join(folder, 'out')
        self.tree = os.environ.get(f'CINDERBANK_THT_{release.upper()}')

    def run(self, backend, levels):
        """What was said; OUT has the files, if nothing was wrong."""
        for name, content in (('values', {'facts': FACTS}), ('settings', {'parameter_defaults': {
                'CinderBackupBackend': backend, 'CinderBackupNfsShare': '192.0.2.1:/b', **PLAN, **levels}})):
            with open(os.path.join(self.folder, name + '.yaml'), 'w', encoding='utf-8') as file:
                json.dump(content, file, ensure_ascii=False)
        words = ['-e', os.path.join(ROOT, 'environments', f'cinder-backup-{backend}.yaml')]
        if self.tree:
            words = ['--templates', self.tree, '-e', os.path.join(self.tree, 'environments', 'cinder-backup.yaml')]
        shutil.rmtree(self.out, ignore_errors=True)
        return subprocess.run([self.program, '--release', self.release, *words, '-e', 'settings.yaml', '--values',
                               'values.yaml', '-o', self.out], cwd=self.folder, text=True, stdout=subprocess.DEVNULL,
                              env=dict(os.environ, CINDERBANK_DATA_DIR=ROOT), stderr=subprocess.PIPE, check=False).stderr

    def render(self, backend, extra, role):
        """cinder.conf or None, what was said, and the folder with the hieradata, which is there either way."""
        hieradata, conf = os.path.join(self.out, 'hieradata'), None
        said = self.run(backend, {'ExtraConfig': extra, 'ControllerExtraConfig': role})
        if os.path.exists(os.path.join(self.out, 'cinder.conf')):
            with open(os.path.join(self.out, 'cinder.conf'), encoding='utf-8', newline='') as file:
                conf = file.read()
        else:
            self.run(backend, {})
            for name, level in (('extraconfig', extra), ('controller_extraconfig', role)):
                with open(os.path.join(hieradata, name + '.json'), 'w', encoding='utf-8') as file:
                    json.dump(level, file)
        return conf, said, hieradata


def check(release, program, draw, cases):
    """Compare some cases; prints each that differs and returns how many did."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        puppet, ours = Puppet(release, folder), Ours(program, release, folder)
        keys = {}
        for backend in BACKENDS:
            answer = puppet.ask(backend, ours.render(backend, {}, {})[2])
            if 'error' in answer:
                print(f'{release}, {backend}: {answer["error"]}')
                return 1
            keys[backend] = sorted(key for key in answer['keys'] if 'cron' not in key and not key.endswith(OTHERS))
        for number in range(cases):
            backend, wild = draw.choice(BACKENDS), draw.random()
            extra = {**FOUND, **draw.extra(keys[backend], wild)}
            role = draw.extra(keys[backend], 1) if draw.random() < .3 else {}
            conf, said, hieradata = ours.render(backend, extra, role)
            answer = puppet.ask(backend, hieradata)
            real = answer.get('conf')
            if conf is None and real is None:
                continue
            if conf is None or real is None:
                what = f'refused by Puppet: {answer["error"]}' if real is None else f'refused by us: {said}'
            else:
                a, b = puppet.lines(conf), puppet.lines(real)
                if a == b:
                    continue
                what = f'ours {[x for x in a if x not in b]}, real {[x for x in b if x not in a]}'
            wrong += 1
            shown = {key: value for key, value in extra.items() if key not in FOUND}
            print(f'{release} {number}, {backend}: {what}\n    {json.dumps([shown, role], ensure_ascii=False)}', flush=True)
        puppet.process.stdin.close()
        puppet.process.wait()
    return wrong


def main():
    seed, cases = int(os.environ.get('SEED', '1')), int(os.environ.get('CASES', '12'))
    ran = wrong = 0
    if not shutil.which('ruby') or not shutil.which('puppet'):
        print('skipped: Puppet is not installed (apt-get install puppet puppet-module-cinder)')
        return 77
    for release in sys.argv[2:] or RELEASES:
        name = f'CINDERBANK_PUPPET_{release.upper()}'
        if not os.path.isdir(os.environ.get(name, '')) and \
                not (release == 'zed' and os.path.isdir(os.path.join(DEBIAN, 'cinder'))):
            print(f'skipped: no Puppet modules of {release}: {name} names none')
            continue
        ran += 1
        wrong += check(release, sys.argv[1], Draw(f'{seed} {release}'), cases)
    if wrong:
        print(f'{wrong} differ; SEED={seed} CASES={cases}')
    return 1 if wrong else 0 if ran else 77


sys.exit(main())
