#!/bin/bash
# container_puppet_apply.sh STEP TAGS MANIFEST [OPTIONS]: apply a manifest inside
# a container, with the settings of the host.  Exit 0 if it holds afterwards.
set -eu

step=$1 tags=$2 manifest=$3 options=${4:-}

if [ -d /tmp/puppet-etc ]; then
	# Some of the files may be the same ones, mounted twice.
	cp -a /tmp/puppet-etc/* /etc/puppet/ || true
fi
printf '{"step": %s}\n' "$step" >/etc/puppet/hieradata/docker_puppet.json
export FACTER_deployment_type=containers

status=0
# Options are several words.
# shellcheck disable=SC2086
puppet apply $options --verbose --detailed-exitcodes --summarize --color=false \
	--modulepath /etc/puppet/modules:/opt/stack/puppet-modules:/usr/share/openstack-puppet/modules \
	--tags "$tags" -e "$manifest" || status=$?

# 2: it did not hold before, and does now.
[ "$status" -eq 2 ] && status=0
exit "$status"
