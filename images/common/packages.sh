# Installs Debian packages and leaves in /layer what they brought: `packages.sh NAME=VERSION…`.
set -eu
. "$(dirname "$0")/settings.sh"
follow_settings
apt-get update
begin_layer
apt-get install -y --no-install-recommends "$@"
end_layer
