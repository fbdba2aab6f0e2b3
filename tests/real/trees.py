#!/usr/bin/python3
"""trees.py PROGRAM: every service template of director's trees, with random parameters, by PROGRAM and by Heat's own engine.

CINDERBANK_THT_<RELEASE> names a tree of openstack/tripleo-heat-templates whose Jinja2 files are rendered
(tools/process-templates.py does), for overcloud-resource-registry-puppet.yaml.  TEMPLATES (cinder) is a pattern of
those to take, "." for all; what is random is drawn from SEED (1), and is nothing but defaults with 0.
"""
import copy
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile

try:
    import yaml
    import engine
except ImportError as error:
    print(f'skipped: Heat is not installed (apt-get install python3-heat python3-heatclient): {error}')
    sys.exit(77)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RELEASES = 'queens rocky stein train ussuri victoria wallaby zed'.split()
PROPERTIES = ('ServiceData', 'ServiceNetMap', 'EndpointMap', 'DefaultPasswords', 'RoleName', 'RoleParameters')
NETWORKS = ('ctlplane', 'internal_api', 'storage', 'storage_mgmt', 'external', 'tenant', 'management')
CEPH_KEY = 'A' * 38 + '=='
TEXTS = ['x', '', 'a,b', 'True', '12', "it's", 'ü/é', '%d', 'a:b:c', '"q"', '{}', 'a b', 'http://[::1]:80/p?q', '1.0', ' lead', 5,
         1.50, True]
TRICKY = {'string': TEXTS, 'boolean': [True, False, 'yes', 'off', 0, 1], 'number': [0, 7, 65535, '12', 1.5, -3, '1_0', 1e3],
          'comma_delimited_list': [[], '', 'a', 'a,b', ['x', 1, True], 'a, b', ['a:b', None]],
          'json': [{}, {'a': 1}, {'a': {'b': [1, None]}, 'z': 'q'}]}
PLAIN = {'number': 7, 'boolean': False, 'json': {}, 'comma_delimited_list': 'a,b'}


def load(path):
    """A document, or nothing where there is none."""
    try:
        with open(path, encoding='utf-8') as file:
            return yaml.load(file, getattr(yaml, 'CSafeLoader', yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None


def rules(schema):
    return {name: rule for one in schema.get('constraints') or [] for name, rule in one.items() if name != 'description'}


def choose(name, schemas, draw, seed):
    """A value that all templates with that parameter take, or None for its default."""
    if name == 'NodeDataLookup' or name.endswith('OptVolumes'):
        return None  # read by more than Heat
    schema, limits = schemas[0], rules(schemas[0])
    kind = schema.get('type')
    if any('{38}==' in str(rules(one).get('allowed_pattern')) for one in schemas):
        return CEPH_KEY
    if any((rules(one).get('length') or {}).get('max') == 32 for one in schemas):
        return 'x' * 32
    if seed and draw.random() < .35 and len({str(one.get('type')) for one in schemas}) == 1:
        if 'allowed_values' in limits:
            return draw.choice(limits['allowed_values'])
        if not limits:
            return draw.choice(TRICKY[kind])
    if all('default' in one for one in schemas):
        return None
    if 'allowed_values' in limits:
        return limits['allowed_values'][0]
    image = f'registry.example.org:5000/ns/{name.lower()}:tag1' if name.endswith('Image') else f'v-{name}'
    return PLAIN.get(kind, image)


def endpoint(name, field):
    number = len(name)
    host = f'fd00::{number}' if number % 3 == 0 else f'192.0.2.{number}'
    return {'protocol': 'https' if name.endswith('Public') else 'http', 'port': str(8000 + number), 'host': host,
            'uri': f'http://{name.lower()}.example.org:80/v3', 'host_nobrackets': f'fd00::{number}'}.get(field, 'x')


def survey(tree):
    """Schemas of all parameters, endpoints and networks that the tree's templates ask for."""
    schemas, endpoints, networks = {}, {}, set()
    for path in sorted(glob.glob(tree + '/**/*.yaml', recursive=True)):
        if re.search(r'/environments/|/releasenotes/|\.j2\.', path):
            continue
        with open(path, encoding='utf-8') as file:
            text = file.read()
        for name, field in re.findall(r'\[\s*EndpointMap,\s*(\w+),\s*(\w+)', text):
            endpoints.setdefault(name, {})[field] = endpoint(name, field)
        networks.update(re.findall(r'ServiceNetMap,\s*(\w+)', text))
        document = load(path) if 'heat_template_version' in text else None
        for name, schema in ((document or {}).get('parameters') or {}).items():
            schemas.setdefault(name, []).append(schema)
    return schemas, endpoints, networks


def first_difference(a, b, path=''):
    """Where two results differ, as text; '' nowhere.  5 is 5.0, but not true."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in {**a, **b}:
            if key not in a or key not in b:
                return f'{path}/{key}: in one only'
            if found := first_difference(a[key], b[key], f'{path}/{key}'):
                return found
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (one, other) in enumerate(zip(a, b)):
            if found := first_difference(one, other, f'{path}/{index}'):
                return found
    elif a != b or isinstance(a, bool) != isinstance(b, bool):
        return f'{path}: ours {a!r}, Heat {b!r}'
    return ''


def check(program, tree, pattern, seed, folder):
    """How many templates were compared, and how many differ."""
    draw = random.Random(seed)
    schemas, endpoints, networks = survey(tree)
    values = {'ServiceData': {'net_cidr_map': {name: ['192.0.2.0/24', 'fd00::/64'] for name in NETWORKS},
                              'net_ip_version_map': dict.fromkeys(NETWORKS, 4)},
              'ServiceNetMap': dict.fromkeys(sorted(networks), 'internal_api'), 'EndpointMap': endpoints, 'RoleName': 'Controller',
              'DefaultPasswords': {'mysql_root_password': 'm', 'rabbit_cookie': 'c', 'horizon_secret': 'h', 'ovn_db': 'x'}}
    defaults = {name: value for name in sorted(set(schemas) - set(PROPERTIES))
                if (value := choose(name, schemas[name], draw, seed)) is not None}
    defaults['CinderBackupBackend'] = draw.choice(['swift', 'ceph', 'nfs'])
    values['RoleParameters'] = {name: defaults[name] for name in defaults if seed and draw.random() < .1}
    paths = {name: os.path.join(folder, name + '.yaml') for name in ('settings', 'values', 'outer')}
    for name, content in (('settings', {'parameter_defaults': defaults}), ('values', values)):
        with open(paths[name], 'w', encoding='utf-8') as file:
            yaml.safe_dump(content, file, allow_unicode=True)
    registry = os.path.join(tree, 'overcloud-resource-registry-puppet.yaml')
    files, env = engine.environments([registry, paths['settings']])
    count = wrong = 0
    for place in ('deployment', 'docker/services', 'puppet/services'):
        for path in sorted(glob.glob(os.path.join(tree, place, '**/*.yaml'), recursive=True)):
            document = load(path) if '.j2.' not in path and re.search(pattern, path) else None
            if not isinstance(document, dict) or 'role_data' not in (document.get('outputs') or {}):
                continue
            count += 1
            handed = {name: values[name] for name in PROPERTIES if name in (document.get('parameters') or {})}
            with open(paths['outer'], 'w', encoding='utf-8') as file:
                yaml.safe_dump({'heat_template_version': 'rocky', 'outputs': {'role_data': {'value': {'get_attr': [
                    'service', 'role_data']}}}, 'resources': {'service': {'type': path, 'properties': handed}}}, file)
            try:
                wanted, why = engine.evaluate(paths['outer'], copy.deepcopy(env), files)['role_data'], ''
            except Exception as error:  # any of Heat's, YAQL's and Python's: it refuses the template
                wanted, why = None, f'{type(error).__name__}: {error}'
            done = subprocess.run([program, '--templates', tree, '--template', path, '-e', registry, '-e', paths['settings'],
                                   '--values', paths['values'], '--emit', 'role-data'], check=False, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env=dict(os.environ, CINDERBANK_DATA_DIR=ROOT))
            made = json.loads(done.stdout) if done.returncode == 0 else None
            if what := first_difference(made, wanted) if made and wanted else made != wanted:
                wrong += 1
                print(f'{path}: {what}\n    ours {done.stderr.decode(errors="replace")[:400]}\n    Heat {why[:400]}')
    return count, wrong


def main():
    seed, pattern = int(os.environ.get('SEED', '1')), os.environ.get('TEMPLATES', 'cinder')
    compared = failed = 0
    for release in RELEASES:
        name = f'CINDERBANK_THT_{release.upper()}'
        tree = os.environ.get(name, '')
        if not os.path.exists(os.path.join(tree, 'overcloud-resource-registry-puppet.yaml')):
            print(f'skipped: no rendered tree of {release}: {name} names none')
            continue
        with tempfile.TemporaryDirectory() as folder:
            count, wrong = check(os.path.abspath(sys.argv[1]), os.path.abspath(tree), pattern, seed, folder)
        print(f'{release}: {count} templates, {wrong} differ')
        compared, failed = compared + count, failed + wrong
    if failed:
        print(f'{failed} differ; SEED={seed} TEMPLATES={pattern}')
    return 1 if failed else 0 if compared else 77


sys.exit(main())
