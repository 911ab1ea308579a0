package dev.ambit.envoy;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import com.google.protobuf.util.JsonFormat;
import java.util.List;

/// The types that are sent inside `Any`, so that a configuration can be read by people.
public final class EnvoyTypes {
    private static final List<Descriptor> DESCRIPTORS =
            List.of(
                    StringValue.getDescriptor(),
                    com.google.protobuf.Struct.getDescriptor(),
                    com.github.udpa.udpa.type.v1.TypedStruct.getDescriptor(),
                    com.github.xds.type.matcher.v3.IPMatcher.getDescriptor(),
                    com.github.xds.type.v3.TypedStruct.getDescriptor(),
                    dev.ambit.envoy.proto.stats.PluginConfig.getDescriptor(),
                    dev.ambit.mesh.proto.workload.Workload.getDescriptor(),
                    io.envoyproxy.envoy.config.cluster.v3.Cluster.getDescriptor(),
                    io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment.getDescriptor(),
                    io.envoyproxy.envoy.config.listener.v3.Listener.getDescriptor(),
                    io.envoyproxy.envoy.config.trace.v3.DatadogConfig.getDescriptor(),
                    io.envoyproxy.envoy.config.trace.v3.OpenTelemetryConfig.getDescriptor(),
                    io.envoyproxy.envoy.config.trace.v3.SkyWalkingConfig.getDescriptor(),
                    io.envoyproxy.envoy.config.trace.v3.ZipkinConfig.getDescriptor(),
                    io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.access_loggers.open_telemetry.v3
                            .OpenTelemetryAccessLogConfig.getDescriptor(),
                    io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.dynamic_forward_proxy.v3
                            .FilterConfig.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.grpc_stats.v3.FilterConfig
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.grpc_web.v3.GrpcWeb.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.lua.v3.Lua.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.router.v3.Router.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.set_filter_state.v3.Config
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.http.wasm.v3.Wasm.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.listener.http_inspector.v3.HttpInspector
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.listener.original_dst.v3.OriginalDst
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
                            .HttpConnectionManager.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.network.redis_proxy.v3.RedisProxy
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.network.set_filter_state.v3.Config
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3
                            .FilterConfig.getDescriptor(),
                    io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.formatter.cel.v3.Cel.getDescriptor(),
                    io.envoyproxy.envoy.extensions.formatter.metadata.v3.Metadata.getDescriptor(),
                    io.envoyproxy.envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.http.header_formatters.preserve_case.v3
                            .PreserveCaseFormatterConfig.getDescriptor(),
                    io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3
                            .ApplicationProtocolInput.getDescriptor(),
                    io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3
                            .DestinationIPInput.getDescriptor(),
                    io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3
                            .DestinationPortInput.getDescriptor(),
                    io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3
                            .FilterStateInput.getDescriptor(),
                    io.envoyproxy.envoy.extensions.network.dns_resolver.cares.v3
                            .CaresDnsResolverConfig.getDescriptor(),
                    io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.retry.host.previous_hosts.v3
                            .PreviousHostsPredicate.getDescriptor(),
                    io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3
                            .PreviousPrioritiesConfig.getDescriptor(),
                    io.envoyproxy.envoy.extensions.tracers.opentelemetry.resource_detectors.v3
                            .DynatraceResourceDetectorConfig.getDescriptor(),
                    io.envoyproxy.envoy.extensions.tracers.opentelemetry.resource_detectors.v3
                            .EnvironmentResourceDetectorConfig.getDescriptor(),
                    io.envoyproxy.envoy.extensions.tracers.opentelemetry.samplers.v3
                            .DynatraceSamplerConfig.getDescriptor(),
                    io.envoyproxy.envoy.extensions.transport_sockets.internal_upstream.v3
                            .InternalUpstreamTransport.getDescriptor(),
                    io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3
                            .ProxyProtocolUpstreamTransport.getDescriptor(),
                    io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret.getDescriptor(),
                    io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
                            .getDescriptor(),
                    io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                            .getDescriptor());

    private static final EnvoySchema SCHEMA = new EnvoySchema();
    private static final JsonFormat.TypeRegistry REGISTRY =
            JsonFormat.TypeRegistry.newBuilder()
                    .add(DESCRIPTORS.stream().map(SCHEMA::of).toList())
                    .add(EnvoySchema.MYSQL_PROXY)
                    .build();

    private static final JsonFormat.Printer SNAKE =
            JsonFormat.printer()
                    .usingTypeRegistry(REGISTRY)
                    .omittingInsignificantWhitespace()
                    .preservingProtoFieldNames()
                    .sortingMapKeys();

    private EnvoyTypes() {}

    /// As istiod and Envoy print it: lowerCamelCase names, defaults left out, every `Any` expanded.
    public static String json(Message message) {
        try {
            // The library's own classes would leave out fields that are newer than they are.
            return print(
                    DynamicMessage.parseFrom(
                            SCHEMA.of(message.getDescriptorForType()), message.toByteString()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("a type that is not in the registry", e);
        }
    }

    /// Prints what {@link #parse} read.
    public static String print(DynamicMessage whole) {
        try {
            return JsonFormat.printer()
                    .usingTypeRegistry(REGISTRY)
                    .omittingInsignificantWhitespace()
                    .sortingMapKeys()
                    .print(whole);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("a type that is not in the registry", e);
        }
    }

    /// As Envoy's own admin pages print it: the names of the protocol's files.
    ///
    /// @throws IllegalArgumentException when an `Any` in it is of a type that is not known
    public static String snakeJson(Message message) {
        try {
            return SNAKE.print(
                    DynamicMessage.parseFrom(
                            SCHEMA.of(message.getDescriptorForType()), message.toByteString()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("a type that is not in the registry", e);
        }
    }

    /// Reads what {@link #json} printed.
    ///
    /// @throws InvalidProtocolBufferException naming a field or a type that is not known
    public static DynamicMessage parse(String json, Descriptor type)
            throws InvalidProtocolBufferException {
        var builder = DynamicMessage.newBuilder(SCHEMA.of(type));
        JsonFormat.parser().usingTypeRegistry(REGISTRY).merge(json, builder);
        return builder.build();
    }
}
