package dev.ambit.control.l7.endpoint;

import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Endpoints of one place and one priority.
///
/// @param weight of the group; empty when it has none
record EndpointGroup(Locality locality, List<Member> members, OptionalLong weight, int priority) {

    EndpointGroup {
        members = List.copyOf(members);
    }

    /// @param labels of what is behind it
    record Member(Map<String, String> labels, LbEndpoint wire) {
        long weight() {
            return Integer.toUnsignedLong(wire.getLoadBalancingWeight().getValue());
        }
    }

    static Locality locality(String text) {
        var parts = text.split("/", 3);
        return Locality.newBuilder()
                .setRegion(parts[0])
                .setZone(parts.length > 1 ? parts[1] : "")
                .setSubZone(parts.length > 2 ? parts[2] : "")
                .build();
    }

    EndpointGroup withPriority(int other) {
        return new EndpointGroup(locality, members, weight, other);
    }

    EndpointGroup withWeight(long other) {
        return new EndpointGroup(locality, members, OptionalLong.of(other), priority);
    }

    EndpointGroup withoutMembers() {
        return new EndpointGroup(locality, List.of(), weight, priority);
    }

    LocalityLbEndpoints wire() {
        var builder = LocalityLbEndpoints.newBuilder().setLocality(locality).setPriority(priority);
        members.forEach(m -> builder.addLbEndpoints(m.wire()));
        weight.ifPresent(w -> builder.setLoadBalancingWeight(Weights.wire(w)));
        return builder.build();
    }
}
