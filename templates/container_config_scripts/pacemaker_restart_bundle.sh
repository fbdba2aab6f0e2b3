#!/bin/bash
# pacemaker_restart_bundle.sh BUNDLE SERVICE: restart a bundle whose settings
# changed.  A deployment changes all nodes and then restarts once, from the
# node that starts the service first; a minor update goes node by node.
set -u

bundle=$1 service=$2
timeout=__PCMKTIMEOUT__
minor=${TRIPLEO_MINOR_UPDATE:-false}

pcs resource config "$bundle" || exit 0   # not there yet: the next step makes it

if [ "${minor,,}" = true ]; then
	pcs resource restart --wait="$timeout" "$bundle" "$(hostname -s)"
	exit
fi
first=$(hiera -c /etc/puppet/hiera.yaml "${service}_short_bootstrap_node_name")
here=$(hostname -s)
if [ "${here,,}" = "${first,,}" ]; then
	pcs resource disable --wait="$timeout" "$bundle" &&
		pcs resource enable --wait="$timeout" "$bundle"
fi
