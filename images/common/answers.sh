# Exits 0 if an HTTP server in this container answers a path with a status that fits a pattern:
# `bash answers.sh PORT PATH PATTERN`. For images that have no HTTP client.
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
read -r -t 3 _ status _ <&3
# shellcheck disable=SC2254 - it is meant as a pattern
case "$status" in $3) exit 0 ;; esac
exit 1
