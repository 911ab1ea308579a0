package dev.ambit.envoy;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.DescriptorProtoOrBuilder;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Duration;
import io.envoyproxy.envoy.config.core.v3.HttpService;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The library's descriptors with the fields that istiod sends and the library does not know yet.
/// Such fields travel as unknown fields of the library's messages; only reading them by name needs
/// this.
final class EnvoySchema {
    /// In place of a oneof: a list.
    private static final String REPEATED = "repeated";

    private static final String DURATION = ".google.protobuf.Duration";
    private static final String HTTP_SERVICE = ".envoy.config.core.v3.HttpService";

    /// Files that additions need and the files that they are added to may not import.
    private static final List<FileDescriptor> IMPORTS =
            List.of(Duration.getDescriptor().getFile(), HttpService.getDescriptor().getFile());

    private static final String ZIPKIN = "envoy.config.trace.v3.ZipkinConfig";
    private static final EnumDescriptorProto TRACE_CONTEXT =
            EnumDescriptorProto.newBuilder()
                    .setName("TraceContextOption")
                    .addValue(EnumValueDescriptorProto.newBuilder().setName("USE_B3").setNumber(0))
                    .addValue(
                            EnumValueDescriptorProto.newBuilder()
                                    .setName("USE_B3_WITH_W3C_PROPAGATION")
                                    .setNumber(1))
                    .build();

    private static final Map<String, List<Addition>> ADDITIONS =
            Map.of(
                    "envoy.extensions.filters.http.ratelimit.v3.RateLimit",
                    List.of(
                            new Addition(
                                    "rate_limits",
                                    17,
                                    Type.TYPE_MESSAGE,
                                    ".envoy.config.route.v3.RateLimit",
                                    REPEATED)),
                    "envoy.type.tracing.v3.CustomTag",
                    List.of(new Addition("value", 6, Type.TYPE_STRING, "", "type")),
                    "envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget",
                    List.of(new Addition("budget_interval", 3, Type.TYPE_MESSAGE, DURATION, "")),
                    "envoy.extensions.filters.network.http_connection_manager.v3"
                            + ".HttpConnectionManager.Tracing",
                    List.of(new Addition("no_context_propagation", 13, Type.TYPE_BOOL, "", "")),
                    ZIPKIN,
                    List.of(
                            new Addition(
                                    "trace_context_option",
                                    8,
                                    Type.TYPE_ENUM,
                                    "." + ZIPKIN + ".TraceContextOption",
                                    ""),
                            new Addition(
                                    "collector_service", 9, Type.TYPE_MESSAGE, HTTP_SERVICE, "")));

    /// A type that the library lacks as a whole.
    static final Descriptor MYSQL_PROXY = mysqlProxy();

    private final Map<String, FileDescriptor> files = new HashMap<>();

    /// @param of full name of its type when it is a message, with a dot before it
    /// @param oneof that it is a member of, empty for none, {@link #REPEATED} for a list
    private record Addition(String name, int number, Type type, String of, String oneof) {
        FieldDescriptorProto field(DescriptorProtoOrBuilder message) {
            var field =
                    FieldDescriptorProto.newBuilder()
                            .setName(name)
                            .setNumber(number)
                            .setType(type)
                            .setLabel(
                                    oneof.equals(REPEATED)
                                            ? FieldDescriptorProto.Label.LABEL_REPEATED
                                            : FieldDescriptorProto.Label.LABEL_OPTIONAL);
            if (!of.isEmpty()) {
                field.setTypeName(of);
            }
            for (int i = 0; i < message.getOneofDeclCount(); i++) {
                if (message.getOneofDecl(i).getName().equals(oneof)) {
                    field.setOneofIndex(i);
                }
            }
            return field.build();
        }
    }

    Descriptor of(Descriptor original) {
        var file = file(original.getFile());
        return original.getContainingType() == null
                ? file.findMessageTypeByName(original.getName())
                : of(original.getContainingType()).findNestedTypeByName(original.getName());
    }

    private FileDescriptor file(FileDescriptor original) {
        if (original.getFullName().startsWith("google/protobuf/")) {
            return original;
        }
        var known = files.get(original.getFullName());
        if (known != null) {
            return known;
        }
        var proto = original.toProto().toBuilder();
        boolean extended = false;
        for (var message : proto.getMessageTypeBuilderList()) {
            extended |= extend(original.getPackage(), message);
        }
        var uses = new ArrayList<>(original.getDependencies());
        if (extended) {
            for (var needed : IMPORTS) {
                if (!proto.getDependencyList().contains(needed.getFullName())) {
                    proto.addDependency(needed.getFullName());
                    uses.add(needed);
                }
            }
        }
        try {
            var made =
                    FileDescriptor.buildFrom(
                            proto.build(),
                            uses.stream().map(this::file).toArray(FileDescriptor[]::new),
                            true);
            files.put(original.getFullName(), made);
            return made;
        } catch (DescriptorValidationException e) {
            throw new IllegalStateException("an addition that does not fit its message", e);
        }
    }

    private static boolean extend(String within, DescriptorProto.Builder message) {
        var name = within + "." + message.getName();
        boolean extended = false;
        for (var nested : message.getNestedTypeBuilderList()) {
            extended |= extend(name, nested);
        }
        if (name.equals(ZIPKIN)) {
            message.addEnumType(TRACE_CONTEXT);
        }
        for (var addition : ADDITIONS.getOrDefault(name, List.of())) {
            message.addField(addition.field(message));
            extended = true;
        }
        return extended;
    }

    private static Descriptor mysqlProxy() {
        var message =
                DescriptorProto.newBuilder()
                        .setName("MySQLProxy")
                        .addField(
                                FieldDescriptorProto.newBuilder()
                                        .setName("stat_prefix")
                                        .setNumber(1)
                                        .setType(Type.TYPE_STRING)
                                        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL));
        var file =
                FileDescriptorProto.newBuilder()
                        .setName("contrib/envoy/extensions/filters/network/mysql_proxy.proto")
                        .setPackage("envoy.extensions.filters.network.mysql_proxy.v3")
                        .setSyntax("proto3")
                        .addMessageType(message)
                        .build();
        try {
            return FileDescriptor.buildFrom(file, new FileDescriptor[0])
                    .findMessageTypeByName("MySQLProxy");
        } catch (DescriptorValidationException e) {
            throw new IllegalStateException("a type written wrongly", e);
        }
    }
}
