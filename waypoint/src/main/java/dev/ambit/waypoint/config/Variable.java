package dev.ambit.waypoint.config;

import dev.ambit.process.config.Named;

/// Every environment variable that this process looks at; the constants are their names.
/// `docs/waypoint-configuration.md` has a row for each, and a test holds the two together.
public enum Variable implements Named {
    POD_NAME,
    POD_NAMESPACE,
    INSTANCE_IP,
    SERVICE_ACCOUNT,
    TRUST_DOMAIN,
    XDS_ADDRESS,
    XDS_ROOT_CA,
    ALT_XDS_HOSTNAME,
    CA_ADDRESS,
    CA_ADDR,
    CA_ROOT_CA,
    ALT_CA_HOSTNAME,
    AUTH_TOKEN,
    PILOT_CERT_PROVIDER,
    SECRET_TTL,
    PROXY_CONFIG,
    ISTIO_CPU_LIMIT,
    TERMINATION_DRAIN_DURATION_SECONDS,
    MINIMUM_DRAIN_DURATION,
    EXIT_ON_ZERO_ACTIVE_CONNECTIONS,
    ENVOY_STATUS_PORT,
    ENVOY_PROMETHEUS_PORT,
    STATUS_PORT,
    ADMIN_PORT,
    HBONE_PORT,
    SANDWICH_PORT,
    POD_INFO,
    ISTIO_PROMETHEUS_ANNOTATIONS,
    CRL_PATH,
    COMPLIANCE_POLICY,
    TLS12_ENABLED,
    LOG_FORMAT,
    AMBIT_LOG;

    /// Variables of which there may be any number, by how their names begin.
    public enum Prefix implements Named {
        XDS_HEADER_,
        CA_HEADER_,
        ISTIO_META_,
        ISTIO_METAJSON_
    }
}
