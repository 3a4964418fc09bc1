# Sourced in build stages that are not the last: makes pip and apt follow the builder's own settings, which
# come as build arguments, and collects in /layer the files that a command brought, for the last stage to
# copy. An image made so has no trace of the settings: they stay in this stage.

settings=/settings
mkdir -p "$settings"

follow_settings() {
    export APT_CONFIG="$settings/apt.conf" DEBIAN_FRONTEND=noninteractive
    printf '%s\n' "${RELEVO_APT_CONFIGURATION:-}" >"$APT_CONFIG"
    if [ -n "${RELEVO_APT_SOURCES:-}" ]; then
        printf '%s\n' "$RELEVO_APT_SOURCES" >"$settings/sources.list"
        printf 'Dir::Etc::sourcelist "%s";\nDir::Etc::sourceparts "-";\n' "$settings/sources.list" >>"$APT_CONFIG"
    fi
    if [ -n "${RELEVO_PIP_CONFIGURATION:-}" ]; then
        printf '%s\n' "$RELEVO_PIP_CONFIGURATION" >"$settings/pip.conf"
        export PIP_CONFIG_FILE="$settings/pip.conf"
    fi
    if [ -n "${RELEVO_CERTIFICATES:-}" ]; then
        export PIP_CERT="$settings/authorities.pem"
        cat /etc/ssl/certs/ca-certificates.crt >"$PIP_CERT" 2>/dev/null || true
        printf '%s\n' "$RELEVO_CERTIFICATES" >>"$PIP_CERT"
        printf 'Acquire::https::CaInfo "%s";\n' "$PIP_CERT" >>"$APT_CONFIG"
    fi
}

begin_layer() {
    rm -rf /layer
    mkdir /layer
    touch "$settings/begun"
}

brought() {
    find / -xdev \
        \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /root -o -path /layer -o -path /build \
        -o -path "$settings" -o -path /var/lib/apt/lists -o -path /var/cache -o -path /var/log \
        -o -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf \) -prune \
        -o ! -path / -cnewer "$settings/begun" "$@" -print0
}

end_layer() {
    # Folders with their owners and modes; files as links, so that this stage holds them once.
    brought -type d | tar --create --null --no-recursion --files-from=- --file=- 2>/dev/null |
        tar --extract --file=- --directory=/layer
    brought ! -type d | xargs --null --no-run-if-empty cp --archive --link --parents --target-directory=/layer
}
