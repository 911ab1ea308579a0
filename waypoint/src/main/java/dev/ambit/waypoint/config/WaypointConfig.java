package dev.ambit.waypoint.config;

import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.ca.BearerToken;
import dev.ambit.identity.ca.RootCertificates;
import dev.ambit.process.TrustFiles;
import dev.ambit.process.config.HostPort;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What arguments and environment say, in the names that Istio's proxies know, so that a Deployment
/// written for Istio's waypoint starts this one. Read once, at start.
/// `docs/waypoint-configuration.md` lists the variables.
///
/// @param identity this process's own
/// @param network own network id; empty is a name too
/// @param domain of the services of this namespace: `ns.svc.cluster.local`
/// @param serviceCluster `node.cluster` for the control plane
/// @param certificateTtl lifetime asked for
/// @param workers event loops that carry bytes
/// @param metadata of the node, for the control plane
/// @param histogramBuckets bounds for Istio's histograms, ascending; empty for the usual ones
/// @param remarks about settings that are understood but have no effect, for the log
public record WaypointConfig(
        String podName,
        String podNamespace,
        String instanceIp,
        SpiffeId identity,
        String clusterId,
        String network,
        String domain,
        String serviceCluster,
        ControlPlane xds,
        ControlPlane ca,
        BearerToken.Source authToken,
        Duration certificateTtl,
        TrustFiles.Settings trust,
        int workers,
        Drain drain,
        Addresses addresses,
        boolean jsonLog,
        String logLevel,
        Map<String, Object> metadata,
        List<Double> histogramBuckets,
        List<String> remarks) {

    /// A server of the control plane.
    ///
    /// @param alsoNamed a second name that its certificate may have
    /// @param headers added to each call, names in lower case
    public record ControlPlane(
            HostPort address,
            RootCertificates roots,
            Optional<String> alsoNamed,
            Map<String, String> headers) {}

    /// How the process ends.
    ///
    /// @param duration for connections to end by themselves
    /// @param minimum before it ends earlier
    /// @param untilIdle whether it ends as soon as no connection is left, instead of after
    ///   `duration`
    public record Drain(Duration duration, Duration minimum, boolean untilIdle) {}

    /// Where it listens.
    ///
    /// @param sandwich plain TCP with a PROXY header, for a ztunnel in the same pod; empty for none
    /// @param admin loopback only
    /// @param status merged metrics
    /// @param prometheus metrics alone
    public record Addresses(
            InetSocketAddress hbone,
            Optional<InetSocketAddress> sandwich,
            InetSocketAddress admin,
            InetSocketAddress status,
            InetSocketAddress readiness,
            InetSocketAddress prometheus) {}

    /// @param arguments after `proxy waypoint`
    /// @param env as `System.getenv` gives it
    /// @throws dev.ambit.process.ConfigFault naming the variable, its value and what was expected
    public static WaypointConfig from(List<String> arguments, Map<String, String> env) {
        return ConfigReader.read(arguments, env);
    }
}
