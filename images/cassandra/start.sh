# Fills in the configuration for this container's address and runs the server in the foreground.
# MAX_HEAP_SIZE, CASSANDRA_CLUSTER_NAME and CASSANDRA_SEEDS (other nodes' addresses) may be set.
set -eu
files=/opt/relevo/cassandra conf=/tmp/cassandra
address=$(hostname -i | cut -d' ' -f1)
mkdir -p "$conf"
cp "$files/logback.xml" "$conf/"
sed -e "s/@CLUSTER@/${CASSANDRA_CLUSTER_NAME:-relevo}/" -e "s/@ADDRESS@/$address/" \
    -e "s/@SEEDS@/${CASSANDRA_SEEDS:-$address}/" "$files/cassandra.yaml" >"$conf/cassandra.yaml"
# A node that is alone need not wait for others to tell it about themselves.
alone=""
[ -n "${CASSANDRA_SEEDS:-}" ] || alone="-Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.ring_delay_ms=0"
# shellcheck disable=SC2086 - two words or none
exec java -Xms160M "-Xmx${MAX_HEAP_SIZE:-448M}" "@$files/jvm.opts" "@$files/modules.opts" $alone \
    "-Dcassandra.config=file://$conf/cassandra.yaml" -cp "$conf:$CASSANDRA_HOME/lib/*" \
    org.apache.cassandra.service.CassandraDaemon
