# Exits 0 if the server speaks CQL: an OPTIONS frame (native protocol, version 4) is answered SUPPORTED.
exec 3<>/dev/tcp/127.0.0.1/9042 || exit 1
printf '\x04\x00\x00\x00\x05\x00\x00\x00\x00' >&3
answer=$(timeout 4 head --bytes=5 <&3 | od -An -tx1 | tr -d ' ')
[ "$answer" = 8400000006 ]
