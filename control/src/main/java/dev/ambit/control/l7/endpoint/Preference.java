package dev.ambit.control.l7.endpoint;

import dev.ambit.control.compile.TrafficDistribution;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.traffic.LoadBalancer;
import dev.ambit.control.resource.traffic.LocalityLb;
import dev.ambit.control.resource.traffic.TrafficPolicy;
import java.util.List;
import java.util.Optional;

/// Which places are preferred: by the rule, else by the service, else by the mesh.
sealed interface Preference {
    String HOSTNAME = "kubernetes.io/hostname";

    record None() implements Preference {}

    /// Shares for places; there is no failover then.
    record Shares(List<LocalityLb.Distribute> shares) implements Preference {
        public Shares {
            shares = List.copyOf(shares);
        }
    }

    /// Priorities.
    ///
    /// @param labels what has to match, in order; empty: region, zone, subzone
    /// @param regions where a region's traffic goes to next
    record Failover(List<String> labels, List<LocalityLb.Failover> regions) implements Preference {
        public Failover {
            labels = List.copyOf(labels);
            regions = List.copyOf(regions);
        }
    }

    static Preference of(TrafficPolicy policy, MeshService service, LocalityLb mesh) {
        boolean zoneAware = policy.loadBalancer().map(LoadBalancer::zoneAware).orElse(false);
        if (zoneAware) {
            // Needs a cluster of the proxy's own kind, which waypoints do not have.
            return new None();
        }
        // Without outlier detection nothing would ever fail over.
        boolean fails = policy.outlierDetection().isPresent();
        Optional<LocalityLb> ofRule = policy.loadBalancer().flatMap(LoadBalancer::locality);
        if (ofRule.isPresent()) {
            return of(ofRule.get(), fails);
        }
        return switch (service.distribution()) {
            case PREFER_SAME_ZONE -> near(TrafficDistribution.PREFER_SAME_ZONE);
            case PREFER_SAME_NODE -> near(TrafficDistribution.PREFER_SAME_NODE);
            case ANY -> of(mesh, fails);
        };
    }

    private static Preference of(LocalityLb setting, boolean fails) {
        if (!setting.enabled().orElse(true)) {
            return new None();
        }
        if (!setting.distribute().isEmpty()) {
            return new Shares(setting.distribute());
        }
        return fails ? new Failover(setting.failoverPriority(), setting.failover()) : new None();
    }

    private static Preference near(TrafficDistribution distribution) {
        var zone = List.of(Names.NETWORK, Names.REGION, Names.ZONE);
        var node = List.of(Names.NETWORK, Names.REGION, Names.ZONE, Names.SUBZONE, HOSTNAME);
        return new Failover(
                distribution == TrafficDistribution.PREFER_SAME_NODE ? node : zone, List.of());
    }
}
