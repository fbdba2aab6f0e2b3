#!/usr/bin/python3
"""pacemaker.py PROGRAM: random bundles and primitives.  Pacemaker takes the CIB, and pcs makes the same one of our commands.

CASES (1) of each form and release are drawn from SEED (1).  The ids that pcs makes up are left out of the comparison.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUNDLE = 'tripleo::profile::pacemaker::cinder::backup_bundle::'
FORMS = [('docker/services/pacemaker', 'queens', 'docker'), ('docker/services/pacemaker', 'stein', 'podman'),
         ('deployment/cinder', 'train', 'podman'), ('deployment/cinder', 'zed', 'docker'),
         ('puppet/services/pacemaker', 'queens', None)]
NAMES = ['etc', 'var', 'lib', 'cinder', 'a-b', 'a_b', 'log.d', 'Ceph', 'x', 'dev']
VALUES = ['1', 'COPY_ALWAYS', '', 'two words', "it's", '"q"', '$HOME', '`id`', 'a&b', '<x>', 'a\\b', '*', 'ü']


def environment(draw, release, engine):
    """What an operator may set of a bundle, and what the deployment says of its nodes."""
    extra = {BUNDLE + 'container_backend': engine} if engine else {}
    path = lambda: '/' + '/'.join(draw.choices(NAMES, k=draw.randint(1, 3))) + draw.choice(['', '/'])
    if draw.random() < .8:
        extra[BUNDLE + 'docker_volumes'] = [
            f'{path()}:{path()}{draw.choice(["", ":ro", ":rw", ":ro,z", ":rw:x"])}' for _ in range(draw.randint(0, 12))]
    variables = {name: draw.choice(VALUES) for name in draw.sample(['A', 'B_C', 'KOLLA_CONFIG_STRATEGY'], draw.randint(0, 3))}
    if draw.random() < .8:
        as_map = release not in ('queens', 'stein') and draw.random() < .7
        extra[BUNDLE + 'docker_environment'] = variables if as_map else [f'{k}={v}' for k, v in variables.items()]
    for key, values in (('bundle_user', ['root', 'cinder']), ('log_driver', ['journald', 'k8s-file', 'none']),
                        ('log_file', ['/var/log/x y.log']), ('tls_priorities', ['NORMAL:-VERS-ALL'])):
        if draw.random() < .3:
            extra[BUNDLE + key] = draw.choice(values)
    nodes = [f'{draw.choice(["controller", "Ctl", "n"])}-{i}' for i in range(draw.randint(1, 3))]
    chosen = draw.sample(nodes, draw.randint(1, len(nodes))) + draw.choice([[], ['elsewhere-0']])
    return extra, {'pacemaker_short_node_names': nodes, 'cinder_backup_short_node_names': chosen,
                   'cinder_backup_short_bootstrap_node_name': nodes[0]}


def tree(element):
    """An element without made-up ids and empty folders, attributes in any order, children in theirs."""
    kept = {'storage-mapping', 'bundle', 'primitive', 'rsc_location'}
    attributes = sorted((k, v) for k, v in element.attrib.items() if k != 'id' or element.tag in kept)
    return element.tag, attributes, [tree(child) for child in element if len(child) or child.attrib.keys() - {'id'}]


def by_pcs(folder, environ):
    """The CIB that pcs makes of an empty one with our nodes."""
    cib = ET.parse(os.path.join(folder, 'cib.xml'))
    for name in ('resources', 'constraints'):
        cib.find(f'configuration/{name}').clear()
    for node in cib.findall('configuration/nodes/node'):
        for child in list(node):
            node.remove(child)
    work = os.path.join(folder, 'pcs')
    os.mkdir(work)
    cib.write(os.path.join(work, 'cib.xml'))
    done = subprocess.run(['sh', '-e', '../pcs.sh'], cwd=work, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return (None, done.stdout) if done.returncode else (ET.parse(os.path.join(work, 'cib.xml')), '')


def check(program, draw, place, release, engine):
    """What is wrong with one random bundle; nothing is."""
    extra, nodes = environment(draw, release, engine)
    with tempfile.TemporaryDirectory() as folder:
        template = {'deployment/cinder': 'cinder-backup-pacemaker-puppet.yaml'}.get(place, 'cinder-backup.yaml')
        for name, content in (('settings', {'parameter_defaults': {'ExtraConfig': extra}}),
                              ('values', {'hieradata': {'all_nodes': nodes}})):
            with open(os.path.join(folder, name + '.yaml'), 'w', encoding='utf-8') as file:
                json.dump(content, file, ensure_ascii=False)
        environ = dict(os.environ, CINDERBANK_DATA_DIR=ROOT, LC_ALL='C.UTF-8')
        done = subprocess.run([program, '--release', release, '--template', f'{ROOT}/templates/{place}/{template}',
                               '-e', 'settings.yaml', '--values', 'values.yaml', '--emit', 'cib,pcs', '-o', '.'], cwd=folder,
                              env=environ, stderr=subprocess.PIPE, text=True, check=False)
        verified = subprocess.run(['crm_verify', '-x', 'cib.xml', '-V'], cwd=folder, stderr=subprocess.PIPE, text=True,
                                  check=False)
        if done.returncode or verified.returncode:
            return done.stderr + verified.stderr, extra, nodes
        if not shutil.which('pcs'):
            return '', extra, nodes
        made, said = by_pcs(folder, environ)
        if not made:
            return f'pcs: {said}', extra, nodes
        for name in ('nodes', 'resources', 'constraints'):
            ours, theirs = (tree(cib.find(f'configuration/{name}'))
                            for cib in (ET.parse(os.path.join(folder, 'cib.xml')), made))
            if ours != theirs:
                return f'{name}: ours {ours}\n    pcs {theirs}', extra, nodes
    return '', extra, nodes


def main():
    seed, cases, wrong = int(os.environ.get('SEED', '1')), int(os.environ.get('CASES', '1')), 0
    if not shutil.which('crm_verify'):
        print('skipped: Pacemaker is not installed (apt-get install pacemaker-cli-utils)')
        return 77
    if not shutil.which('pcs'):
        print('skipped: pcs is not installed (apt-get install pcs); only crm_verify judges')
    for place, release, engine in FORMS:
        draw = random.Random(f'{seed} {place} {release}')
        for _ in range(cases):
            what, extra, nodes = check(os.path.abspath(sys.argv[1]), draw, place, release, engine)
            if what:
                wrong += 1
                print(f'{place}, {release}: {what}\n    {json.dumps([extra, nodes], ensure_ascii=False)}')
    if wrong:
        print(f'{wrong} differ; SEED={seed} CASES={cases}')
    return 1 if wrong else 0


sys.exit(main())
