/*
 * Suspends the process between the write and the sync of a commit: when the file that SEKALI_SUSPEND_AT names exists, the
 * next sync of a WAL removes it and stops before it syncs. For LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_wal(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 4) return 0;
  path[length] = 0;
  return strcmp(path + length - 4, "-wal") == 0;
}

static void suspend_if_asked(int fd) {
  const char *request = getenv("SEKALI_SUSPEND_AT");
  /* To this thread, which then stops before it does anything else; and with it all others. */
  if (request != NULL && is_wal(fd) && unlink(request) == 0) raise(SIGSTOP);
}

int fsync(int fd) {
  static int (*next)(int);
  if (next == NULL) next = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  suspend_if_asked(fd);
  return next(fd);
}

int fdatasync(int fd) {
  static int (*next)(int);
  if (next == NULL) next = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  suspend_if_asked(fd);
  return next(fd);
}
