"""One message sent by Apprise, in a process of its own: `python -m actors.adapters.apprise_child`.

Standard input has a `Task` as JSON, so that no list of processes shows an address; standard output gets why it did not
go, empty when it did. Apart from the trading process because Apprise blocks, takes half a second to be read in, and
hung in native threads beside gevent's patches; whatever it does, it is killed at the time limit.
"""

import logging
import sys

import apprise
import msgspec

from actors.adapters.apprise_task import Task
from actors.adapters.endpoint import is_loopback
from actors.adapters.stand_back import stand_back


def sent(task: Task) -> str:
    """Why it did not go, without anything of the address; empty when it did."""
    asset = apprise.AppriseAsset(http_redirects=False, secure_logging=True)
    group = apprise.Apprise(asset=asset)
    if not group.add(task.url) or len(group) != 1:
        return "Apprise does not understand this address"
    plugin = group[0]
    host = str(getattr(plugin, "smtp_host", "") or getattr(plugin, "host", "") or "")
    encrypted = bool(plugin.secure) or not plugin.protocol
    if not encrypted and not is_loopback(host) and host not in task.plain_hosts:
        return "this address would go unencrypted over the network; use the scheme that ends in s"
    taken = group.notify(body=task.text, title=task.title, notify_type=task.kind, body_format="text")
    return "" if taken else "the other side did not take it"


if __name__ == "__main__":
    stand_back()
    logging.disable(logging.CRITICAL)
    sys.stdout.write(sent(msgspec.json.decode(sys.stdin.buffer.read(), type=Task)))
