#!/usr/bin/python3
"""render.py PROGRAM TREE: cinderbank-render beside Heat and Puppet, in one run, on director's own templates.

TREE is an unpacked openstack/tripleo-heat-templates, of queens or later.  Needs Debian's python3-heat, and for the last row
puppet-agent and puppet-module-cinder.  Heat's library evaluates the same template with the same environment, without
a server; what comes out has to be equal.  Puppet compiles the classes that cinder.conf comes from, and writes nothing.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROUNDS = 20
TEMPLATES = ('docker/services/pacemaker/cinder-backup.yaml', 'deployment/cinder/cinder-backup-pacemaker-puppet.yaml')
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ENVIRONMENTS = [ROOT + '/environments/cinder-backup-nfs.yaml', ROOT + '/tests/golden/shared/base.yaml']
MANIFEST = '''
include cinder
class { 'cinder::backup::nfs': backup_share => 'h:/x' }
include cinder::db, cinder::logging, cinder::glance, cinder::config, cinder::backup
class { 'cinder::nova': password => 'x' }
'''
PROPERTIES = ('ServiceData', 'ServiceNetMap', 'EndpointMap', 'DefaultPasswords', 'RoleName', 'RoleParameters')


def template_in(tree):
    """The backup service under Pacemaker: up to rocky, and later."""
    return next(path for path in (os.path.join(tree, name) for name in TEMPLATES) if os.path.exists(path))


class Known:
    """What a nested stack came to, where Heat looks for what a resource is."""
    action, status = 'CREATE', 'COMPLETE'

    def __init__(self, outputs):
        self.outputs = outputs

    def attribute(self, key):
        """get_attr of a name, or of a name and a path."""
        value = self.outputs
        for part in (key,) if isinstance(key, str) else key:
            value = value.get(part) if isinstance(value, dict) else None
        return value


def heat(tree):
    """Role data by Heat's library, with the seconds that the evaluation took.  Runs in a process of its own."""
    import logging
    import warnings
    warnings.simplefilter('ignore')
    logging.disable(logging.CRITICAL)
    import yaml
    from heat.common import context
    from heat.db.sqlalchemy import api, models
    from heat.engine import environment, resources, stack, stk_defn, template
    from heat.engine.resources.template_resource import TemplateResource
    from heatclient.common import template_utils
    from oslo_config import cfg

    cfg.CONF([], project='heat')
    cfg.CONF.set_override('connection', 'sqlite://', group='database')
    models.BASE.metadata.create_all(api.get_engine())
    resources.initialise()

    def outputs(one):
        for each in one.values():
            if isinstance(each, TemplateResource):
                inner = environment.get_child_environment(
                    one.env, each.child_params(), item_to_remove=each.resource_info, child_resource_name=each.name)
                nested = template.Template(each.child_template(), env=inner, files=one.t.files)
                child = stack.Stack(one.context, f'{one.name}-{each.name}', nested, nested_depth=1)
                stk_defn.update_resource_data(one.defn, each.name, Known(outputs(child)))
        return {name: output.get_value() for name, output in one.outputs.items()}

    began = time.perf_counter()
    files, top = template_utils.get_template_contents(template_in(tree))
    more, env = template_utils.process_multiple_environments_and_files(ENVIRONMENTS)
    files.update(more)
    files = {name: text.decode() if isinstance(text, bytes) else text for name, text in files.items()}
    with open(ROOT + '/environments/values/default.yaml', encoding='utf-8') as file:
        values = yaml.safe_load(file)
    env['parameter_defaults'] = {**values['parameter_defaults'], **env['parameter_defaults'],
                                 **{name: values[name] for name in PROPERTIES}}
    of = template.Template(top, env=environment.Environment(env), files=files)
    made = stack.Stack(context.RequestContext(project_id='t', user_id='u', is_admin=False), 'x', of, stack_id='1')
    made.validate()
    result = outputs(made)['role_data']
    seconds = time.perf_counter() - began
    json.dump({'seconds': seconds, 'role_data': result}, sys.stdout)


def measure(words, rounds=1, **how):
    """Least wall and CPU milliseconds of some runs, the most MiB, and what the last one wrote."""
    wall, cpu, most = [], [], 0
    for _ in range(rounds):
        with tempfile.TemporaryFile() as out:
            began = time.perf_counter()
            child = subprocess.Popen(words, stdout=out, stderr=subprocess.DEVNULL, **how)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = status
            wall.append((time.perf_counter() - began) * 1000)
            cpu.append((used.ru_utime + used.ru_stime) * 1000)
            most = max(most, used.ru_maxrss / 1024)
            out.seek(0)
            said = out.read()
    return min(wall), min(cpu), most, said


def compare(program, tree, row):
    """Tell row(who, what, figures) of each; what could not run is returned, a line each."""
    left_out = []
    inputs = ['--template', template_in(tree)]
    for path in ENVIRONMENTS:
        inputs += ['-e', path]
    ours = dict(env=dict(os.environ, CINDERBANK_DATA_DIR=ROOT))
    with tempfile.TemporaryDirectory() as folder:
        row('cinderbank-render', 'everything, into files',
            measure([program, '-o', folder] + inputs, ROUNDS, **ours))
    row('cinderbank-render validate', 'all checks', measure([program, 'validate'] + inputs, ROUNDS, **ours))
    *_, said = measure([program, '--emit', 'role-data'] + inputs, **ours)
    clean = {key: value for key, value in os.environ.items() if not key.startswith('PYTHON')}
    figures = measure(['/usr/bin/python3', os.path.abspath(__file__), '--heat', tree], env=clean)
    if figures[3]:
        theirs = json.loads(figures[3])
        row('heat', 'role data, with the start of Python', figures)
        row('heat, the evaluation alone', 'role data', (theirs['seconds'] * 1000,))
        if theirs['role_data'] != json.loads(said):
            sys.exit('role data differs from Heat')
    else:
        left_out.append('heat: python3-heat is not installed, or failed')
    if not shutil.which('puppet'):
        return left_out + ['puppet is not installed']
    with tempfile.NamedTemporaryFile('w', suffix='.pp') as manifest:
        manifest.write(MANIFEST)
        manifest.flush()
        figures = measure(['puppet', 'apply', '--noop', '--tags', 'nothing', '--modulepath',
                           '/usr/share/puppet/modules.available:/usr/share/puppet/modules', manifest.name])
        if b'Compiled catalog' not in figures[3]:
            return left_out + ['puppet: puppet-module-cinder is not installed, or failed']
        row('puppet', "puppet-cinder's classes to a catalog, nothing applied", figures)
    return left_out


def rows(bench):
    """Called by tests/bench."""
    from peers import Skip
    tree = os.environ.get('CINDERBANK_THT_QUEENS')
    if not tree:
        raise Skip('CINDERBANK_THT_QUEENS is not set to a tree of openstack/tripleo-heat-templates')

    def row(who, what, figures):
        parts = dict(zip(('wall', 'cpu', 'rss'), figures))
        scale = {'wall': 0.001, 'cpu': 0.001, 'rss': 1 << 20}
        bench.note('render', 'NFS example', who, {part: value * scale[part] for part, value in parts.items()}, beside='heat')
    for reason in compare(bench.build('cinderbank-render'), tree, row):
        bench.say('skipped: render: ' + reason)


def main(program, tree):
    """The table alone."""
    def row(who, what, figures):
        print(f'| `{who}` | {what} |', *(f'{figure:.0f} |' for figure in figures[:3]))
    print('| who | does | wall ms | CPU ms | RSS MiB |\n|---|---|---|---|---|')
    for reason in compare(program, tree, row):
        print('skipped: ' + reason, file=sys.stderr)


if __name__ == '__main__':
    if sys.argv[1] == '--heat':
        heat(sys.argv[2])
    else:
        main(*sys.argv[1:])
