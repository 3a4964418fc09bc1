# Makes the system tables at the first start and runs the server in the foreground. MARIADB_ROOT_PASSWORD
# must be set then; MARIADB_DATABASE, MARIADB_USER and MARIADB_PASSWORD make a database and who may use it.
set -eu
options=/opt/relevo/datalake/server.cnf ready=/var/lib/mysql/relevo-ready

quoted() { printf "'%s'" "$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e "s/'/''/g")"; }

first_statements() {
    cat <<END
FLUSH PRIVILEGES;
DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';
FLUSH PRIVILEGES;
ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$MARIADB_ROOT_PASSWORD");
CREATE USER IF NOT EXISTS 'relevo'@'localhost' IDENTIFIED VIA unix_socket;
END
    [ -n "${MARIADB_DATABASE:-}" ] || return 0
    cat <<END
CREATE DATABASE IF NOT EXISTS \`$MARIADB_DATABASE\`;
CREATE USER IF NOT EXISTS $(quoted "$MARIADB_USER")@'%' IDENTIFIED BY $(quoted "$MARIADB_PASSWORD");
GRANT ALL ON \`$MARIADB_DATABASE\`.* TO $(quoted "$MARIADB_USER")@'%';
END
}

if [ ! -f "$ready" ]; then
    : "${MARIADB_ROOT_PASSWORD:?set it to the password that root shall have}"
    [ -d /var/lib/mysql/mysql ] || mariadb-install-db --defaults-file="$options" \
        --auth-root-authentication-method=normal --skip-test-db >/dev/null
    first_statements | mariadbd --defaults-file="$options" --bootstrap
    touch "$ready"
fi
unset MARIADB_ROOT_PASSWORD MARIADB_PASSWORD
exec mariadbd --defaults-file="$options" "$@"
