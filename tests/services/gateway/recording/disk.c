/* Shows what a power cut would leave: on each sync of a file in RELEVO_WATCHED its content as of the
   call is copied to RELEVO_SURVIVED, and on a sync of that folder itself what was deleted is gone.
   A sync takes RELEVO_SYNC_MICROSECONDS longer than it would; when one has succeeded, the moment of its
   call is added to the file RELEVO_SYNCS. Preloaded into a process of the tests. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void forget_deleted(const char *watched, const char *survived) {
    char original[4200], copy[4200];
    DIR *folder = opendir(survived);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        snprintf(original, sizeof original, "%s/%s", watched, entry->d_name);
        snprintf(copy, sizeof copy, "%s/%s", survived, entry->d_name);
        if (entry->d_type == DT_REG && access(original, F_OK) != 0)
            unlink(copy);
    }
    if (folder)
        closedir(folder);
}

static void note(const char *path, struct timespec began) {
    const char *syncs = getenv("RELEVO_SYNCS");
    int file = syncs ? open(syncs, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (file < 0)
        return;
    dprintf(file, "%s %ld.%09ld\n", path, (long)began.tv_sec, began.tv_nsec);
    close(file);
}

static int survive(int descriptor, int (*sync)(int)) {
    char link[64], path[4096], copy[4200], final[4200];
    const char *watched = getenv("RELEVO_WATCHED"), *survived = getenv("RELEVO_SURVIVED");
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    struct stat status;
    if (!watched || !survived || length < 0 || fstat(descriptor, &status))
        return sync(descriptor);
    path[length] = 0;
    if (strncmp(path, watched, strlen(watched)) != 0)
        return sync(descriptor);
    if (S_ISDIR(status.st_mode)) {
        int result = sync(descriptor);
        if (result == 0)
            forget_deleted(watched, survived);
        return result;
    }
    struct timespec began;
    clock_gettime(CLOCK_MONOTONIC, &began);
    const char *name = strrchr(path, '/') + 1;
    snprintf(final, sizeof final, "%s/%s", survived, name);
    snprintf(copy, sizeof copy, "%s/%s.%ld", survived, name, (long)gettid());
    int target = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int source = open(path, O_RDONLY);
    static __thread char buffer[1 << 16];
    off_t left = status.st_size;
    while (left > 0) {
        ssize_t count = read(source, buffer, left < (off_t)sizeof buffer ? (size_t)left : sizeof buffer);
        if (count <= 0 || write(target, buffer, count) != count)
            break;
        left -= count;
    }
    close(target);
    /* `source` stays open: closing it would drop the locks that SQLite holds on the same file. */
    const char *longer = getenv("RELEVO_SYNC_MICROSECONDS");
    if (longer)
        usleep(atoi(longer));
    int result = sync(descriptor);
    if (result == 0) {
        rename(copy, final);
        note(name, began);
    }
    return result;
}

int fsync(int descriptor) {
    static int (*sync)(int);
    if (!sync)
        sync = dlsym(RTLD_NEXT, "fsync");
    return survive(descriptor, sync);
}

int fdatasync(int descriptor) {
    static int (*sync)(int);
    if (!sync)
        sync = dlsym(RTLD_NEXT, "fdatasync");
    return survive(descriptor, sync);
}
