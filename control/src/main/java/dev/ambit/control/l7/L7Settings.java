package dev.ambit.control.l7;

import java.util.Map;

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
/// @param environment control's own, from which headers of reports may take values
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
        Environment environment,
        boolean failClosed) {

    /// Shows no values: there may be secrets among them.
    public record Environment(Map<String, String> variables) {
        public Environment {
            variables = Map.copyOf(variables);
        }

        /// Empty when there is none of that name.
        public String value(String name) {
            return variables.getOrDefault(name, "");
        }

        @Override
        public String toString() {
            return variables.size() + " variables";
        }
    }

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

    /// By the names of istiod's variables; what is not among them has its default.
    public static L7Settings of(Map<String, String> variables) {
        var flags = new Flags(variables);
        var defaults = defaults();
        return new L7Settings(
                flags.is("AMBIENT_ENABLE_MULTI_NETWORK", defaults.multiNetwork),
                flags.is("AMBIENT_ENABLE_MULTI_NETWORK_WAYPOINT", defaults.multiNetworkWaypoint),
                flags.is("AMBIENT_ENABLE_BAGGAGE", defaults.baggage),
                flags.is(
                        "ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES",
                        defaults.layeredAuthorization),
                flags.is("ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS", defaults.wildcardTls),
                flags.is(
                        "PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS",
                        defaults.multipleCustomProviders),
                flags.is("PILOT_SKIP_VALIDATE_TRUST_DOMAIN", defaults.skipTrustDomain),
                flags.is("PILOT_HTTP10", defaults.http10),
                flags.is("PILOT_ENABLE_MONGO_FILTER", defaults.mongoFilter),
                flags.is("PILOT_ENABLE_REDIS_FILTER", defaults.redisFilter),
                flags.is("PILOT_ENABLE_MYSQL_FILTER", defaults.mysqlFilter),
                flags.is("PILOT_ENABLE_ALPHA_GATEWAY_API", defaults.alphaGatewayApi),
                flags.number("PILOT_TRACE_SAMPLING", defaults.traceSampling),
                flags.bytes("PILOT_HBONE_INITIAL_STREAM_WINDOW_SIZE", defaults.hboneStreamWindow),
                flags.bytes(
                        "PILOT_HBONE_INITIAL_CONNECTION_WINDOW_SIZE",
                        defaults.hboneConnectionWindow),
                switch (flags.text("PILOT_JWT_ENABLE_REMOTE_JWKS")) {
                    case "", "false" -> defaults.remoteJwks;
                    case "hybrid", "true" -> RemoteJwks.HYBRID;
                    case "envoy" -> RemoteJwks.PROXY;
                    default -> throw flags.bad("PILOT_JWT_ENABLE_REMOTE_JWKS", "hybrid, envoy");
                },
                switch (flags.text("COMPLIANCE_POLICY")) {
                    case "" -> defaults.compliance;
                    case "fips-140-2" -> Compliance.FIPS;
                    case "pqc" -> Compliance.PQC;
                    default -> throw flags.bad("COMPLIANCE_POLICY", "fips-140-2, pqc");
                },
                new Environment(variables),
                defaults.failClosed);
    }

    private record Flags(Map<String, String> variables) {
        String text(String name) {
            return variables.getOrDefault(name, "");
        }

        boolean is(String name, boolean otherwise) {
            return switch (text(name)) {
                case "" -> otherwise;
                case "true", "1" -> true;
                case "false", "0" -> false;
                default -> throw bad(name, "true, false");
            };
        }

        double number(String name, double otherwise) {
            try {
                return text(name).isEmpty() ? otherwise : Double.parseDouble(text(name));
            } catch (NumberFormatException e) {
                throw bad(name, "a number");
            }
        }

        int bytes(String name, int otherwise) {
            try {
                return text(name).isEmpty() ? otherwise : Integer.parseInt(text(name));
            } catch (NumberFormatException e) {
                throw bad(name, "a number of bytes");
            }
        }

        IllegalArgumentException bad(String name, String expected) {
            return new IllegalArgumentException(
                    name + ": '" + text(name) + "' (expected: " + expected + ")");
        }
    }

    /// Those that the rest of the control plane decides too.
    public L7Settings with(boolean severalNetworks, boolean closed) {
        return new L7Settings(
                severalNetworks,
                multiNetworkWaypoint,
                baggage,
                layeredAuthorization,
                wildcardTls,
                multipleCustomProviders,
                skipTrustDomain,
                http10,
                mongoFilter,
                redisFilter,
                mysqlFilter,
                alphaGatewayApi,
                traceSampling,
                hboneStreamWindow,
                hboneConnectionWindow,
                remoteJwks,
                compliance,
                environment,
                closed);
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
                new Environment(Map.of()),
                true);
    }
}
