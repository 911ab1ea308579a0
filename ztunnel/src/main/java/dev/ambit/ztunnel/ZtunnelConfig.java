package dev.ambit.ztunnel;

import dev.ambit.identity.ca.BearerToken;
import dev.ambit.identity.ca.RootCertificates;
import dev.ambit.process.config.HostPort;
import dev.ambit.ztunnel.config.ConfigReader;
import dev.ambit.ztunnel.config.ConfigView;
import dev.ambit.ztunnel.dns.DnsSettings;
import dev.ambit.ztunnel.inpod.PodInfo;
import dev.ambit.ztunnel.inpod.SourceAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the environment says, in Istio's variable names, so that a DaemonSet written for Istio's
/// ztunnel starts this one. Read once, at start. `docs/configuration.md` lists the variables.
///
/// @param proxy whether connections are carried; false leaves only the DNS proxy
/// @param nodeName whose pods are local; empty: all are
/// @param network own network id; empty is a name too
/// @param self this process's own pod, when it is told who it is
/// @param xdsAddress the control plane; empty: there is none, the mesh is what `localMesh` says
/// @param altXdsHostname name that the control plane's certificate may have instead
/// @param xdsHeaders added to each call, names in lower case
/// @param authToken read anew for each call
/// @param certificateTtl lifetime asked for
/// @param localMesh a mesh in a file, known before the control plane speaks
/// @param packetMark SO_MARK of every socket in a pod; the redirection rules know 1337. 0: none
/// @param originalSource whether applications see the client's address: empty means where it works
/// @param localhostAppTunnel whether an application tunnel goes to the pod's loopback
/// @param responseBaggage whether baggage is read and answered
/// @param workerThreads event loops that carry bytes
/// @param adminAddresses loopback, IPv6 too where the node has it
/// @param metadata what the xDS node says beside its name: texts
/// @param jsonMetadata the same, of `ISTIO_METAJSON_*`: what JSON has
/// @param remarks about settings that are understood but have no effect, for the log
public record ZtunnelConfig(
        boolean proxy,
        Mode mode,
        String nodeName,
        String network,
        String clusterId,
        String clusterDomain,
        String podName,
        String podNamespace,
        String instanceIp,
        Optional<OwnWorkload> self,
        Optional<HostPort> xdsAddress,
        RootCertificates xdsRootCa,
        Optional<String> altXdsHostname,
        Map<String, String> xdsHeaders,
        HostPort caAddress,
        RootCertificates caRootCa,
        Optional<String> altCaHostname,
        Map<String, String> caHeaders,
        BearerToken.Source authToken,
        Duration certificateTtl,
        Optional<LocalMeshSource> localMesh,
        Path zdsSocket,
        boolean reusePort,
        int packetMark,
        Optional<Boolean> originalSource,
        boolean localhostAppTunnel,
        boolean responseBaggage,
        SocketSettings sockets,
        boolean ipv6,
        TunnelSettings tunnels,
        Duration drain,
        int workerThreads,
        SecuritySettings security,
        boolean socks5,
        DnsSettings dns,
        List<InetSocketAddress> adminAddresses,
        InetSocketAddress statsAddress,
        InetSocketAddress readinessAddress,
        boolean jsonLog,
        String logLevel,
        Map<String, String> metadata,
        Map<String, Object> jsonMetadata,
        List<String> remarks) {

    /// Whom this process serves: setting `PROXY_MODE`.
    public sealed interface Mode {
        /// All pods of the node, as the node agent hands them over.
        record Shared() implements Mode {}

        /// One workload, in this process's own network namespace.
        record Dedicated(PodName pod) implements Mode {}
    }

    public record PodName(String namespace, String name, String serviceAccount) {}

    public record OwnWorkload(PodName pod, String trustDomain) {}

    /// `LOCAL_XDS_PATH` or `LOCAL_XDS`.
    public sealed interface LocalMeshSource {
        record File(Path path) implements LocalMeshSource {}

        record Inline(String yaml) implements LocalMeshSource {}
    }

    /// Of every socket of a carried connection.
    ///
    /// @param keepaliveTime quiet time before the first probe, whole seconds
    /// @param keepaliveInterval between probes, whole seconds
    /// @param userTimeout whether data that nobody acknowledges ends the connection, after the time
    ///   that keepalive would take
    public record SocketSettings(
            boolean keepalive,
            Duration keepaliveTime,
            Duration keepaliveInterval,
            int keepaliveRetries,
            boolean userTimeout) {
        public static final SocketSettings DEFAULT =
                new SocketSettings(
                        true, Duration.ofSeconds(180), Duration.ofSeconds(180), 9, false);

        public Duration userTimeoutAfter() {
            return keepaliveTime.plus(keepaliveInterval.multipliedBy(keepaliveRetries));
        }
    }

    /// @param streamWindow bytes
    /// @param connectionWindow bytes
    /// @param frame bytes, 16384 to 16777215
    /// @param streams most on one tunnel
    /// @param unusedFor a tunnel without streams is closed after this
    public record TunnelSettings(
            int streamWindow, int connectionWindow, int frame, int streams, Duration unusedFor) {}

    /// @param source `ENABLE_ORIG_SRC`
    /// @param loopbackTunnels `LOCALHOST_APP_TUNNEL`
    /// @param baggage `ENABLE_RESPONSE_BAGGAGE`: peers' baggage is heard and answered
    public record InboundSettings(SourceAddress source, boolean loopbackTunnels, boolean baggage) {}

    /// How requests are delivered to this node's pods.
    public InboundSettings inbound() {
        var source =
                originalSource
                        .map(wanted -> wanted ? SourceAddress.REQUIRED : SourceAddress.OWN)
                        .orElse(SourceAddress.BEST_EFFORT);
        return new InboundSettings(source, localhostAppTunnel, responseBaggage);
    }

    /// The one pod that is proxied, in this process's own namespace; empty: all of the node's.
    public Optional<PodInfo> dedicated() {
        return switch (mode) {
            case Mode.Shared() -> Optional.empty();
            case Mode.Dedicated(var pod) ->
                    Optional.of(
                            new PodInfo(
                                    "dedicated",
                                    pod.name(),
                                    pod.namespace(),
                                    pod.serviceAccount()));
        };
    }

    /// This process's own pod, whose ports can be reached by HBONE, under its policies.
    public Optional<PodInfo> ownPod() {
        return switch (mode) {
            case Mode.Shared() ->
                    self.map(OwnWorkload::pod)
                            .map(pod ->
                                    new PodInfo(
                                            "self",
                                            pod.name(),
                                            pod.namespace(),
                                            pod.serviceAccount()));
            case Mode.Dedicated _ -> Optional.empty();
        };
    }

    /// @param env as `System.getenv` gives it
    /// @throws ConfigFault naming the variable, its value and what was expected
    public static ZtunnelConfig from(Map<String, String> env) {
        return ConfigReader.read(env);
    }

    /// For `/config_dump` and the log at start, under the reference's names: no secrets are in it.
    public Map<String, ?> describe() {
        return ConfigView.of(this);
    }
}
