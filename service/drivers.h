/*
 * What is built in: the lists of drivers, and the choice among them.  The only
 * place that knows which libraries this build has.
 */
#ifndef CINDERBANK_DRIVERS_H
#define CINDERBANK_DRIVERS_H

struct catalogue_driver;
struct err;
struct front_driver;
struct store_driver;
struct volume_driver;

/* Each ends with NULL. */
extern const struct store_driver *const store_drivers[];
extern const struct catalogue_driver *const catalogue_drivers[];
extern const struct volume_driver *const volume_drivers[];
extern const struct front_driver *const front_drivers[];

/*
 * The store that backup_driver names: a class path, or the module that older
 * releases wrote ("cinder.backup.drivers.nfs", "cinder.backup.services.nfs").
 * ERR_INVALID: no such driver in this build; the text lists those it has.
 */
int drivers_store(const char *backup_driver, const struct store_driver **ret, struct err *err);

#endif
