# Runs the registry; with REGISTRY_USER and REGISTRY_PASSWORD set it asks everyone to sign in so.
# The words `collect-garbage` free the space of what was deleted, while nothing is pushed.
set -eu
configuration=/opt/relevo/registry/config.yml
if [ "${1:-serve}" = collect-garbage ]; then
    exec docker-registry garbage-collect --delete-untagged=true "$configuration"
fi
if [ -n "${REGISTRY_USER:-}" ]; then
    printf '%s' "$REGISTRY_PASSWORD" | htpasswd -B -i -n "$REGISTRY_USER" >/tmp/htpasswd
    export REGISTRY_AUTH=htpasswd REGISTRY_AUTH_HTPASSWD_REALM=Relevo REGISTRY_AUTH_HTPASSWD_PATH=/tmp/htpasswd
fi
# Signs uploads under way; no other registry continues them.
REGISTRY_HTTP_SECRET=$(head --bytes=32 /dev/urandom | od -An -tx1 | tr -d ' \n')
export REGISTRY_HTTP_SECRET
unset REGISTRY_USER REGISTRY_PASSWORD
exec docker-registry serve "$configuration"
