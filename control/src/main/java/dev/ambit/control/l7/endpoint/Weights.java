package dev.ambit.control.l7.endpoint;

import com.google.protobuf.UInt32Value;
import java.util.Collection;

/// Weights are unsigned 32 bits on the wire: what is more counts as the most.
final class Weights {
    private static final long MOST = 0xffff_ffffL;

    private Weights() {}

    static UInt32Value wire(long weight) {
        return UInt32Value.of((int) Math.min(weight, MOST));
    }

    static long sum(Collection<EndpointGroup.Member> members) {
        return Math.min(MOST, members.stream().mapToLong(EndpointGroup.Member::weight).sum());
    }
}
