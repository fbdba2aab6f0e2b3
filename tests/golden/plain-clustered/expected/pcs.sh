pcs -f cib.xml node attribute controller-0 cinder-backup-role=true
pcs -f cib.xml node attribute controller-1 cinder-backup-role=true
pcs -f cib.xml node attribute controller-2 cinder-backup-role=true
pcs -f cib.xml --force resource create openstack-cinder-backup systemd:openstack-cinder-backup op start timeout=200s stop timeout=200s
pcs -f cib.xml constraint location openstack-cinder-backup rule resource-discovery=exclusive score=0 cinder-backup-role eq true
