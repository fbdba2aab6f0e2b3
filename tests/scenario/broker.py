"""Queues of a real RabbitMQ, as AMQP tells of them."""
import urllib.parse

import amqp


def readers(url, queue):
    """How many consume that queue of the broker of a transport_url, which may be away."""
    parts = urllib.parse.urlsplit(url)
    try:
        with amqp.Connection('%s:%d' % (parts.hostname, parts.port), userid=parts.username,
                             password=urllib.parse.unquote(parts.password), virtual_host=parts.path[1:] or '/') as connection:
            return connection.channel().queue_declare(queue, passive=True).consumer_count
    except (amqp.exceptions.NotFound, OSError):
        return 0
