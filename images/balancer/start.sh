# Writes HAProxy's configuration for a name that stands for several gateways, and runs it in the foreground.
# RELEVO_GATEWAYS is that name, which Docker's DNS answers with every gateway's address; RELEVO_PORTS are
# the ports to pass on, the API's first, then those of listeners; RELEVO_SLOTS how many gateways at most;
# RELEVO_CERTIFICATE a PEM file of a certificate and its key, with which HTTPS is served.
set -eu
gateways=${RELEVO_GATEWAYS:-gateway} ports=${RELEVO_PORTS:-8000} slots=${RELEVO_SLOTS:-16}
configuration=/tmp/haproxy.cfg tls=${RELEVO_CERTIFICATE:+ ssl crt $RELEVO_CERTIFICATE}
api=${ports%% *}
# What is the same when done twice; labels are so by their ids, predictions only where the client brings ids.
repeatable="{ method GET HEAD OPTIONS PUT } or { path_end /labels }"
cp /opt/relevo/balancer/haproxy.cfg "$configuration"
for port in $ports; do
    cat >>"$configuration" <<END

frontend port_$port
    bind :$port$tls
    default_backend gateways_$port

backend gateways_$port
    http-request disable-l7-retry unless $repeatable
    server-template gateway 1-$slots $gateways:$port check port $api resolvers docker init-addr none
END
done
cat >>"$configuration" <<END

frontend health
    bind 127.0.0.1:8404
    monitor-uri /health
    monitor fail if { nbsrv(gateways_$api) lt 1 }
END
exec haproxy -W -db -f "$configuration"
