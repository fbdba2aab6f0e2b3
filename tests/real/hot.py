#!/usr/bin/python3
"""hot.py PROGRAM: random templates of Heat's language, evaluated by PROGRAM and by Heat's own engine.

CASES (80) are drawn from SEED (1).  What one refuses the other has to refuse.
"""
import json
import os
import random
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
TEXTS = ['', 'a', 'b', 'abc', 'a,b', 'a:b:c', 'x/y/z', '1', '0', 'True', 'false', 'é', "it's", '"q"', 'a b', '%s', '$k', 'k',
         'None', 'null', '1.0', '[1]', '{"a": 1}', ' x ', 'host:5000/ns/img:tag', 'fd00::1', '\n', 'a\nb']
KEYS = ['a', 'b', 'c', 'k', 'key', 'x']
PARAMETERS = {'s': 'string', 'n': 'number', 'l': 'comma_delimited_list', 'j': 'json', 'b': 'boolean', 'e': 'string'}
YAQL = ['$.data', '$.data.a', '$.data.keys()', '$.data.values()', '$.data.items()', '$.data.len()', '$.data.where($ != null)',
        '$.data.select(str($))', '$.data.first()', '$.data.first(0)', '$.data.last()', '$.data.distinct()', '$.data.flatten()',
        'str($.data)', '$.data.toUpper()', '$.data + 1', '$.data = 1', '$.data.split(",")', 'concat($.data, "x")',
        '$.data.rightSplit(separator => ":", maxSplits => 1)', '$.data.join(",")', '$.data.orderBy($)', '$.data.reverse()',
        'dict($.data)', 'list($.data)', 'int($.data)', 'bool($.data)', 'isString($.data)', '$.data.get(a, 5)', '$.data[0]',
        '$.data.skip(1)', '$.data.limit(1)', '$.data.sum()', '$.data.max()', '$.data.any()', '$.data.mergeWith({a => 1})',
        '$.data.set(a, 1)', '$.data.containsKey(a)', '1 in $.data', 'not $.data', '$.data and true', '$.nosuch',
        'switch($.data = 1 => a, true => b)', 'coalesce(null, $.data)', 'let(x => $.data) -> $x', '$.data.trim()',
        'format("{0}-{1}", $.data, 1)', '$.data.replace("a", "z")', '$.data.startsWith("a")', '$.data.substring(1)',
        'regex("a.*").matches($.data)', '$.data =~ "a.*"', '$.data > 0', '$.data * 2', '-$.data', '$.data.selectMany($)',
        '$.data.zip([1,2])', '$.data.toDict($, 1)', '$.data.groupBy($)', '$.data.select({a => $})', '$.data?.a',
        '$.data.takeWhile($ != null)', '[$.data, [1]].flatten()', '$.data.reduce($1 + $2, 0)', '{a => $.data}.values()',
        '$.data.indexWhere($ = 1)', 'round($.data)', 'str([$.data])']


class Draw(random.Random):
    def some(self, make, most=3):
        return [make() for _ in range(self.randint(0, most))]

    def scalar(self):
        return self.choice([None, True, False, 0, 1, 2, -1, 10, 1.5, 2.0, 0.1, 1e20] + self.choices(TEXTS, k=12))

    def plain(self, depth=2):
        kind = self.random() if depth else 0
        if kind < .55:
            return self.scalar()
        if kind < .78:
            return self.some(lambda: self.plain(depth - 1))
        return {self.choice(KEYS): self.plain(depth - 1) for _ in range(self.randint(0, 3))}

    def path(self):
        steps = self.some(lambda: self.choice(KEYS + [0, 1, -1, '0', 5]))
        return [self.choice([*PARAMETERS] * 8 + ['nosuch']), *steps] if steps else self.choice([*PARAMETERS])

    def expression(self, depth=3):
        kind = self.random() if depth else 0
        if kind < .12:
            return self.plain(depth)
        if kind < .16:
            return self.some(lambda: self.expression(depth - 1))
        if kind < .2:
            return {self.choice(KEYS): self.expression(depth - 1) for _ in range(self.randint(0, 2))}
        name = self.choice([*FUNCTIONS, 'yaql', 'yaql', 'get_param'])
        return {name: FUNCTIONS[name](self, lambda good: good if self.random() < .9 else self.expression(depth - 1),
                                      lambda: self.expression(depth - 1))}

    def condition(self, depth=2):
        kind = self.random() if depth else .35
        if kind < .3:
            return {'equals': [{'get_param': self.path()}, self.scalar()]}
        if kind < .5:
            return self.choice([True, False, 'c2', 'c2', 'c3', 'c3'])
        if kind < .6:
            return {'not': self.condition(depth - 1)}
        if kind < .9:
            return {self.choice(['and', 'or']): [self.condition(depth - 1) for _ in range(self.choice([2, 2, 2, 3, 3, 1]))]}
        return self.choice([{'get_param': 'b'}, {'get_param': 's'}, {'contains': ['a', {'get_param': 'l'}]}])

    def parameter(self, name):
        default = {'s': self.choice(TEXTS), 'n': self.choice([5, 1.5, '7', 0]), 'b': self.choice([True, False]), 'e': '',
                   'l': self.choice([['a', 'b'], 'a,b', []]),
                   'j': self.choice([{'a': {'b': [1, 2], 'c': 'x'}, 'k': 1}, [1, {'a': 2}], {}])}[name]
        made = {'type': PARAMETERS[name], 'default': default}
        if self.random() < .05:
            made['constraints'] = [self.choice([{'allowed_values': [default, 'a', 1]}, {'length': {'min': 1, 'max': 3}},
                                                {'range': {'min': 0, 'max': 5}}, {'allowed_pattern': '[a-z]*'},
                                                {'modulo': {'step': 2, 'offset': 1}}])]
        return made

    def template(self):
        return {'heat_template_version': self.choice(['queens', 'rocky', 'wallaby', 'pike']),
                'parameters': {name: self.parameter(name) for name in PARAMETERS},
                'conditions': {'c1': self.condition(), 'c2': {'equals': [{'get_param': 's'}, 'a']}, 'c3': True},
                'outputs': {'role_data': {'value': {'service_name': 'x', 'r': self.expression(self.choice([1, 2, 3]))}}}}


# Arguments of each function: draw, what is mostly good, any expression.
FUNCTIONS = {
    'get_param': lambda d, good, any: d.path(),
    'list_join': lambda d, good, any: [good(d.choice([',', '', '-'])), good(d.some(lambda: d.choice(TEXTS), 4)), d.some(any)],
    'list_concat': lambda d, good, any: d.some(lambda: good(d.some(any, 2))),
    'list_concat_unique': lambda d, good, any: d.some(lambda: good(d.some(d.scalar))),
    'map_merge': lambda d, good, any: d.some(lambda: good({d.choice(KEYS): any() for _ in range(d.randint(0, 2))})),
    'map_replace': lambda d, good, any: [good({d.choice(KEYS): d.choice(TEXTS) for _ in range(d.randint(0, 3))}), good(d.choice(
        [{'keys': {d.choice(KEYS): d.choice(KEYS)}}, {'values': {d.choice(TEXTS): d.choice(TEXTS)}}, {}]))],
    'str_replace': lambda d, good, any: {'template': good(d.choice(['a b $k', 'key k', 'xaxbx', '%s', 'é'])), 'params': good(
        {d.choice(KEYS + ['$k', 'é', '']): d.choice([any(), d.scalar()]) for _ in range(d.randint(0, 3))})},
    'str_replace_strict': lambda d, good, any: {'template': 'a b $k', 'params': {d.choice(['a', '$k', 'x']): d.scalar()}},
    'str_split': lambda d, good, any: [good(d.choice([',', ':', '/', ''])), good(d.choice(TEXTS))] + d.choice([[], [d.choice(
        [0, 1, -1, 9, '0', 'x'])]]),
    'repeat': lambda d, good, any: {'template': d.choice(['<%a%>', 'x-<%a%>-<%b%>', {'<%a%>': 'v-<%b%>'}, ['<%a%>'], any()]),
                                    'for_each': good({'<%a%>': good(d.some(lambda: d.choice(TEXTS))), '<%b%>': good(['1', '2'])}),
                                    **d.choice([{}, {'permutations': d.choice([True, False, 'x'])}])},
    'if': lambda d, good, any: [good(d.choice(['c1', 'c2', 'c3', True, {'equals': [any(), d.scalar()]}])), any(), any()],
    'make_url': lambda d, good, any: {name: good(value) for name, value in {
        'scheme': 'http', 'username': d.choice(['u', 'a@b', '']), 'password': d.choice(['p', 'x y/é:']),
        'host': d.choice(['h', 'fd00::1', '[fd00::1]', '']), 'port': d.choice([80, '80', 0, 70000, 'x']), 'fragment': 'f g',
        'path': d.choice(['/p', 'p q', '/a?b', '']), 'query': d.choice([{'a': 1}, {'b': 'x y/z', 'a': True}, {}])}.items()
        if d.random() < .6},
    'digest': lambda d, good, any: [d.choice(['md5', 'sha256', 'sha512', 'nosuch']), good(d.choice(TEXTS))],
    'filter': lambda d, good, any: [good(d.some(d.scalar, 2)), good(d.some(d.scalar))],
    'contains': lambda d, good, any: [any(), good(d.choice([d.some(d.scalar), d.choice(TEXTS)]))],
    'equals': lambda d, good, any: [any(), any()],
    'not': lambda d, good, any: any(),
    'yaql': lambda d, good, any: {'expression': d.choice(YAQL), 'data': d.choice([any(), d.plain(), d.plain()])},
}


def judge(program, template, folder):
    """What differs between us and Heat; nothing does."""
    inner, outer = os.path.join(folder, 'inner.yaml'), os.path.join(folder, 'outer.yaml')
    with open(inner, 'w', encoding='utf-8') as file:
        yaml.safe_dump(template, file, allow_unicode=True, sort_keys=False)
    with open(outer, 'w', encoding='utf-8') as file:
        yaml.safe_dump({'heat_template_version': 'rocky', 'resources': {'service': {'type': inner}}, 'outputs': {
            'role_data': {'value': {'get_attr': ['service', 'role_data']}}}}, file)
    try:
        wanted, why = engine.evaluate(outer, {'parameters': {}, 'parameter_defaults': {}}, {})['role_data'], ''
    except Exception as error:  # any of Heat's, YAQL's and Python's: it refuses the template
        wanted, why = None, f'{type(error).__name__}: {error}'
    done = subprocess.run([program, '--template', inner, '--emit', 'role-data'], stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.PIPE, env=dict(os.environ, CINDERBANK_DATA_DIR=ROOT))
    if done.returncode not in (0, 1):
        return f'exit {done.returncode}'
    made = json.loads(done.stdout) if done.returncode == 0 else None
    if json.dumps(made, sort_keys=True) == json.dumps(wanted, sort_keys=True):
        return ''
    return f'ours {made or done.stderr.decode(errors="replace")[:300]}\n    Heat {wanted or why[:300]}'


def main():
    seed, cases, wrong = int(os.environ.get('SEED', '1')), int(os.environ.get('CASES', '80')), 0
    draw = Draw(seed)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(cases):
            template = draw.template()
            what = judge(os.path.abspath(sys.argv[1]), template, folder)
            if what:
                wrong += 1
                print(f'{number}: {what}\n    {json.dumps(template, ensure_ascii=False)}')
    if wrong:
        print(f'{wrong} differ; SEED={seed} CASES={cases}')
    return 1 if wrong else 0


sys.exit(main())
