/* A disk that fails while a file of the test is there: in RELEVO_FAULTS, `read-only` refuses whatever
   would change a file below RELEVO_WATCHED (EROFS), and `sync` fails every sync there (EIO). As the worst
   of systems does, it then shows of a write-ahead log what the disk holds: zeros behind the last good
   sync. Preloaded into a process of the tests. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) \
        real = dlsym(RTLD_NEXT, #name)

static int is_watched(const char *path) {
    const char *watched = getenv("RELEVO_WATCHED");
    return watched && strncmp(path, watched, strlen(watched)) == 0;
}

static int is_faulty(const char *fault) {
    char path[4200];
    const char *faults = getenv("RELEVO_FAULTS");
    snprintf(path, sizeof path, "%s/%s", faults ? faults : "", fault);
    return faults && access(path, F_OK) == 0;
}

static int refuses(int descriptor, const char *fault, int error) {
    char link[64], path[4096];
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    int refused = is_watched(path) && is_faulty(fault);
    errno = refused ? error : before;
    return refused;
}

static int refuses_path(const char *path) {
    int before = errno;
    int refused = is_watched(path) && is_faulty("read-only");
    errno = refused ? EROFS : before;
    return refused;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    REAL(write);
    return refuses(descriptor, "read-only", EROFS) ? -1 : real(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    REAL(pwrite);
    return refuses(descriptor, "read-only", EROFS) ? -1 : real(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    REAL(pwrite64);
    return refuses(descriptor, "read-only", EROFS) ? -1 : real(descriptor, bytes, count, offset);
}

int ftruncate(int descriptor, off_t length) {
    REAL(ftruncate);
    return refuses(descriptor, "read-only", EROFS) ? -1 : real(descriptor, length);
}

int ftruncate64(int descriptor, off64_t length) {
    REAL(ftruncate64);
    return refuses(descriptor, "read-only", EROFS) ? -1 : real(descriptor, length);
}

int unlink(const char *path) {
    REAL(unlink);
    return refuses_path(path) ? -1 : real(path);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    return refuses_path(to) ? -1 : real(from, to);
}

static int opens_for_writing(int flags) { return (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT; }

static mode_t mode_of(int flags, va_list more) { return flags & O_CREAT ? va_arg(more, mode_t) : 0; }

int open(const char *path, int flags, ...) {
    REAL(open);
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, more);
    va_end(more);
    return opens_for_writing(flags) && refuses_path(path) ? -1 : real(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    REAL(open64);
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, more);
    va_end(more);
    return opens_for_writing(flags) && refuses_path(path) ? -1 : real(path, flags, mode);
}

static void lose(int descriptor, int synced) {
    static off_t good = 0;
    static ino_t file = 0;
    char link[64], path[4096];
    struct stat status;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    if (!is_watched(path) || !strstr(path, "/entries.sqlite3-wal") || fstat(descriptor, &status))
        return;
    if (file != status.st_ino)
        good = 0;
    file = status.st_ino;
    if (synced) {
        good = status.st_size;
        return;
    }
    REAL(pwrite);
    static const char zeros[4096];
    for (off_t at = good; at < status.st_size; at += sizeof zeros) {
        off_t left = status.st_size - at;
        real(descriptor, zeros, left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros, at);
    }
}

static int sync_or_fail(int descriptor, int (*real)(int)) {
    if (refuses(descriptor, "sync", EIO)) {
        lose(descriptor, 0);
        errno = EIO;
        return -1;
    }
    int result = real(descriptor);
    if (result == 0)
        lose(descriptor, 1);
    return result;
}

int fsync(int descriptor) {
    REAL(fsync);
    return sync_or_fail(descriptor, real);
}

int fdatasync(int descriptor) {
    REAL(fdatasync);
    return sync_or_fail(descriptor, real);
}
