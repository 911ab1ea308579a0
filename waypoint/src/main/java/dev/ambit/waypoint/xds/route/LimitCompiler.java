package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.match.QueryMatch;
import dev.ambit.waypoint.route.limit.DescriptorRule;
import dev.ambit.waypoint.route.limit.DescriptorRule.Action;
import dev.ambit.waypoint.route.limit.RateLimits;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.config.route.v3.RateLimit.Action.MetaData;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import java.util.ArrayList;
import java.util.List;

/// `envoy.config.route.v3.RateLimit`: what requests are counted by.
final class LimitCompiler {
    private static final int V4_BITS = 32;
    private static final int V6_BITS = 128;
    private static final int MAX_STAGE = 10;

    private final MutationCompiler mutations;
    private final String localCluster;

    /// @param localCluster this proxy's own, for `source_cluster`
    LimitCompiler(MutationCompiler mutations, String localCluster) {
        this.mutations = mutations;
        this.localCluster = localCluster;
    }

    RateLimits compile(List<RateLimit> limits) throws Refused {
        if (limits.isEmpty()) {
            return RateLimits.NONE;
        }
        var rules = new ArrayList<DescriptorRule>();
        for (var limit : limits) {
            rules.add(rule(limit));
        }
        return new RateLimits(List.copyOf(rules));
    }

    private DescriptorRule rule(RateLimit limit) throws Refused {
        if (limit.hasLimit()) {
            throw new Refused("rate_limits.limit", "set", "no override of limits by metadata");
        }
        if (limit.hasHitsAddend() || limit.getApplyOnStreamDone()) {
            throw new Refused(
                    "rate_limits.hits_addend, apply_on_stream_done",
                    "set",
                    "one hit, when the request comes");
        }
        int stage = limit.getStage().getValue();
        if (stage < 0 || stage > MAX_STAGE) {
            throw new Refused("rate_limits.stage", Integer.toString(stage), "from 0 to 10");
        }
        var actions = new ArrayList<Action>();
        for (var action : limit.getActionsList()) {
            actions.add(action(action));
        }
        return new DescriptorRule(stage, List.copyOf(actions));
    }

    @SuppressWarnings("deprecation") // Older control planes send `dynamic_metadata`.
    private Action action(RateLimit.Action action) throws Refused {
        return switch (action.getActionSpecifierCase()) {
            case SOURCE_CLUSTER -> new Action.SourceCluster(localCluster);
            case DESTINATION_CLUSTER -> new Action.DestinationCluster();
            case REQUEST_HEADERS ->
                    new Action.RequestHeader(
                            Ascii.lower(action.getRequestHeaders().getHeaderName()),
                            action.getRequestHeaders().getDescriptorKey(),
                            action.getRequestHeaders().getSkipIfAbsent());
            case QUERY_PARAMETERS ->
                    new Action.QueryParameter(
                            action.getQueryParameters().getQueryParameterName(),
                            action.getQueryParameters().getDescriptorKey(),
                            action.getQueryParameters().getSkipIfAbsent());
            case REMOTE_ADDRESS -> new Action.RemoteAddress();
            case MASKED_REMOTE_ADDRESS -> masked(action.getMaskedRemoteAddress());
            case GENERIC_KEY -> {
                var generic = action.getGenericKey();
                yield new Action.GenericKey(
                        key(generic.getDescriptorKey(), "generic_key"),
                        mutations.value("descriptor_value", generic.getDescriptorValue()));
            }
            case HEADER_VALUE_MATCH -> {
                var match = action.getHeaderValueMatch();
                yield new Action.HeaderValueMatch(
                        key(match.getDescriptorKey(), "header_match"),
                        mutations.value("descriptor_value", match.getDescriptorValue()),
                        !match.hasExpectMatch() || match.getExpectMatch().getValue(),
                        Matchers.headers(match.getHeadersList()));
            }
            case QUERY_PARAMETER_VALUE_MATCH -> {
                var match = action.getQueryParameterValueMatch();
                yield new Action.QueryValueMatch(
                        key(match.getDescriptorKey(), "query_match"),
                        mutations.value("descriptor_value", match.getDescriptorValue()),
                        !match.hasExpectMatch() || match.getExpectMatch().getValue(),
                        query(match.getQueryParametersList()));
            }
            case DYNAMIC_METADATA -> {
                var dynamic = action.getDynamicMetadata();
                yield metadata(
                        dynamic.getDescriptorKey(),
                        true,
                        dynamic.getMetadataKey(),
                        dynamic.getDefaultValue(),
                        false);
            }
            case METADATA -> {
                var own = action.getMetadata();
                yield metadata(
                        own.getDescriptorKey(),
                        own.getSource() == MetaData.Source.DYNAMIC,
                        own.getMetadataKey(),
                        own.getDefaultValue(),
                        own.getSkipIfAbsent());
            }
            case EXTENSION, ACTIONSPECIFIER_NOT_SET ->
                    throw new Refused(
                            "rate_limits.actions",
                            action.getActionSpecifierCase().toString(),
                            "an action of the API's own");
        };
    }

    private static Action masked(RateLimit.Action.MaskedRemoteAddress masked) {
        return new Action.MaskedRemoteAddress(
                masked.hasV4PrefixMaskLen() ? masked.getV4PrefixMaskLen().getValue() : V4_BITS,
                masked.hasV6PrefixMaskLen() ? masked.getV6PrefixMaskLen().getValue() : V6_BITS);
    }

    private static List<QueryMatch> query(List<QueryParameterMatcher> matchers) throws Refused {
        var compiled = new ArrayList<QueryMatch>();
        for (var matcher : matchers) {
            compiled.add(Matchers.query(matcher));
        }
        return List.copyOf(compiled);
    }

    private static Action metadata(
            String descriptorKey, boolean dynamic, MetadataKey key, String fallback, boolean skip) {
        return new Action.Metadata(
                descriptorKey,
                dynamic,
                key.getKey(),
                key.getPathList().stream().map(MetadataKey.PathSegment::getKey).toList(),
                fallback,
                skip);
    }

    private static String key(String own, String usual) {
        return own.isEmpty() ? usual : own;
    }
}
