#!/usr/bin/python3
"""Members of two projects and an administrator, with tokens that an identity service confirms: who sees what, on every route.

What belongs to another project must be, byte for byte, what is not there at all.
"""
import json
import os
import re

import identity
import scene
from wire import Server

HERE = os.path.dirname(os.path.abspath(__file__))
ONE, TWO, OWN = '1' * 32, '2' * 32, 'a' * 32        # projects: of two tenants, of the administrator
NOWHERE = '00000000-0000-4000-8000-000000000000'    # an id that nothing has
VOLUME = '5f75430a-abff-4cc7-b74e-f808234fa6c5'    # tenant one's; of two; nobody's
OF_TWO = '6f75430a-abff-4cc7-b74e-f808234fa6c5'
STRAY = '7f75430a-abff-4cc7-b74e-f808234fa6c5'
NEWEST = {'OpenStack-API-Version': 'volume 3.70'}
# What a request of a route with an id in its path has to carry to get as far as the look-up: bodies, one for each action.
BODIES = {
    ('PUT', 'backups/*'): [{'backup': {'name': 'taken'}}, {'backup': {}}],
    ('POST', 'backups/*/restore'): [{'restore': {}}, {'restore': {'name': 'stolen'}}],
    ('POST', 'backups/*/action'): [{'os-force_delete': None}, {'os-reset_status': {'status': 'error'}}],
    ('PUT', 'volumes/*'): [{'volume': {'name': 'taken'}}, {'volume': {'metadata': {'a': 'b'}}}],
    ('POST', 'volumes/*/action'): [{'os-force_delete': None}, {'os-reset_status': {'status': 'error'}}],
    ('PUT', 'snapshots/*'): [{'snapshot': {'name': 'taken'}}],
    **{(method, kind + '/*/metadata'): [{'metadata': {'a': 'b'}}] for method in ('POST', 'PUT') for kind in ('volumes', 'snapshots')},
    **{('PUT', kind + '/*/metadata/*'): [{'meta': {'a': 'b'}}] for kind in ('volumes', 'snapshots')},
    ('POST', 'snapshots/*/action'): [{'os-force_delete': None}, {'os-reset_status': {'status': 'error'}}],
}


def routes():
    """Every route of the service, from its source: (method, path)."""
    with open(os.path.join(HERE, '../../service/front/rest_route.c')) as f:
        table = re.findall(r'\{ "([A-Z]+)", \{ ((?:"[^"]+"(?:, )?)+) \}', f.read())
    assert len(table) > 20, table
    return [(method, '/'.join(re.findall('"([^"]+)"', path))) for method, path in table]


class Tenants(Server):
    def as_(self, token, method, path, body=None, **headers):
        project = {'one': ONE, 'two': TWO, 'admin': OWN, 'admin-of-one': ONE}.get(token, ONE)
        status, got, answer = self.ask(method, '/v3/%s/%s' % (project, path), body,
                                       {**NEWEST, 'X-Auth-Token': token, 'X-Project-Id': TWO, **headers})
        return status, answer, got

    def make(self, token, name, **more):
        volume = OF_TWO if token == 'two' else VOLUME
        status, answer, _ = self.as_(token, 'POST', 'backups', {'backup': {'volume_id': volume, 'name': name, **more}})
        assert status == 202, answer
        self.settle()
        return answer['backup']['id']


def furnish(server, name):
    """A volume and a snapshot of it that are tenant one's."""
    made = {}
    for kind, body in ('volume', {'size': 1}), ('snapshot', {'volume_id': None}):
        if 'volume_id' in body:
            body['volume_id'] = made['volumes']
        status, answer, _ = server.as_('one', 'POST', kind + 's', {kind: {'name': name, **body}})
        assert status == 202, answer
        made[kind + 's'] = answer[kind]['id']
        path = '%ss/%s' % (kind, answer[kind]['id'])
        server.stage.wait_until(lambda: server.as_('one', 'GET', path)[1][kind]['status'] == 'available', path)
    return made


def sources(server, foreign):
    """Nothing is made of what is another's, and what is nobody's is not there but for administrators."""
    for body in {'size': 1, 'source_volid': '%s'}, {'size': 1, 'snapshot_id': '%s'}, {'size': 1, 'backup_id': '%s'}:
        for kind in foreign:
            there, absent = (server.as_('two', 'POST', 'volumes', {'volume': json.loads(json.dumps(body).replace('%s', i))})
                             for i in (foreign[kind], NOWHERE))
            assert there[0] == absent[0] == 404, (there, absent)
    status, answer, _ = server.as_('two', 'POST', 'snapshots', {'snapshot': {'volume_id': foreign['volumes']}})
    assert status == 404, answer
    for method, path, body in (('GET', 'volumes/' + STRAY, None), ('DELETE', 'volumes/' + STRAY, None),
                               ('POST', 'backups', {'backup': {'volume_id': STRAY}}),
                               ('POST', 'snapshots', {'snapshot': {'volume_id': STRAY}}),
                               ('POST', 'backups/%s/restore' % foreign['backups'], {'restore': {'volume_id': STRAY}})):
        assert server.as_('one', method, path, body)[0] == 404, (method, path)
    assert STRAY not in str(server.as_('one', 'GET', 'volumes/detail?all_tenants=1')[1])
    assert STRAY in str(server.as_('admin', 'GET', 'volumes/detail')[1])
    used = [server.as_(who, 'GET', 'os-quota-sets/%s?usage=1' % project)[1]['quota_set']['volumes']['in_use']
            for who, project in (('one', ONE), ('two', TWO))]
    assert used == [2, 1], used
    for who, project, status in ('two', ONE, 403), ('two', TWO, 200), ('admin', TWO, 200):
        assert server.as_(who, 'GET', 'os-quota-sets/' + project)[0] == status
    for method in 'PUT', 'DELETE':
        body = {'quota_set': {'volumes': -1}} if method == 'PUT' else None
        assert server.as_('two', method, 'os-quota-sets/' + TWO, body)[0] == 403


def like_nothing(server, foreign):
    """Each route that has an id in its path: for a member, a foreign one is as good as none."""
    tried = 0
    for method, path in routes():
        if '*' not in path or path.startswith('os-'):   # no ids of what belongs to a project
            continue
        kind = path.split('/')[0]
        for body in BODIES.get((method, path), [None] if method in ('GET', 'DELETE') else [{}]):
            there, absent = (server.as_('two', method, path.replace('*', identifier, 1).replace('*', 'a'), body)
                             for identifier in (foreign.get(kind, NOWHERE), NOWHERE))
            assert there[0] == absent[0] == 404, (method, path, body, there, absent)
            assert str(there[1]).replace(foreign.get(kind, NOWHERE), NOWHERE) == str(absent[1]), (there, absent)
            tried += 1
    assert tried >= 9, tried


def lists(server, foreign, secrets):
    """No list tells a member of what is another's, however it is asked."""
    queries = ['', '?all_tenants=1', '?all_tenants=True&limit=1', '?project_id=' + ONE, '?all_tenants=1&project_id=' + ONE,
               '?name=' + secrets[0], '?all_tenants=1&name=' + secrets[0], '?volume_id=' + VOLUME, '?status=available',
               '?with_count=1&all_tenants=1', '?sort=created_at:asc&all_tenants=1', '?offset=0&limit=1000&all_tenants=yes',
               '?marker=' + foreign['backups'], '?marker=%s&sort=size' % foreign['backups'], '?name~=' + secrets[0][:3],
               '?parent_id=' + foreign['backups'], '?id=' + foreign['backups']]
    for version in '3.0', '3.30', '3.31', '3.70':
        for method, path in routes():
            if method != 'GET' or '*' in path:
                continue
            for query in queries:
                status, answer, _ = server.as_('two', 'GET', path + query, **{
                    'OpenStack-API-Version': 'volume ' + version})
                text = str(answer).replace('?marker=' + foreign['backups'], '')
                told = [secret for secret in secrets + [ONE] if secret in text and secret not in query]
                assert not told and status in (200, 400, 403, 404), (path + query, version, status, told, text[:500])
                if 'marker' in query and path.startswith('backups'):
                    assert status == 404, (path + query, status)
                if 'with_count' in query and path.startswith('backups') and version == '3.70':
                    assert answer['count'] == 0, answer


def bodies(server, foreign):
    """An id in a body is looked up as one in a path is."""
    mine = server.make('two', 'mine')
    for form in ({'method': 'POST', 'path': 'backups', 'body': {'backup': {'volume_id': '%s', 'incremental': True}}},
                 {'method': 'POST', 'path': 'backups', 'body': {'backup': {'volume_id': VOLUME, 'snapshot_id': '%s'}}},
                 {'method': 'POST', 'path': 'backups/%s/restore' % mine, 'body': {'restore': {'volume_id': '%s'}}}):
        for kind in 'backups', 'volumes':
            answers = [server.as_('two', form['method'], form['path'], json.dumps(form['body']).replace('%s', identifier))
                       for identifier in (foreign.get(kind, NOWHERE), NOWHERE)]
            assert answers[0][0] == answers[1][0] == 404, answers
    # An increment is made on what the caller's project has, never on a newer one of another's.
    theirs = server.make('admin', 'newer', volume_id=OF_TWO)
    increment = server.make('two', 'child', incremental=True)
    rows = server.stage.backups()
    assert rows[increment]['parent_id'] == mine and rows[theirs]['project_id'] == OWN, rows[increment]
    for backup in increment, mine, theirs:
        assert server.as_('admin', 'DELETE', 'backups/' + backup)[0] == 202
        server.settle()


def administrators(server, foreign):
    """What only they may do is 403 for the owner, in cinder's words; what they do is charged to the token's project."""
    backup = foreign['backups']
    rules = [('GET', 'backups/%s/export_record', None, 'backup:export-import'),
             ('POST', 'backups/%s/action', {'os-force_delete': None}, 'volume_extension:backup_admin_actions:force_delete'),
             ('POST', 'backups/%s/action', {'os-reset_status': {'status': 'error'}},
              'volume_extension:backup_admin_actions:reset_status'),
             ('POST', 'backups/import_record', {'backup-record': {'backup_service': 'x', 'backup_url': 'eyJ9'}},
              'backup:backup-import')]
    for method, path, body, rule in rules:
        status, answer, _ = server.as_('one', method, path % backup if '%s' in path else path, body)
        assert (status, answer) == (403, {'forbidden': {
            'code': 403, 'message': "Policy doesn't allow %s to be performed." % rule}}), (status, answer)
    assert server.stage.backups()[backup]['status'] == 'available'
    # By its id an administrator of another project reaches it; in a list only when all are asked for.
    assert server.as_('admin', 'GET', 'backups/' + backup)[1]['backup']['os-backup-project-attr:project_id'] == ONE
    assert 'user_id' not in server.as_('one', 'GET', 'backups/' + backup)[1]['backup']
    assert server.as_('admin', 'GET', 'backups')[1] == {'backups': []}
    assert len(server.as_('admin', 'GET', 'backups?all_tenants=1')[1]['backups']) == 1
    # cinder --os-tenant-name: the tenant's; without it the administrator's own, which the tenant does not see.
    given, own = server.make('admin-of-one', 'given'), server.make('admin', 'own')
    rows = server.stage.backups()
    assert rows[given]['project_id'] == ONE and rows[given]['user_id'] == 'admin-of-one' and rows[own]['project_id'] == OWN
    assert server.as_('one', 'GET', 'backups/' + given)[0] == 200
    assert server.as_('one', 'GET', 'backups/' + own)[0] == 404
    assert own not in str(server.as_('one', 'GET', 'backups?all_tenants=1')[1])
    for backup in given, own:
        assert server.as_('admin', 'DELETE', 'backups/' + backup)[0] == 202
        server.settle()


def tokens(server, keystone):
    """What is no token is 401; headers that only a filter may set say nothing."""
    refused = [None, '', 'nonsense', 'admin:admin', 'one:' + TWO, 'a b', 'x' * 9000, 'one\t', 'expired']
    for token in refused:
        status, headers, answer = server.ask('GET', '/v3/%s/backups' % ONE, None, {
            'X-Auth-Token': token, 'X-User-Id': 'admin', 'X-Project-Id': ONE, 'X-Roles': 'admin', 'X-Role': 'admin',
            'X-Identity-Status': 'Confirmed', 'X-Is-Admin-Project': 'True', 'X-Service-Token': 'admin'})
        assert status == 401 and answer['error']['title'] == 'Unauthorized', (token, status, answer)
        assert headers['WWW-Authenticate'] == 'Keystone uri="%s"' % keystone.url
        assert headers['x-openstack-request-id'].startswith('req-'), headers
    spoofed = {'X-Roles': 'admin', 'X-User-Id': 'admin', 'X-Is-Admin-Project': 'True', 'X-Tenant-Id': ONE}
    assert server.as_('two', 'GET', 'backups?all_tenants=1', **spoofed)[1] == {'backups': []}
    # Only the root is open; even what is not there is not told to strangers.
    for path, status in ('/', 300), ('/v3', 401), ('/v3/', 401), ('/v3/nosuch', 401), ('/v2/', 404):
        assert server.ask('GET', path, None, {'X-Auth-Token': None})[0] == status, path
    for token, path, status in (('one', '/v3/%s/backups' % TWO, 400), ('system', '/v3/%s/backups' % ONE, 400),
                                ('system', '/v3/backups', 403), ('one', '/v3/backups', 200), ('system', '/v3/', 200)):
        assert server.ask('GET', path, None, {'X-Auth-Token': token})[0] == status, (token, path)


def away(server, keystone):
    """An identity service that is not there: who is known may work on, the others hear 503, and soon all is well again."""
    known = len(keystone.asked)
    assert server.as_('one', 'GET', 'backups')[0] == 200 and len(keystone.asked) == known
    keystone.grant('new', ONE, 'member')
    keystone.act = 'refuse'
    assert server.as_('one', 'GET', 'backups')[0] == 200
    status, answer, _ = server.as_('new', 'GET', 'backups')
    assert status == 503 and 'Keystone service is temporarily unavailable' in answer['message'], (status, answer)
    keystone.act = None
    assert server.as_('new', 'GET', 'backups')[0] == 200
    # The service's own token is no good any more: it gets another one.
    keystone.own = 'revoked'
    keystone.grant('newer', ONE, 'member', user='somebody')   # whose name the log has, and not the token
    assert server.as_('newer', 'GET', 'backups')[0] == 200
    # A token that is revoked is good for as long as it is remembered.
    del keystone.tokens['newer']
    assert server.as_('newer', 'GET', 'backups')[0] == 200
    log = server.stage.log()
    assert 'newer' not in log and identity.PASSWORD not in log, 'a token or the password stands in the log'


def forgotten(server, keystone):
    """It is not remembered for long."""
    keystone.grant('brief', ONE, 'member')
    assert server.as_('brief', 'GET', 'backups')[0] == 200
    del keystone.tokens['brief']
    server.stage.wait_until(lambda: server.as_('brief', 'GET', 'backups')[0] == 401, 'it is remembered for ever')


def main():
    with scene.Scene() as stage, identity.Identity() as keystone:
        keystone.grant('one', ONE, 'member', 'reader')
        keystone.grant('two', TWO, 'member')
        keystone.grant('admin', OWN, 'Admin')
        keystone.grant('admin-of-one', ONE, 'admin', 'member')
        keystone.grant('expired', ONE, 'admin', seconds=-1)
        keystone.grant('system', None, 'admin')
        def configure(seconds):
            stage.configure({'listen': '127.0.0.1:0', 'volumes_dir': stage.volumes, 'auth': 'keystone'}, {},
                            keystone_authtoken=keystone.options(token_cache_time=seconds))
        configure(2 * scene.PATIENCE)
        with Tenants(stage, 'admin') as server:
            for volume, project in (VOLUME, ONE), (OF_TWO, TWO), (STRAY, None):
                stage.lay_volume('laid', 3 * scene.MIB, volume, project)
            secrets = ['secret-name', 'secret description']
            foreign = {'backups': server.make('one', secrets[0], description=secrets[1]), **furnish(server, secrets[0])}
            like_nothing(server, foreign)
            sources(server, foreign)
            lists(server, foreign, secrets + list(foreign.values()))
            bodies(server, foreign)
            before = server.stage.backups()[foreign['backups']]
            administrators(server, foreign)
            tokens(server, keystone)
            away(server, keystone)
            assert server.stage.backups()[foreign['backups']] == before, 'what is another\'s has changed'
        configure(1)
        with Tenants(stage, 'admin') as server:
            forgotten(server, keystone)
    print('tenants: each in its own project')


if __name__ == '__main__':
    main()
