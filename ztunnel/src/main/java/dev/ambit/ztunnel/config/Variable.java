package dev.ambit.ztunnel.config;

import dev.ambit.process.config.Named;

/// Every environment variable that this process looks at; the constants are their names.
/// `docs/configuration.md` has a row for each, and a test holds the two together.
public enum Variable implements Named {
    ENABLE_PROXY,
    PROXY_MODE,
    PROXY_WORKLOAD_INFO,
    NETWORK,
    NODE_NAME,
    CLUSTER_ID,
    CLUSTER_DOMAIN,
    POD_NAME,
    POD_NAMESPACE,
    INSTANCE_IP,
    SERVICE_ACCOUNT,
    TRUST_DOMAIN,
    KUBERNETES_SERVICE_HOST,
    XDS_ADDRESS,
    XDS_ON_DEMAND,
    XDS_ROOT_CA,
    ALT_XDS_HOSTNAME,
    CA_ADDRESS,
    CA_ROOT_CA,
    ALT_CA_HOSTNAME,
    AUTH_TOKEN,
    SECRET_TTL,
    FAKE_CA,
    LOCAL_XDS_PATH,
    LOCAL_XDS,
    PREFERED_SERVICE_NAMESPACE,
    INPOD_UDS,
    INPOD_PORT_REUSE,
    PACKET_MARK,
    ENABLE_ORIG_SRC,
    LOCALHOST_APP_TUNNEL,
    ENABLE_RESPONSE_BAGGAGE,
    KEEPALIVE_ENABLED,
    KEEPALIVE_TIME,
    KEEPALIVE_INTERVAL,
    KEEPALIVE_RETRIES,
    USER_TIMEOUT_ENABLED,
    IPV6_ENABLED,
    HTTP2_STREAM_WINDOW_SIZE,
    HTTP2_CONNECTION_WINDOW_SIZE,
    HTTP2_FRAME_SIZE,
    POOL_MAX_STREAMS_PER_CONNECTION,
    POOL_UNUSED_RELEASE_TIMEOUT,
    CONNECTION_TERMINATION_DEADLINE,
    TERMINATION_GRACE_PERIOD_SECONDS,
    ZTUNNEL_WORKER_THREADS,
    ZTUNNEL_CPU_LIMIT,
    ZTUNNEL_RESOURCE_CPU_LIMIT,
    ZTUNNEL_RESOURCE_CPU_REQUEST,
    CRL_PATH,
    COMPLIANCE_POLICY,
    TLS12_ENABLED,
    UNSTABLE_ENABLE_SOCKS5,
    AUTHZ_POLICY_INFO_LOGGING,
    LOG_FORMAT,
    RUST_LOG,
    PROXY_CONFIG;

    /// Variables of which there may be any number, by how their names begin.
    public enum Prefix implements Named {
        XDS_HEADER_,
        CA_HEADER_,
        ISTIO_META_,
        ISTIO_METAJSON_
    }
}
