# Makes the smallest Java runtime that has the named modules and leaves it in /layer as /opt/relevo/java:
# `java.sh PACKAGE=VERSION MODULE,…`. The package is a JDK, of which nothing else goes into the image.
set -eu
. "$(dirname "$0")/settings.sh"
follow_settings
# The package links its manual here; a slim Debian leaves the folder out.
mkdir -p /usr/share/man/man1
apt-get update
apt-get install -y --no-install-recommends "$1"
begin_layer
mkdir -p /opt/relevo
jlink --add-modules "$2" --no-header-files --no-man-pages --strip-java-debug-attributes --compress=2 --output /opt/relevo/java
end_layer
