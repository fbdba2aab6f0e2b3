-- A catalogue of schema version 1, as sqlite3's .dump tells it, with what .dump leaves out at the end.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE backups (created_at DATETIME, updated_at DATETIME, deleted_at DATETIME, deleted BOOLEAN, id VARCHAR(36) NOT NULL, volume_id VARCHAR(36) NOT NULL, user_id VARCHAR(255), project_id VARCHAR(255), host VARCHAR(255), availability_zone VARCHAR(255), display_name VARCHAR(255), display_description VARCHAR(255), container VARCHAR(255), status VARCHAR(255), fail_reason VARCHAR(255), service_metadata VARCHAR(255), service VARCHAR(255), size INTEGER, object_count INTEGER, parent_id VARCHAR(36), temp_volume_id VARCHAR(36), temp_snapshot_id VARCHAR(36), num_dependent_backups INTEGER, snapshot_id VARCHAR(36), data_timestamp DATETIME, restore_volume_id VARCHAR(36), encryption_key_id VARCHAR(36), PRIMARY KEY (id), CHECK (deleted IN (0, 1)));
INSERT INTO backups VALUES('2026-11-23 05:44:47','2026-11-23 05:44:47',NULL,0,'9bea59a1-827a-489f-ae0b-3e210a82700f','ff6f8c26-be0b-5fea-98a9-6097c448cced','admin','admin','lab','nova','full',NULL,'9b/ea/9bea59a1-827a-489f-ae0b-3e210a82700f','available',NULL,'volume_ff6f8c26-be0b-5fea-98a9-6097c448cced_20261123054447_backup_9bea59a1-827a-489f-ae0b-3e210a82700f','cinder.backup.drivers.posix.PosixBackupDriver',1,1,NULL,NULL,NULL,1,NULL,'2026-11-23 05:44:47',NULL,NULL);
INSERT INTO backups VALUES('2026-11-23 05:44:47','2026-11-23 05:44:47',NULL,0,'5b854deb-a535-490f-a502-edc285808851','ff6f8c26-be0b-5fea-98a9-6097c448cced','admin','admin','lab','nova','increment',NULL,'5b/85/5b854deb-a535-490f-a502-edc285808851','available',NULL,'volume_ff6f8c26-be0b-5fea-98a9-6097c448cced_20261123054447_backup_5b854deb-a535-490f-a502-edc285808851','cinder.backup.drivers.posix.PosixBackupDriver',1,0,'9bea59a1-827a-489f-ae0b-3e210a82700f',NULL,NULL,0,NULL,'2026-11-23 05:44:47',NULL,NULL);
CREATE TABLE services (created_at DATETIME, updated_at DATETIME, deleted_at DATETIME, deleted BOOLEAN, id INTEGER NOT NULL PRIMARY KEY, host VARCHAR(255), `binary` VARCHAR(255), topic VARCHAR(255), report_count INTEGER NOT NULL, disabled BOOLEAN, availability_zone VARCHAR(255), disabled_reason VARCHAR(255), uuid VARCHAR(36) UNIQUE);
INSERT INTO services VALUES('2026-11-23 05:44:47','2026-11-23 05:44:47',NULL,0,1,'lab','cinder-backup','cinder-backup',0,0,NULL,NULL,'aa48f04e-78c7-42af-a5ad-ce6325571406');
CREATE INDEX backups_created_at_idx ON backups (created_at);
CREATE INDEX backups_parent_id_idx ON backups (parent_id);
CREATE INDEX backups_volume_id_idx ON backups (volume_id);
COMMIT;
PRAGMA application_id = 1128427115;
PRAGMA user_version = 1;
