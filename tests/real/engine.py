"""Heat's engine as a library: evaluate() a template with all that it nests, offline."""
import json
import logging
import warnings

warnings.simplefilter('ignore')
logging.disable(logging.CRITICAL)

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


class Made:
    """A resource as if it had been created, with these attributes."""
    action, status = 'CREATE', 'COMPLETE'

    def __init__(self, attributes):
        self.made = attributes

    def attributes(self):
        return self.made

    def attribute_names(self):
        return list(self.made)

    def attribute(self, key):
        value = self.made
        for part in (key,) if isinstance(key, str) else key:
            try:
                value = value[part] if isinstance(value, dict) else value[int(part)]
            except (KeyError, IndexError, ValueError, TypeError):
                return None
        return value

    def reference_id(self):
        return 'made'


def outputs(one):
    """Those of a stack, whose resources are made in their order."""
    for each in one.dependencies:
        made = {}
        if isinstance(each, TemplateResource):
            inner = environment.get_child_environment(one.env, each.child_params(), item_to_remove=each.resource_info,
                                                      child_resource_name=each.name)
            nested = template.Template(each.child_template(), env=inner, files=one.t.files)
            child = stack.Stack(one.context, f'{one.name}-{each.name}', nested, nested_depth=1, stack_id='1')
            made = json.loads(json.dumps(outputs(child)))
        elif each.type() == 'OS::Heat::Value':
            made = {'value': each.properties['value']}
        stk_defn.update_resource_data(one.defn, each.name, Made(made))
    return {name: output.get_value() for name, output in one.outputs.items()}


def evaluate(path, env, files):
    """Outputs of the template at path, as JSON has them; or Heat's exception."""
    more, top = template_utils.get_template_contents(path)
    texts = {name: text.decode() if isinstance(text, bytes) else text for name, text in {**files, **more}.items()}
    made = stack.Stack(context.RequestContext(project_id='p', user_id='u', is_admin=False), 'x',
                       template.Template(top, env=environment.Environment(env), files=texts), stack_id='1')
    made.validate()
    return json.loads(json.dumps(outputs(made)))


def environments(paths):
    """Files and the environment that the client makes of several files."""
    files, env = template_utils.process_multiple_environments_and_files(paths)
    env.pop('parameter_merge_strategies', None)
    return files, env
