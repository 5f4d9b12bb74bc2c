#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

int lint_library_open(void *functions, const char *soname, const char *package,
                      const char *const *name, size_t n, lint_err *e) {
    void *library = dlopen(soname, RTLD_LAZY | RTLD_NODELETE);
    int err = library ? 0 : lint_fail(e, "%s (Debian package %s)", dlerror(), package);
    for (size_t i = 0; i < n && !err; i++) {
        void *f = dlsym(library, name[i]);
        if (f)
            memcpy((char *)functions + i * sizeof f, &f, sizeof f);
        else
            err = lint_fail(e, "%s has no %s, so it is another version (Debian package %s)", soname,
                            name[i], package);
    }
    if (library) dlclose(library);
    if (err) e->system = 1;
    return err;
}

int lint_library_absent(lint_err *e, const char *what, const char *package) {
    lint_fail(e, "this lint was built without %s (Debian package %s)", what, package);
    e->system = 1;
    return -1;
}
