package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.route.RouteParts.Cors;
import dev.ambit.control.resource.route.RouteParts.Destination;
import dev.ambit.control.resource.route.RouteParts.DirectResponse;
import dev.ambit.control.resource.route.RouteParts.Fault;
import dev.ambit.control.resource.route.RouteParts.Fraction;
import dev.ambit.control.resource.route.RouteParts.HeaderChanges;
import dev.ambit.control.resource.route.RouteParts.Mirror;
import dev.ambit.control.resource.route.RouteParts.Redirect;
import dev.ambit.control.resource.route.RouteParts.Retry;
import dev.ambit.control.resource.route.RouteParts.Rewrite;
import dev.ambit.control.resource.route.RouteParts.Target;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// @param hosts completed; none: only good as a delegate
/// @param gateways none means `mesh`
/// @param exportTo namespaces, `.` resolved to its own; empty: the default
public record VirtualService(
        Meta meta,
        List<String> hosts,
        List<String> gateways,
        List<String> exportTo,
        List<Http> http,
        List<L4Rule> tls,
        List<L4Rule> tcp)
        implements Resource {
    public static final String MESH = "mesh";

    public VirtualService {
        hosts = List.copyOf(hosts);
        gateways = List.copyOf(gateways);
        exportTo = List.copyOf(exportTo);
        http = List.copyOf(http);
        tls = List.copyOf(tls);
        tcp = List.copyOf(tcp);
    }

    public boolean forMesh() {
        return gateways.isEmpty() || gateways.contains(MESH);
    }

    /// An entry of `http`. What is not said may come from the rule that delegates to it.
    ///
    /// @param redirect goes before `response`, and that before `targets`
    public record Http(
            String name,
            List<HttpMatch> matches,
            List<Target> targets,
            Optional<Redirect> redirect,
            Optional<DirectResponse> response,
            Optional<Delegate> delegate,
            Optional<Rewrite> rewrite,
            Optional<Duration> timeout,
            Optional<Retry> retry,
            Optional<Fault> fault,
            Mirroring mirroring,
            Optional<Cors> cors,
            Optional<HeaderChanges> headers) {
        public Http {
            matches = List.copyOf(matches);
            targets = List.copyOf(targets);
        }
    }

    public record Delegate(String name, String namespace) {}

    /// @param one `mirror`, with its share in one of the next two fields
    /// @param percent `mirrorPercent`, outdated by `percentage`
    /// @param more `mirrors`
    public record Mirroring(
            Optional<Destination> one,
            Optional<Fraction> percent,
            Optional<Fraction> percentage,
            List<Mirror> more) {
        public Mirroring {
            more = List.copyOf(more);
        }

        public Mirroring orElse(Mirroring other) {
            return new Mirroring(
                    one.or(other::one),
                    percent.or(other::percent),
                    percentage.or(other::percentage),
                    more.isEmpty() ? other.more : more);
        }
    }
}
