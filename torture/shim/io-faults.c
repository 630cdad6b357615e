/*
 * Loaded before libc (LD_PRELOAD): makes calls that write or sync the files below a folder fail, when it is told to.
 *
 * SEKALI_FAULT_FOLDER names the folder, without symbolic links in it; SEKALI_FAULT_CONTROL a file that holds the struct
 * control. The file is mapped: whoever writes into it (see io-shim.ts) is obeyed by the next call. What lies outside the
 * folder, sockets and pipes never fail.
 *
 * After a failed fsync a kernel may drop what it could not write, and call the pages clean: a later fsync succeeds and
 * the bytes are gone. With `forgets` that happens here: what was written to the file since its last sync is undone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, TRUNCATE = 4 };
enum { DATABASE = 1, WAL = 2, OTHER = 4 };

struct control {
  /* Kinds of calls that are counted and may fail; 0: none. Written last. */
  _Atomic uint32_t kinds;
  /* Which files. */
  _Atomic uint32_t files;
  /* So many calls go well before the first one that fails. */
  _Atomic int32_t before;
  /* 0: a write writes half, a sync or truncation goes well. */
  _Atomic uint32_t error;
  /* So many calls fail. */
  _Atomic int32_t times;
  _Atomic uint32_t forgets;
  /* Written here: calls that have failed, and calls that went through, of each kind. */
  _Atomic uint32_t struck;
  _Atomic uint32_t writes;
  _Atomic uint32_t syncs;
  _Atomic uint32_t truncates;
};

/* What a write has overwritten, until the file is synced. */
struct before_image {
  struct before_image *older;
  dev_t device;
  ino_t file;
  off_t offset, size;
  size_t length;
  char bytes[];
};

static struct control *control;
static char folder[4096];
static size_t folder_length;
static struct before_image *newest;
static pthread_mutex_t images = PTHREAD_MUTEX_INITIALIZER;
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_ftruncate)(int, off_t);

__attribute__((constructor)) static void start(void) {
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_write = dlsym(RTLD_NEXT, "write");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  const char *path = getenv("SEKALI_FAULT_CONTROL"), *below = getenv("SEKALI_FAULT_FOLDER");
  if (path == NULL || below == NULL || strlen(below) >= sizeof folder - 1) return;
  folder_length = strlen(below);
  memcpy(folder, below, folder_length);
  folder[folder_length++] = '/';
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) abort();
  void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) abort();
  close(fd);
  control = mapped;
}

/* Which of our files it is; 0 for any other. */
static uint32_t file_of(int fd) {
  char link[64], path[4096];
  struct stat found;
  if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) return 0;
  char digits[16];
  int count = 0;
  for (int rest = fd; rest > 0 || count == 0; rest /= 10) digits[count++] = (char)('0' + rest % 10);
  char *end = stpcpy(link, "/proc/self/fd/");
  while (count > 0) *end++ = digits[--count];
  *end = 0;
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < (ssize_t)folder_length || memcmp(path, folder, folder_length) != 0) return 0;
  path[length] = 0;
  if (length > 4 && strcmp(path + length - 4, "-wal") == 0) return WAL;
  if (length > 3 && strcmp(path + length - 3, ".db") == 0) return DATABASE;
  return OTHER;
}

/* Whether this call fails. */
static int strikes(uint32_t kind, uint32_t file) {
  if ((atomic_load(&control->kinds) & kind) == 0 || (atomic_load(&control->files) & file) == 0) return 0;
  if (atomic_fetch_sub(&control->before, 1) > 0) return 0;
  if (atomic_fetch_sub(&control->times, 1) <= 0) return 0;
  atomic_fetch_add(&control->struck, 1);
  return 1;
}

static void remember(int fd, size_t length, off_t offset) {
  struct stat found;
  if (fstat(fd, &found) != 0) abort();
  struct before_image *image = malloc(sizeof *image + length);
  if (image == NULL) abort();
  ssize_t kept = pread(fd, image->bytes, length, offset);
  image->device = found.st_dev;
  image->file = found.st_ino;
  image->offset = offset;
  image->size = found.st_size;
  image->length = kept < 0 ? 0 : (size_t)kept;
  pthread_mutex_lock(&images);
  image->older = newest;
  newest = image;
  pthread_mutex_unlock(&images);
}

/* The writes since the last sync are durable, or else undone, the newest first. */
static void settle(int fd, int is_lost) {
  int saved = errno;
  struct stat found;
  if (fstat(fd, &found) != 0) abort();
  pthread_mutex_lock(&images);
  for (struct before_image **at = &newest; *at != NULL;) {
    struct before_image *image = *at;
    if (image->file != found.st_ino || image->device != found.st_dev) {
      at = &image->older;
      continue;
    }
    if (is_lost) {
      if (real_pwrite(fd, image->bytes, image->length, image->offset) != (ssize_t)image->length) abort();
      if (real_ftruncate(fd, image->size) != 0) abort();
    }
    *at = image->older;
    free(image);
  }
  pthread_mutex_unlock(&images);
  errno = saved;
}

static ssize_t on_write(int fd, const void *bytes, size_t length, off_t offset, int has_offset) {
  uint32_t file = control == NULL ? 0 : file_of(fd);
  if (file != 0) {
    atomic_fetch_add(&control->writes, 1);
    if (strikes(WRITE, file)) {
      errno = (int)atomic_load(&control->error);
      if (errno != 0) return -1;
      if (length > 1) length /= 2;
    }
    if (has_offset && atomic_load(&control->forgets) != 0) remember(fd, length, offset);
  }
  return has_offset ? real_pwrite(fd, bytes, length, offset) : real_write(fd, bytes, length);
}

static int on_sync(int fd, int (*sync)(int)) {
  uint32_t file = control == NULL ? 0 : file_of(fd);
  if (file == 0) return sync(fd);
  atomic_fetch_add(&control->syncs, 1);
  int fails = strikes(SYNC, file) && atomic_load(&control->error) != 0;
  int result = fails ? -1 : sync(fd);
  if (atomic_load(&control->forgets) != 0) settle(fd, fails);
  if (fails) errno = (int)atomic_load(&control->error);
  return result;
}

static int on_truncate(int fd, off_t length) {
  uint32_t file = control == NULL ? 0 : file_of(fd);
  if (file != 0) {
    atomic_fetch_add(&control->truncates, 1);
    if (strikes(TRUNCATE, file) && (errno = (int)atomic_load(&control->error)) != 0) return -1;
    /* A cut file is not put together again. */
    if (atomic_load(&control->forgets) != 0) settle(fd, 0);
  }
  return real_ftruncate(fd, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) { return on_write(fd, bytes, length, offset, 1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return on_write(fd, bytes, length, offset, 1); }
ssize_t write(int fd, const void *bytes, size_t length) { return on_write(fd, bytes, length, 0, 0); }
int fsync(int fd) { return on_sync(fd, real_fsync); }
int fdatasync(int fd) { return on_sync(fd, real_fdatasync); }
int ftruncate64(int fd, off_t length) { return on_truncate(fd, length); }
int ftruncate(int fd, off_t length) { return on_truncate(fd, length); }
