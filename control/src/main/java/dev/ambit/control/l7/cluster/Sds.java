package dev.ambit.control.l7.cluster;

import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;

/// Where a proxy gets certificates and roots from.
public final class Sds {
    /// Served to each proxy by itself: its own certificate.
    public static final String OWN = "default";

    /// Served to each proxy by itself: the roots of the mesh.
    public static final String ROOTS = "ROOTCA";

    private static final String LOCAL = "sds-grpc";
    private static final String FILES = "sds-files-grpc";
    private static final String EXTERNAL = "sds-external";
    private static final String KUBERNETES = "kubernetes://";
    private static final String CONFIG_MAP = "configmap://";
    private static final String GATEWAY_SECRET = "kubernetes-gateway://";
    private static final String BUILTIN = "builtin://";
    private static final String SDS = "sds://";
    private static final String CA_SUFFIX = "-cacert";

    /// A credential that can't exist: whoever waits for it never connects.
    public static final String INVALID = "invalid://";

    private Sds() {}

    /// {@link #OWN} and {@link #ROOTS}: without them nothing works, so they are waited for.
    public static SdsSecretConfig mesh(String name) {
        var source =
                local(LOCAL)
                        .setInitialFetchTimeout(com.google.protobuf.Duration.getDefaultInstance());
        return SdsSecretConfig.newBuilder().setName(name).setSdsConfig(source).build();
    }

    /// Files in the proxy's own container, which it reads and watches.
    ///
    /// @param elsewhere another process in the pod serves them
    static SdsSecretConfig file(String name, boolean elsewhere) {
        return SdsSecretConfig.newBuilder()
                .setName(name)
                .setSdsConfig(local(elsewhere ? FILES : LOCAL))
                .build();
    }

    static String roots(String path) {
        return "file-root:" + path;
    }

    static String certificate(String chain, String key) {
        return "file-cert:" + chain + "~" + key;
    }

    /// `credentialName` of a rule.
    ///
    /// @param roots the certificates that the server's is checked with, instead of the client's own
    /// @param socket the pod has a socket for credentials
    static SdsSecretConfig credential(String name, boolean roots, boolean socket) {
        var wanted = roots ? name + CA_SUFFIX : name;
        if (name.equals(BUILTIN)) {
            return mesh(roots ? ROOTS : OWN);
        }
        if (wanted.startsWith(SDS) && socket) {
            return SdsSecretConfig.newBuilder()
                    .setName(wanted)
                    .setSdsConfig(local(EXTERNAL))
                    .build();
        }
        return SdsSecretConfig.newBuilder()
                .setName(resource(wanted))
                .setSdsConfig(
                        // Without a limit of time one missing secret would hold up everything.
                        ConfigSource.newBuilder()
                                .setAds(AggregatedConfigSource.getDefaultInstance())
                                .setResourceApiVersion(ApiVersion.V3))
                .build();
    }

    private static String resource(String written) {
        var name = written.startsWith(SDS) ? written.substring(SDS.length()) : written;
        if (name.startsWith(INVALID)) {
            return INVALID;
        }
        if (name.startsWith(BUILTIN)) {
            return OWN;
        }
        boolean typed =
                name.startsWith(CONFIG_MAP)
                        || name.startsWith(KUBERNETES)
                        || name.startsWith(GATEWAY_SECRET);
        return typed ? name : KUBERNETES + name;
    }

    private static ConfigSource.Builder local(String cluster) {
        return ConfigSource.newBuilder()
                .setApiConfigSource(
                        ApiConfigSource.newBuilder()
                                .setApiType(ApiConfigSource.ApiType.GRPC)
                                .setSetNodeOnFirstMessageOnly(true)
                                .setTransportApiVersion(ApiVersion.V3)
                                .addGrpcServices(
                                        GrpcService.newBuilder()
                                                .setEnvoyGrpc(
                                                        GrpcService.EnvoyGrpc.newBuilder()
                                                                .setClusterName(cluster))))
                .setResourceApiVersion(ApiVersion.V3);
    }
}
