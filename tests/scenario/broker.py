"""Queues of a real RabbitMQ, as AMQP tells of them, and requests as oslo.messaging sends them."""
import json
import urllib.parse
import uuid

import amqp


def connect(url):
    """As a transport_url says."""
    parts = urllib.parse.urlsplit(url)
    return amqp.Connection('%s:%d' % (parts.hostname, parts.port), userid=parts.username,
                           password=urllib.parse.unquote(parts.password), virtual_host=parts.path[1:] or '/')


def readers(url, queue):
    """How many consume that queue of the broker, which may be away."""
    try:
        with connect(url) as connection:
            return connection.channel().queue_declare(queue, passive=True).consumer_count
    except (amqp.exceptions.NotFound, OSError):
        return 0


def publish(url, exchange, key, **message):
    """A request as it is, in an envelope."""
    envelope = {'oslo.version': '2.0', 'oslo.message': json.dumps({'_unique_id': uuid.uuid4().hex, 'args': {}, **message})}
    with connect(url) as connection:
        connection.channel().basic_publish(
            amqp.Message(json.dumps(envelope), content_type='application/json', content_encoding='utf-8'), exchange, key)
