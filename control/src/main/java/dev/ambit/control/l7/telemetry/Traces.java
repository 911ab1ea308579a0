package dev.ambit.control.l7.telemetry;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.ProxySettings;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.resource.observe.ProxyDefaults;
import dev.ambit.control.resource.observe.ProxyDefaults.Tag;
import dev.ambit.control.resource.observe.Telemetry;
import io.envoyproxy.envoy.config.trace.v3.Tracing.Http;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing;
import io.envoyproxy.envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKind;
import io.envoyproxy.envoy.type.tracing.v3.CustomTag;
import io.envoyproxy.envoy.type.v3.Percent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// How requests of a chain are traced.
///
/// @param tracing empty: not at all
/// @param requestId how requests are numbered, which decides which of them are traced
public record Traces(Optional<Tracing> tracing, Any requestId) {
    private static final double ALL = 100;
    private static final String RBAC = "envoy.filters.http.rbac";

    /// Numbers of fields that the library does not know yet.
    private static final int TAG_VALUE = 6;

    private static final int NO_PROPAGATION = 13;

    private static final Any BY_REQUEST_ID = requestId(true);

    /// Fields of what is known of a peer, by the end of the tag's name.
    private static final Map<String, String> PEER_FIELDS =
            Map.of(
                    "workload", "workload",
                    "namespace", "namespace",
                    "cluster_id", "cluster",
                    "canonical_service", "service",
                    "canonical_revision", "revision",
                    "app", "app",
                    "app_version", "version",
                    "workload_type", "type",
                    "instance_name", "name");

    static Traces of(List<Telemetry> levels, WaypointScope scope, ProxyDefaults proxy) {
        var mesh = scope.model().input().mesh().observe();
        var plan = TracePlan.of(levels, mesh);
        if (plan.isEmpty()) {
            return new Traces(
                    mesh.tracing() ? Optional.of(fromProxy(scope, proxy)) : Optional.empty(),
                    BY_REQUEST_ID);
        }
        var said = plan.get();
        var tracer =
                said.disabled()
                        ? Optional.<Tracers.Tracer>empty()
                        : said.provider().flatMap(new Tracers(scope)::of);
        return tracer.map(t ->
                        new Traces(
                                Optional.of(tracing(said, t, scope, proxy)),
                                requestId(said.useRequestId())))
                .orElse(new Traces(Optional.empty(), BY_REQUEST_ID));
    }

    private static Tracing fromProxy(WaypointScope scope, ProxyDefaults proxy) {
        var own = proxy.tracing();
        boolean istio = own.flatMap(ProxyDefaults.Tracing::istioTags).orElse(true);
        var tracing = sampled(sampling(scope, proxy));
        tracing.addAllCustomTags(tags(istio, ownTags(proxy, scope), scope));
        own.filter(o -> o.maxPathTagLength() != 0)
                .ifPresent(o -> tracing.setMaxPathTagLength(Protos.uint32(o.maxPathTagLength())));
        return tracing.build();
    }

    private static Tracing tracing(
            TracePlan plan, Tracers.Tracer tracer, WaypointScope scope, ProxyDefaults proxy) {
        double sampling =
                tracer.ownSampler() ? ALL : plan.sampling().orElse(sampling(scope, proxy));
        var tracing = sampled(sampling);
        tracing.setProvider(
                Http.newBuilder()
                        .setName(tracer.name())
                        .setTypedConfig(Protos.any(tracer.config())));
        if (tracer.childSpans()) {
            tracing.setSpawnUpstreamSpan(Protos.bool(true));
        }
        int length =
                tracer.maxTagLength() != 0
                        ? tracer.maxTagLength()
                        : proxy.tracing().map(ProxyDefaults.Tracing::maxPathTagLength).orElse(0);
        if (length != 0) {
            tracing.setMaxPathTagLength(Protos.uint32(length));
        }
        var own = plan.tags().isEmpty() ? ownTags(proxy, scope) : custom(plan.tags(), scope);
        tracing.addAllCustomTags(tags(plan.istioTags(), own, scope));
        if (plan.disablePropagation() && ProxySettings.atLeast(scope.node(), 1, 30, 0)) {
            tracing.setUnknownFields(
                    UnknownFieldSet.newBuilder()
                            .addField(
                                    NO_PROPAGATION,
                                    UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                            .build());
        }
        return tracing.build();
    }

    private static Tracing.Builder sampled(double percent) {
        return Tracing.newBuilder()
                .setClientSampling(Percent.newBuilder().setValue(ALL))
                .setRandomSampling(Percent.newBuilder().setValue(percent))
                .setOverallSampling(Percent.newBuilder().setValue(ALL));
    }

    private static double sampling(WaypointScope scope, ProxyDefaults proxy) {
        return proxy.tracing()
                .flatMap(ProxyDefaults.Tracing::sampling)
                .filter(s -> s != 0)
                .orElse(scope.model().settings().traceSampling());
    }

    private static Any requestId(boolean sampling) {
        return Protos.any(
                UuidRequestIdConfig.newBuilder()
                        .setUseRequestIdForTraceSampling(Protos.bool(sampling))
                        .build());
    }

    private static List<CustomTag> tags(boolean istio, List<CustomTag> own, WaypointScope scope) {
        var tags = new ArrayList<CustomTag>();
        if (istio) {
            tags.addAll(serviceTags(scope));
            for (var action : List.of("allow", "deny")) {
                tags.add(dryRun(action, "name", "shadow_effective_policy_id"));
                tags.add(dryRun(action, "result", "shadow_engine_result"));
            }
        }
        new TreeMap<>(PEER_FIELDS)
                .forEach((name, field) -> {
                    tags.add(peer("istio.destination_" + name, "upstream_peer_obj", field));
                    tags.add(peer("istio.source_" + name, "downstream_peer_obj", field));
                });
        tags.addAll(own);
        tags.sort(Comparator.comparing(CustomTag::getTag));
        return tags;
    }

    private static List<CustomTag> serviceTags(WaypointScope scope) {
        var node = scope.node();
        var labels = node.labels();
        return List.of(
                literal(
                        "istio.canonical_revision",
                        or(
                                labels.getOrDefault("service.istio.io/canonical-revision", ""),
                                "latest")),
                literal(
                        "istio.canonical_service",
                        or(labels.getOrDefault("service.istio.io/canonical-name", ""), "unknown")),
                literal("istio.mesh_id", or(ProxySettings.metadata(node, "MESH_ID"), "unknown")),
                literal("istio.namespace", or(node.namespace(), "default")),
                literal("istio.cluster_id", or(node.cluster(), "unknown")));
    }

    private static CustomTag literal(String name, String value) {
        return CustomTag.newBuilder()
                .setTag(name)
                .setLiteral(CustomTag.Literal.newBuilder().setValue(value))
                .build();
    }

    private static CustomTag dryRun(String action, String what, String key) {
        return CustomTag.newBuilder()
                .setTag("istio.authorization.dry_run." + action + "_policy." + what)
                .setMetadata(
                        CustomTag.Metadata.newBuilder()
                                .setKind(
                                        MetadataKind.newBuilder()
                                                .setRequest(
                                                        MetadataKind.Request.getDefaultInstance()))
                                .setMetadataKey(
                                        MetadataKey.newBuilder()
                                                .setKey(RBAC)
                                                .addPath(
                                                        MetadataKey.PathSegment.newBuilder()
                                                                .setKey(
                                                                        "istio_dry_run_"
                                                                                + action
                                                                                + "_"
                                                                                + key))))
                .build();
    }

    private static CustomTag peer(String name, String state, String field) {
        return formatted(name, "%FILTER_STATE(" + state + ":FIELD:" + field + ")%");
    }

    private static CustomTag formatted(String name, String value) {
        var text =
                UnknownFieldSet.Field.newBuilder()
                        .addLengthDelimited(ByteString.copyFromUtf8(value))
                        .build();
        return CustomTag.newBuilder()
                .setTag(name)
                .setUnknownFields(UnknownFieldSet.newBuilder().addField(TAG_VALUE, text).build())
                .build();
    }

    private static List<CustomTag> ownTags(ProxyDefaults proxy, WaypointScope scope) {
        return proxy.tracing().map(t -> custom(t.customTags(), scope)).orElse(List.of());
    }

    private static List<CustomTag> custom(Map<String, Tag> tags, WaypointScope scope) {
        var list = new ArrayList<CustomTag>();
        new TreeMap<>(tags)
                .forEach((name, tag) -> {
                    // Older proxies would refuse the whole listener.
                    if (!(tag instanceof ProxyDefaults.Formatter)
                            || ProxySettings.atLeast(scope.node(), 1, 29, 0)) {
                        list.add(custom(name, tag));
                    }
                });
        return list;
    }

    private static CustomTag custom(String name, Tag tag) {
        return switch (tag) {
            case ProxyDefaults.Literal literal -> literal(name, literal.value());
            case ProxyDefaults.Environment from ->
                    CustomTag.newBuilder()
                            .setTag(name)
                            .setEnvironment(
                                    CustomTag.Environment.newBuilder()
                                            .setName(from.name())
                                            .setDefaultValue(from.otherwise()))
                            .build();
            case ProxyDefaults.RequestHeader header ->
                    CustomTag.newBuilder()
                            .setTag(name)
                            .setRequestHeader(
                                    CustomTag.Header.newBuilder()
                                            .setName(header.name())
                                            .setDefaultValue(header.otherwise()))
                            .build();
            case ProxyDefaults.Formatter formatter -> formatted(name, formatter.value());
        };
    }

    private static String or(String value, String otherwise) {
        return value.isEmpty() ? otherwise : value;
    }
}
