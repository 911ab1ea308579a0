package dev.ambit.waypoint.xds.telemetry;

import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.trace.SpanTag;
import dev.ambit.waypoint.telemetry.trace.SpanTag.Source;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import io.envoyproxy.envoy.type.tracing.v3.CustomTag;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `CustomTag`s of spans and log entries.
final class TagCompiler {
    private TagCompiler() {}

    static List<SpanTag> compile(CompileScope scope, List<CustomTag> tags, FormatContext context)
            throws Refused {
        var all = new ArrayList<SpanTag>();
        for (var tag : tags) {
            source(scope, tag, context)
                    .ifPresent(source -> all.add(new SpanTag(tag.getTag(), source)));
        }
        return List.copyOf(all);
    }

    private static Optional<Source> source(CompileScope scope, CustomTag tag, FormatContext context)
            throws Refused {
        return switch (tag.getTypeCase()) {
            case LITERAL -> Optional.of(fixed(tag.getLiteral().getValue()));
            case ENVIRONMENT -> {
                var value = context.process().environment().apply(tag.getEnvironment().getName());
                yield Optional.of(
                        fixed(value == null ? tag.getEnvironment().getDefaultValue() : value));
            }
            case REQUEST_HEADER ->
                    Optional.of(
                            new Source.Header(
                                    Ascii.lower(tag.getRequestHeader().getName()),
                                    Ascii.octets(tag.getRequestHeader().getDefaultValue())));
            case METADATA -> metadata(scope, tag);
            case TYPE_NOT_SET -> {
                var format = Fields.value(tag);
                if (format.isEmpty()) {
                    throw new Refused("custom_tags[" + tag.getTag() + "]", "no type", "a value");
                }
                yield Optional.of(new Source.Formatted(Formats.parts(format.get(), context)));
            }
        };
    }

    private static Source fixed(String value) {
        return new Source.Fixed(Ascii.octets(value));
    }

    private static Optional<Source> metadata(CompileScope scope, CustomTag tag) {
        var metadata = tag.getMetadata();
        return switch (metadata.getKind().getKindCase()) {
            case REQUEST -> Optional.of(metadata(false, tag));
            case ROUTE -> Optional.of(metadata(true, tag));
            case CLUSTER, HOST, KIND_NOT_SET -> {
                scope.skipped(
                        "custom_tags["
                                + tag.getTag()
                                + "]: metadata of "
                                + metadata.getKind().getKindCase());
                yield Optional.empty();
            }
        };
    }

    private static Source metadata(boolean route, CustomTag tag) {
        var metadata = tag.getMetadata();
        return new Source.Metadata(
                route,
                metadata.getMetadataKey().getKey(),
                metadata.getMetadataKey().getPathList().stream()
                        .map(MetadataKey.PathSegment::getKey)
                        .toList(),
                Ascii.octets(metadata.getDefaultValue()));
    }
}
