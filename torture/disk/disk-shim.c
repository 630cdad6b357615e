/*
 * For LD_PRELOAD: what a disk may do to the commits of a store, that is, to its WAL.
 *
 * SEKALI_DISK_DELAY_US  Each commit waits so long before its first write, and again before its sync, as on a slow disk:
 *                       a crash then falls into these moments, which are otherwise over too soon.
 * SEKALI_SUSPEND_AT     When the file PREFIX.write or PREFIX.sync exists, the next commit removes it and suspends the
 *                       process, before its first write or before its sync; PREFIX.checkpoint: the next checkpoint,
 *                       when it has written to the database and not synced it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only one thread writes to the WAL. */
static volatile int is_in_commit = 0;

static int ends_with(int fd, const char *end) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  size_t wanted = strlen(end);
  if (length < (ssize_t)wanted) return 0;
  path[length] = 0;
  return strcmp(path + length - wanted, end) == 0;
}

static void delay(void) {
  const char *text = getenv("SEKALI_DISK_DELAY_US");
  if (text != NULL) usleep((useconds_t)atoi(text));
}

static void suspend_if_asked(const char *moment) {
  const char *prefix = getenv("SEKALI_SUSPEND_AT");
  char request[4096];
  if (prefix == NULL) return;
  snprintf(request, sizeof request, "%s.%s", prefix, moment);
  /* To this thread, which then stops before it does anything else; and with it all others. */
  if (unlink(request) == 0) raise(SIGSTOP);
}

static void before_write(int fd) {
  if (is_in_commit || !ends_with(fd, ".db-wal")) return;
  is_in_commit = 1;
  delay();
  suspend_if_asked("write");
}

static void before_sync(int fd) {
  if (ends_with(fd, ".db")) suspend_if_asked("checkpoint");
  if (!ends_with(fd, ".db-wal")) return;
  is_in_commit = 0;
  delay();
  suspend_if_asked("sync");
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  static ssize_t (*next)(int, const void *, size_t, off_t);
  if (next == NULL) next = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
  before_write(fd);
  return next(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  static ssize_t (*next)(int, const void *, size_t, off64_t);
  if (next == NULL) next = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
  before_write(fd);
  return next(fd, bytes, count, offset);
}

int fsync(int fd) {
  static int (*next)(int);
  if (next == NULL) next = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  before_sync(fd);
  return next(fd);
}

int fdatasync(int fd) {
  static int (*next)(int);
  if (next == NULL) next = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  before_sync(fd);
  return next(fd);
}
