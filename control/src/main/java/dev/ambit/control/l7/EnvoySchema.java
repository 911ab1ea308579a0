package dev.ambit.control.l7;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.DescriptorProtoOrBuilder;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
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
    private static final String DURATION = ".google.protobuf.Duration";
    private static final String HTTP_SERVICE = ".envoy.config.core.v3.HttpService";

    /// Files that additions need and the files that they are added to may not import.
    private static final List<FileDescriptor> IMPORTS =
            List.of(Duration.getDescriptor().getFile(), HttpService.getDescriptor().getFile());

    private static final Map<String, Addition> ADDITIONS =
            Map.of(
                    "envoy.type.tracing.v3.CustomTag",
                    new Addition("value", 6, Type.TYPE_STRING, "", "type"),
                    "envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget",
                    new Addition("budget_interval", 3, Type.TYPE_MESSAGE, DURATION, ""),
                    "envoy.extensions.filters.network.http_connection_manager.v3"
                            + ".HttpConnectionManager.Tracing",
                    new Addition("no_context_propagation", 13, Type.TYPE_BOOL, "", ""),
                    "envoy.config.trace.v3.ZipkinConfig",
                    new Addition("collector_service", 9, Type.TYPE_MESSAGE, HTTP_SERVICE, ""));

    private final Map<String, FileDescriptor> files = new HashMap<>();

    /// @param of full name of its type when it is a message, with a dot before it
    /// @param oneof that it is a member of, empty for none
    private record Addition(String name, int number, Type type, String of, String oneof) {
        FieldDescriptorProto field(DescriptorProtoOrBuilder message) {
            var field =
                    FieldDescriptorProto.newBuilder()
                            .setName(name)
                            .setNumber(number)
                            .setType(type)
                            .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL);
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
        var addition = ADDITIONS.get(name);
        if (addition != null) {
            message.addField(addition.field(message));
            extended = true;
        }
        return extended;
    }
}
