package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.PeerMetadata;
import dev.ambit.waypoint.telemetry.cel.Expression;
import dev.ambit.waypoint.telemetry.cel.Expressions;
import dev.ambit.waypoint.telemetry.format.Basic.Structured;
import dev.ambit.waypoint.telemetry.format.Basic.Text;
import dev.ambit.waypoint.telemetry.format.FormatParser.Command;
import dev.ambit.waypoint.telemetry.format.Operators.Argument;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Metadata, filter state, expressions, and the first of several.
final class MetadataOperators {
    private static final String STRUCT = "type.googleapis.com/google.protobuf.Struct";

    private MetadataOperators() {}

    private interface Source extends Function<StreamInfo, Map<String, Map<String, Object>>> {}

    static void fill(Operators.Table table) {
        metadata(table, "DYNAMIC_METADATA", StreamInfo::dynamicMetadata);
        metadata(table, "CLUSTER_METADATA", Facts::clusterMetadata);
        metadata(table, "UPSTREAM_METADATA", _ -> Map.of());
        table.put("METADATA", Argument.REQUIRED, true, MetadataOperators::anyMetadata);
        table.put("FILTER_STATE", Argument.OPTIONAL, true, (c, _) -> filterState(c));
        table.put(
                "UPSTREAM_FILTER_STATE",
                Argument.OPTIONAL,
                true,
                (command, _) -> {
                    filterState(command);
                    return new Text(_ -> null);
                });
        table.put(
                "CEL",
                Argument.REQUIRED,
                true,
                (command, context) -> {
                    var expression = expression(command, context);
                    return new Text(info -> {
                        var text = expression.print(info);
                        return text == null ? null : Ascii.octets(text);
                    });
                });
        table.put(
                "TYPED_CEL",
                Argument.REQUIRED,
                true,
                (command, context) -> {
                    var expression = expression(command, context);
                    return new Structured(expression::typed, Integer.MAX_VALUE);
                });
        table.put("COALESCE", Argument.REQUIRED, true, Coalesce::compile);
    }

    private static Expression expression(Command command, FormatContext context)
            throws FormatFault {
        try {
            return Expressions.compile(command.argument(), context.expressions());
        } catch (Expressions.ExpressionFault fault) {
            throw new FormatFault("Not able to parse expression: " + fault.text());
        }
    }

    private static void metadata(Operators.Table table, String name, Source source) {
        table.put(
                name,
                Argument.REQUIRED,
                true,
                (command, _) -> at(source, List.of(command.argument().split(":", -1)), command));
    }

    /// @param path namespace first
    private static Operator at(Source source, List<String> path, Command command) {
        var namespace = path.getFirst();
        var keys = path.subList(1, path.size());
        int most = command.length() < 0 ? Integer.MAX_VALUE : command.length();
        return new Structured(info -> Facts.at(source.apply(info), namespace, keys), most);
    }

    private static Operator anyMetadata(Command command, FormatContext context) throws FormatFault {
        var path = List.of(command.argument().split(":", -1));
        Source source =
                switch (path.getFirst()) {
                    case "DYNAMIC" -> StreamInfo::dynamicMetadata;
                    case "CLUSTER" -> Facts::clusterMetadata;
                    case "ROUTE" -> info -> info.routeMetadata;
                    case "LISTENER" -> _ -> context.listenerMetadata();
                    case "UPSTREAM_HOST", "LISTENER_FILTER_CHAIN", "VIRTUAL_HOST" -> _ -> Map.of();
                    default ->
                            throw new FormatFault(
                                    path.getFirst() + " is not supported type of metadata");
                };
        if (path.size() < 2) {
            throw new FormatFault("METADATA requires a namespace: " + command.argument());
        }
        return at(source, path.subList(1, path.size()), command);
    }

    private static Operator filterState(Command command) throws FormatFault {
        var parts = command.argument().split(":", 3);
        var key = parts[0];
        if (key.isEmpty()) {
            throw new FormatFault("Invalid filter state configuration, key cannot be empty.");
        }
        var form = parts.length < 2 || parts[1].isEmpty() ? "TYPED" : parts[1];
        boolean named = parts.length == 3 && !parts[2].isEmpty();
        if (form.equals("FIELD") != named) {
            throw new FormatFault(
                    "Invalid filter state serialize type, FIELD should be used with the field"
                            + " name.");
        }
        return switch (form) {
            case "PLAIN" -> new Text(info -> plain(Facts.filterState(info, key), key));
            case "FIELD" -> new Text(info -> field(Facts.filterState(info, key), parts[2]));
            case "TYPED" -> new Typed(key);
            default ->
                    throw new FormatFault(
                            "Invalid filter state serialize type, only support"
                                    + " PLAIN/TYPED/FIELD.");
        };
    }

    /// A peer has no plain form under the key for expressions, but under its other key.
    private static @Nullable String plain(@Nullable Object state, String key) {
        return switch (state) {
            case null -> null;
            case PeerMetadata peer -> {
                if (!key.endsWith("_obj")) {
                    yield null;
                }
                var text = new StringBuilder();
                peer.fields()
                        .forEach((name, value) -> {
                            if (!name.equals("identity")) {
                                text.append(text.isEmpty() ? "" : ",");
                                text.append(name).append('=').append(value);
                            }
                        });
                yield Ascii.octets(text.toString());
            }
            default -> Ascii.octets(state.toString());
        };
    }

    private static @Nullable String field(@Nullable Object state, String field) {
        var value =
                switch (state) {
                    case PeerMetadata peer -> peer.field(field);
                    case Map<?, ?> map ->
                            map.get(field) instanceof Object found ? found.toString() : null;
                    case null, default -> null;
                };
        return value == null ? null : Ascii.octets(value);
    }

    /// What protobuf's JSON makes of the state.
    private record Typed(String key) implements Operator {
        @Override
        public @Nullable String text(StreamInfo info) {
            var value = structure(info);
            return value == null ? null : JsonText.of(value);
        }

        @Override
        public @Nullable Object value(StreamInfo info) {
            var value = structure(info);
            return value instanceof String text ? Ascii.octets(text) : value;
        }

        private @Nullable Object structure(StreamInfo info) {
            var state = Facts.filterState(info, key);
            if (!(state instanceof PeerMetadata peer)) {
                return state;
            }
            return key.endsWith("_obj")
                    ? peer.fields()
                    : Map.of("@type", STRUCT, "value", peer.fields());
        }
    }
}
