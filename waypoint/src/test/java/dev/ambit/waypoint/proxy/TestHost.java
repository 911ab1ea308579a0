package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.upstream.UpstreamHost;
import java.util.ArrayList;
import java.util.List;

/// A host that remembers what was said of it.
final class TestHost implements UpstreamHost {
    private final String address;
    final List<HostResult> results = new ArrayList<>();

    TestHost(String address) {
        this.address = address;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public String hostname() {
        return "host.example";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public String workloadAddress() {
        return "";
    }

    @Override
    public void report(HostResult result) {
        results.add(result);
    }
}
