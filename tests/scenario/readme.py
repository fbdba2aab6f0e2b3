#!/usr/bin/python3
"""Every command that the README shows of our programs, in its order, in a folder of its own."""
import json
import os
import re
import shlex
import subprocess

import scene

TREE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')


def indented(text):
    """(section, line) of everything that the README sets as typed."""
    section = ''
    for line in re.sub(r'```.*?```', '', text, flags=re.S).splitlines():
        if line.startswith('#'):
            section = line.strip('# ')
        elif line.startswith('    '):
            yield section, line.strip()


def main():
    with open(os.path.join(TREE, 'README.md'), encoding='utf-8') as f:
        lines = list(indented(f.read()))
    with scene.Scene() as s:
        home = s.path('home')
        os.mkdir(home)
        for name in 'environments', 'templates', 'puppet-hiera':
            os.symlink(os.path.join(TREE, name), os.path.join(home, name))
        programs = {name: shlex.quote(scene.program(name)) for name in ('cinderbank', 'cinderbank-render')}
        scene.new_volume(os.path.join(home, 'disk.img'), 5 * scene.MIB, scene.seeded('readme'), 20)
        ran, record, yaml, options = 0, '', [], []

        def shell(command):
            done = subprocess.run(command, shell=True, cwd=home, text=True, stdin=subprocess.DEVNULL,
                                  env=dict(os.environ, HOME=home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert done.returncode == 0, '%s\n%s%s' % (command, done.stdout, done.stderr)
            return done.stdout

        for section, line in lines:
            line = line.replace('/srv/backup', s.path('srv'))
            command = line.removeprefix('$ ')
            if re.fullmatch(r'\[\w+\]', line) or options and re.match(r'\w+ = ', line):
                options.append(line)
            elif command == 'cat my.yaml':
                yaml = []
            elif section.startswith('First') and not line.startswith('$'):
                yaml.append(line)       # my.yaml as it is shown: one map of one level
                with open(os.path.join(home, 'my.yaml'), 'w') as f:
                    f.write(yaml[0] + '\n' + ''.join('  %s\n' % item for item in yaml[1:]))
            elif ' rbd:' in command:
                continue                # ceph_store.py has a cluster to run these on
            elif command.split()[0] in programs or command.startswith('mkdir'):
                if 'RECORD' in command:
                    # What export is for: the catalogue is gone, the record is not.
                    os.unlink(s.path('srv', 'cinderbank.sqlite'))
                    command = command.replace('RECORD', record)
                said = shell(programs.get(command.split()[0], 'mkdir') + ' ' + command.split(' ', 1)[1])
                if command.startswith('cinderbank export'):
                    record = json.loads(shell(programs['cinderbank'] + ' export monday --format json'))['backup_url']
                    assert record in said, said
                ran += 1
        assert ran >= 12, 'the README shows only %d commands' % ran
        # The options of another store are options, and their values ones that they take.
        assert len(options) > 5, options
        with open(os.path.join(home, 'other.conf'), 'w') as f:
            f.write('\n'.join(options + ['']))
        shell(programs['cinderbank'] + ' doctor options --config-file other.conf')
        # The restore at the end of the recipes: of what was imported.
        shell(programs['cinderbank'] + ' restore monday --to ./again.img')
        assert scene.same(os.path.join(home, 'disk.img'), os.path.join(home, 'again.img'))
    print('readme: %d commands' % ran)


main()
