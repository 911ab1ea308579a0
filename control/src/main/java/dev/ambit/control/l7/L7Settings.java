package dev.ambit.control.l7;

/// What istiod has feature flags for, with its defaults (named after its variables).
///
/// @param multiNetwork `AMBIENT_ENABLE_MULTI_NETWORK`
/// @param multiNetworkWaypoint `AMBIENT_ENABLE_MULTI_NETWORK_WAYPOINT`
/// @param baggage `AMBIENT_ENABLE_BAGGAGE`
/// @param layeredAuthorization `ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES`
/// @param wildcardTls `ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS`
/// @param multipleCustomProviders `PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS`
/// @param skipTrustDomain `PILOT_SKIP_VALIDATE_TRUST_DOMAIN`
/// @param http10 `PILOT_HTTP10`
/// @param mongoFilter `PILOT_ENABLE_MONGO_FILTER`
/// @param redisFilter `PILOT_ENABLE_REDIS_FILTER`
/// @param mysqlFilter `PILOT_ENABLE_MYSQL_FILTER`
/// @param alphaGatewayApi `PILOT_ENABLE_ALPHA_GATEWAY_API`
/// @param traceSampling `PILOT_TRACE_SAMPLING`, percent
/// @param hboneStreamWindow `PILOT_HBONE_INITIAL_STREAM_WINDOW_SIZE`, bytes; 0: not set
/// @param hboneConnectionWindow `PILOT_HBONE_INITIAL_CONNECTION_WINDOW_SIZE`, bytes; 0: not set
/// @param remoteJwks `PILOT_JWT_ENABLE_REMOTE_JWKS`: who fetches keys
/// @param compliance `COMPLIANCE_POLICY`
/// @param failClosed a rule that can't be understood refuses where istiod leaves it out
public record L7Settings(
        boolean multiNetwork,
        boolean multiNetworkWaypoint,
        boolean baggage,
        boolean layeredAuthorization,
        boolean wildcardTls,
        boolean multipleCustomProviders,
        boolean skipTrustDomain,
        boolean http10,
        boolean mongoFilter,
        boolean redisFilter,
        boolean mysqlFilter,
        boolean alphaGatewayApi,
        double traceSampling,
        int hboneStreamWindow,
        int hboneConnectionWindow,
        RemoteJwks remoteJwks,
        Compliance compliance,
        boolean failClosed) {

    public enum RemoteJwks {
        /// The control plane, which sends them inline.
        CONTROL,
        /// The control plane, else the proxy if it knows a cluster for the issuer.
        HYBRID,
        /// The proxy.
        PROXY
    }

    public enum Compliance {
        NONE,
        FIPS,
        PQC
    }

    public static L7Settings defaults() {
        return new L7Settings(
                false,
                true,
                false,
                false,
                false,
                false,
                false,
                false,
                true,
                false,
                false,
                false,
                1,
                0,
                0,
                RemoteJwks.CONTROL,
                Compliance.NONE,
                true);
    }
}
