package dev.ambit.waypoint.xds.route;

import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import java.util.ArrayList;
import java.util.List;

/// Fields of Envoy that are newer than the library: read as unknown fields.
final class NewerFields {
    private static final int WEIGHTED_USE_HASH_POLICY = 5;
    private static final int FILTER_RATE_LIMITS = 17;

    private NewerFields() {}

    /// `WeightedCluster.use_hash_policy`.
    static boolean useHashPolicy(WeightedCluster clusters) throws Refused {
        boolean use = false;
        try {
            for (var bytes : values(clusters, WEIGHTED_USE_HASH_POLICY)) {
                use = BoolValue.parseFrom(bytes).getValue();
            }
        } catch (InvalidProtocolBufferException e) {
            throw new Refused("use_hash_policy", String.valueOf(e.getMessage()), "a BoolValue");
        }
        return use;
    }

    /// `RateLimit.rate_limits` of the filter that asks a service.
    static List<RateLimit> rateLimits(Message filter) throws Refused {
        var limits = new ArrayList<RateLimit>();
        try {
            for (var bytes : values(filter, FILTER_RATE_LIMITS)) {
                limits.add(RateLimit.parseFrom(bytes));
            }
        } catch (InvalidProtocolBufferException e) {
            throw new Refused("rate_limits", String.valueOf(e.getMessage()), "a RateLimit");
        }
        return limits;
    }

    private static List<ByteString> values(Message message, int number) {
        UnknownFieldSet.Field field = message.getUnknownFields().getField(number);
        return field.getLengthDelimitedList();
    }
}
