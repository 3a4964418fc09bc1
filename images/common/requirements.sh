# Installs what one version's model needs beside its image's libraries, and leaves in /layer what came:
# `requirements.sh OPTION…`, pip's options. It goes into an environment of its own, /opt/relevo/version, behind
# which stands the image's: what is there already is not brought again, and what has to be another version is
# found first.
set -eu
. "$(dirname "$0")/settings.sh"
follow_settings
begin_layer
own=/opt/relevo/version
if [ ! -x "$own/bin/python" ]; then
    /usr/local/bin/python -m venv --without-pip "$own"
    for libraries in /opt/relevo/lib/python3*/site-packages; do
        echo "$libraries" >"$own/${libraries#/opt/relevo/}/behind.pth"
    done
fi
into_own() { /usr/local/bin/python -m pip --python "$own/bin/python" --disable-pip-version-check "$@"; }
into_own install --no-cache-dir --no-compile --no-input --root-user-action=ignore "$@"
into_own check
# An image never changes, so nothing need compare a compiled file with its source. What does not compile is
# meant for another Python, and imported by nothing that runs on this one.
"$own/bin/python" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$own/lib" || true
end_layer
