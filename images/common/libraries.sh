# Installs Python libraries into the environment /opt/relevo, made if it is missing, and leaves in /layer
# what they brought: `libraries.sh REQUIREMENTS [MODULE…]`. The file names all of them, so none comes unasked.
# Their own tests are left out; nothing imports them. All are compiled, or if modules are named, only what
# these import: a running container could not keep what it compiles.
set -eu
requirements=$1
shift
. "$(dirname "$0")/settings.sh"
follow_settings
begin_layer
[ -x /opt/relevo/bin/python ] || python -m venv --without-pip /opt/relevo
into_environment() { python -m pip --python /opt/relevo/bin/python --disable-pip-version-check "$@"; }
into_environment install --no-cache-dir --no-compile --no-deps --root-user-action=ignore --requirement "$requirements"
into_environment check
find /opt/relevo/lib -type d -name tests -prune -exec rm -rf {} +
if [ $# -eq 0 ]; then
    # An image never changes, so nothing need compare a compiled file with its source.
    /opt/relevo/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/relevo/lib
else
    for module in "$@"; do /opt/relevo/bin/python -c "import $module"; done
fi
end_layer
