# Installs Python libraries into the environment /opt/relevo, made if it is missing, and leaves in /layer
# what they brought: `libraries.sh REQUIREMENTS`. The file names all of them, so none comes unasked. Their
# own tests are left out; nothing imports them.
set -eu
. "$(dirname "$0")/settings.sh"
follow_settings
begin_layer
[ -x /opt/relevo/bin/python ] || python -m venv --without-pip /opt/relevo
into_environment() { python -m pip --python /opt/relevo/bin/python --disable-pip-version-check "$@"; }
into_environment install --no-cache-dir --no-compile --no-deps --root-user-action=ignore --requirement "$1"
into_environment check
find /opt/relevo/lib -type d -name tests -prune -exec rm -rf {} +
# An image never changes, so nothing need compare a compiled file with its source.
/opt/relevo/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/relevo/lib
end_layer
