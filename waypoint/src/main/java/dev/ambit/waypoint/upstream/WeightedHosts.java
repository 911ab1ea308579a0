package dev.ambit.waypoint.upstream;

import java.util.List;

/// Hosts with their shares of the traffic, which add up to 1.
///
/// @param min the least share
/// @param max the greatest share
@SuppressWarnings("ArrayRecordComponent") // Read by each request; nobody writes to them.
record WeightedHosts(Host[] hosts, double[] shares, double min, double max) {
    /// Shares by weight alone.
    static WeightedHosts flat(Host[] hosts) {
        var built = new Builder(hosts.length);
        built.add(hosts, 1);
        return built.build();
    }

    /// Shares by the weights of the localities, then by those of the hosts. A locality without
    /// hosts takes its share with it, as in Envoy.
    static WeightedHosts byLocality(List<Host[]> localities, int[] weights) {
        long sum = 0;
        int size = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i];
            size += weights[i] == 0 ? 0 : localities.get(i).length;
        }
        var built = new Builder(size);
        if (sum != 0) {
            for (int i = 0; i < weights.length; i++) {
                if (weights[i] != 0) {
                    built.add(localities.get(i), (double) weights[i] / sum);
                }
            }
        }
        return built.build();
    }

    private static final class Builder {
        private final Host[] hosts;
        private final double[] shares;
        private double min = 1;
        private double max;
        private int size;

        Builder(int capacity) {
            hosts = new Host[capacity];
            shares = new double[capacity];
        }

        void add(Host[] some, double share) {
            long sum = 0;
            for (var host : some) {
                sum += host.weight();
            }
            for (var host : some) {
                double weight = host.weight() * share / sum;
                hosts[size] = host;
                shares[size++] = weight;
                min = Math.min(min, weight);
                max = Math.max(max, weight);
            }
        }

        WeightedHosts build() {
            return new WeightedHosts(hosts, shares, min, max);
        }
    }
}
