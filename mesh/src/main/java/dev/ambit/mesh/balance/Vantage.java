package dev.ambit.mesh.balance;

import dev.ambit.mesh.model.Workload;

/// Where a client stands, as far as it matters for what is near to it.
public record Vantage(String network, String cluster, String node, Workload.Locality locality) {
    public static Vantage of(Workload source) {
        return new Vantage(source.network(), source.clusterId(), source.node(), source.locality());
    }
}
