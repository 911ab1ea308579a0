package dev.ambit.waypoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.udpa.udpa.type.v1.TypedStruct;
import com.github.xds.type.matcher.v3.IPMatcher;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import dev.ambit.envoy.proto.stats.PluginConfig;
import dev.ambit.waypoint.config.WaypointConfig;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Recorded;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.cluster.ClusterCompiler;
import dev.ambit.waypoint.xds.cluster.EndpointCompiler;
import dev.ambit.waypoint.xds.listener.ListenerCompiler;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/// What a real istiod sent, changed: through everything that this proxy understands it becomes a
/// model or a refusal, never anything else.
class DialectFuzzTest {
    private static final TypeRegistry TYPES =
            TypeRegistry.newBuilder()
                    .add(HttpConnectionManager.getDescriptor())
                    .add(TcpProxy.getDescriptor())
                    .add(RBAC.getDescriptor())
                    .add(
                            io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC
                                    .getDescriptor())
                    .add(JwtAuthentication.getDescriptor())
                    .add(ExtAuthz.getDescriptor())
                    .add(HTTPFault.getDescriptor())
                    .add(Cors.getDescriptor())
                    .add(CorsPolicy.getDescriptor())
                    .add(PluginConfig.getDescriptor())
                    .add(TypedStruct.getDescriptor())
                    .add(IPMatcher.getDescriptor())
                    .add(FileAccessLog.getDescriptor())
                    .add(DownstreamTlsContext.getDescriptor())
                    .add(UpstreamTlsContext.getDescriptor())
                    .add(InternalUpstreamTransport.getDescriptor())
                    .add(HttpProtocolOptions.getDescriptor())
                    .build();
    private static final List<Message> CORPUS = corpus();
    private static final Assembled ASSEMBLED =
            Assembled.of(
                    WaypointConfig.from(List.of(), Map.of()),
                    Clock.systemUTC(),
                    new SplittableRandom(1));
    private static int models;
    private static int refusals;

    /// Changes that are all refused, or all without effect, would show nothing.
    @AfterContainer
    static void bothHappen() {
        ASSEMBLED.close();
        if (!CORPUS.isEmpty()) {
            assertThat(models).as("models").isGreaterThan(50);
            assertThat(refusals).as("refusals").isGreaterThan(50);
        }
    }

    /// Chains on their own, so that a try is short; everything else as it came.
    private static List<Message> corpus() {
        var all = new ArrayList<Message>();
        try {
            for (var gateway : Recorded.gateways()) {
                for (var resource : Recorded.resources(gateway, "lds")) {
                    add(Listener.parseFrom(resource.getResource().getValue()), all);
                }
                for (var resource : Recorded.resources(gateway, "cds")) {
                    all.add(Cluster.parseFrom(resource.getResource().getValue()));
                }
                for (var resource : Recorded.resources(gateway, "eds")) {
                    all.add(ClusterLoadAssignment.parseFrom(resource.getResource().getValue()));
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return all;
    }

    private static void add(Listener listener, List<Message> all) {
        if (listener.getSerializedSize() < 64 << 10) {
            all.add(listener);
        }
        if (listener.getName().equals(ListenerCompiler.MAIN)) {
            for (var chain : listener.getFilterChainsList()) {
                all.add(
                        Listener.newBuilder()
                                .setName(ListenerCompiler.MAIN)
                                .setDefaultFilterChain(chain)
                                .build());
            }
        }
    }

    @Tag("fuzz")
    @Property(tries = 600)
    void changedResources_becomeAModelOrARefusal(@ForAll long seed) {
        Assumptions.assumeFalse(CORPUS.isEmpty(), "no recordings: see AMBIT_RECORDINGS");
        var random = new SplittableRandom(seed);
        var changed = CORPUS.get(random.nextInt(CORPUS.size()));
        for (int times = 1 + random.nextInt(3); times > 0; times--) {
            changed = changed(changed, random);
        }
        try {
            take(ASSEMBLED, changed);
            models++;
        } catch (Refused refused) {
            assertThat(refused.text()).isNotBlank();
            refusals++;
        }
    }

    private static void take(Assembled assembled, Message resource) throws Refused {
        switch (resource) {
            case Listener listener -> {
                var compiler = new ListenerCompiler(assembled.compilers());
                compiler.put(listener);
                assertThat(compiler.model()).isNotNull();
            }
            case Cluster cluster ->
                    assertThat(ClusterCompiler.compile(cluster, new CompileScope())).isNotNull();
            case ClusterLoadAssignment endpoints ->
                    assertThat(EndpointCompiler.compile(endpoints, new CompileScope())).isNotNull();
            default -> throw new AssertionError(resource.getDescriptorForType().getFullName());
        }
    }

    // ---- changes

    /// One field, somewhere in the tree; messages inside `Any` belong to it.
    private static Message changed(Message message, SplittableRandom random) {
        var builder = message.toBuilder();
        var fields = new ArrayList<>(message.getAllFields().keySet());
        if (fields.isEmpty() || random.nextInt(40) == 0) {
            return any(message, builder, random);
        }
        var field = fields.get(random.nextInt(fields.size()));
        if (random.nextInt(12) == 0) {
            return builder.clearField(field).build();
        }
        if (!field.isRepeated()) {
            var value = value(field, message.getField(field), random);
            return value == null
                    ? builder.clearField(field).build()
                    : builder.setField(field, value).build();
        }
        int at = random.nextInt(message.getRepeatedFieldCount(field));
        var old = message.getRepeatedField(field, at);
        if (random.nextInt(8) == 0) {
            return builder.addRepeatedField(field, old).build();
        }
        var value = value(field, old, random);
        return value == null ? message : builder.setRepeatedField(field, at, value).build();
    }

    /// Another field of the type, set to something.
    private static Message any(Message message, Message.Builder builder, SplittableRandom random) {
        var all = message.getDescriptorForType().getFields();
        if (all.isEmpty()) {
            return message;
        }
        var field = all.get(random.nextInt(all.size()));
        Object value =
                field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                        ? builder.newBuilderForField(field).build()
                        : value(field, "", random);
        if (value == null) {
            return message;
        }
        return field.isRepeated()
                ? builder.addRepeatedField(field, value).build()
                : builder.setField(field, value).build();
    }

    private static @Nullable Object value(
            FieldDescriptor field, Object old, SplittableRandom random) {
        return switch (field.getJavaType()) {
            case MESSAGE -> {
                var message = (Message) old;
                yield field.getMessageType().getFullName().equals("google.protobuf.Any")
                        ? packed(message, random)
                        : changed(message, random);
            }
            case INT -> pick(random, 0, 1, -1, 70_000, Integer.MAX_VALUE, Integer.MIN_VALUE);
            case LONG -> pick(random, 0L, 1L, -1L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 33);
            case FLOAT -> pick(random, 0f, -1f, Float.NaN, Float.POSITIVE_INFINITY);
            case DOUBLE -> pick(random, 0d, -1d, Double.NaN, Double.POSITIVE_INFINITY, 1e300);
            case BOOLEAN -> random.nextBoolean();
            case STRING ->
                    pick(
                                    random,
                                    "",
                                    "%",
                                    "%REQ(",
                                    "(",
                                    "[a",
                                    "*",
                                    "a\u0000b",
                                    "/",
                                    ":",
                                    "1.2.3.4.5")
                            + (random.nextBoolean() ? old : "");
            case BYTE_STRING -> ByteString.copyFromUtf8("\u00ff");
            case ENUM -> {
                var values = field.getEnumType().getValues();
                yield values.get(random.nextInt(values.size()));
            }
        };
    }

    @SafeVarargs
    private static <T> T pick(SplittableRandom random, T... values) {
        return values[random.nextInt(values.length)];
    }

    /// What is packed, changed; of a type that is not known here, other bytes.
    private static Message packed(Message any, SplittableRandom random) {
        try {
            var whole = Any.parseFrom(any.toByteString());
            var type = TYPES.getDescriptorForTypeUrl(whole.getTypeUrl());
            if (type == null || random.nextInt(20) == 0) {
                return whole.toBuilder().setValue(ByteString.copyFromUtf8("\u0008x")).build();
            }
            var inside = DynamicMessage.parseFrom(type, whole.getValue());
            return whole.toBuilder().setValue(changed(inside, random).toByteString()).build();
        } catch (InvalidProtocolBufferException broken) {
            return any;
        }
    }
}
