package dev.ambit.control.resource;

import com.google.protobuf.Struct;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/// The fields of one YAML mapping, asked for by name and type. Remembers what was asked for, so
/// that {@link #noOthers} can name an unknown field and the allowed ones. An absent field and an
/// explicit null are the same, as for the Kubernetes API.
public final class Fields {
    private static final int SHOWN_VALUE = 80;
    private static final long MILLISECOND = 1_000_000;

    private final Where where;
    private final String path;
    private final Origin origin;
    private final Map<String, Node> entries = new LinkedHashMap<>();
    private final Map<String, Node> keys = new LinkedHashMap<>();
    private final TreeSet<String> asked = new TreeSet<>();

    /// @param resource what messages call it
    /// @param strict scalars must have the right YAML type, as Istio's own resources demand
    record Where(String file, String resource, boolean strict) {
        Origin at(Node node) {
            return new Origin(file, node.getStartMark().map(m -> m.getLine() + 1).orElse(0));
        }
    }

    private Fields(Where where, String path, Origin origin) {
        this.where = where;
        this.path = path;
        this.origin = origin;
    }

    static Fields of(Node node, Where where, String path) {
        var fields = new Fields(where, path, where.at(node));
        if (!(node instanceof MappingNode mapping)) {
            throw fields.bad(fields.origin, path, show(node) + " (expected: a mapping)");
        }
        for (var tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw fields.bad(
                        where.at(tuple.getKeyNode()), path, "key is not a text (expected: a name)");
            }
            fields.keys.put(key.getValue(), key);
            if (fields.entries.put(key.getValue(), tuple.getValueNode()) != null) {
                throw fields.bad(
                        where.at(key),
                        fields.under(key.getValue()),
                        "key appears twice (expected: each key once)");
            }
        }
        return fields;
    }

    /// Fields of something that did not come from a file.
    ///
    /// @param resource what messages call it
    public static Fields of(Struct struct, String resource) {
        return of(Structs.node(struct), new Where("", resource, false), "");
    }

    public Origin origin() {
        return origin;
    }

    public boolean has(String name) {
        return node(name) != null;
    }

    public List<String> names() {
        return List.copyOf(entries.keySet());
    }

    public String text(String name) {
        var node = node(name);
        return node == null ? "" : scalar(node, under(name));
    }

    public String required(String name) {
        var value = text(name);
        if (value.isEmpty()) {
            throw bad(origin, under(name), "missing (expected: a text that is not empty)");
        }
        return value;
    }

    public int integer(String name, int least, int most, int absent) {
        var node = node(name);
        if (node == null) {
            return absent;
        }
        return number(node, under(name), least, most);
    }

    public boolean bool(String name) {
        var node = node(name);
        if (node == null) {
            return false;
        }
        if (node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL)) {
            return scalar.getValue().toLowerCase(Locale.ROOT).equals("true");
        }
        throw bad(where.at(node), under(name), show(node) + " (expected: true or false)");
    }

    /// Empty when it is not said, for what has a third state.
    public Optional<Boolean> flag(String name) {
        return has(name) ? Optional.of(bool(name)) : Optional.empty();
    }

    /// A whole number, empty when it is not said.
    public Optional<Integer> whole(String name, int least, int most) {
        return has(name) ? Optional.of(integer(name, least, most, least)) : Optional.empty();
    }

    /// A number that may have decimals.
    public Optional<Double> decimal(String name, double least, double most) {
        var node = node(name);
        if (node == null) {
            return Optional.empty();
        }
        if (node instanceof ScalarNode scalar
                && (scalar.getTag().equals(Tag.INT) || scalar.getTag().equals(Tag.FLOAT))) {
            try {
                double value = Double.parseDouble(scalar.getValue());
                if (value >= least && value <= most) {
                    return Optional.of(value);
                }
            } catch (NumberFormatException notDecimal) {
                // Falls through to the refusal.
            }
        }
        throw bad(name, show(node) + " (expected: a number from " + least + " to " + most + ")");
    }

    /// A span of time such as `1.5s`, `300ms` or `1h30m`.
    public Optional<Duration> duration(String name) {
        var text = text(name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        var parsed = Texts.duration(text);
        if (parsed.isEmpty()) {
            throw bad(name, "'" + text + "' (expected: a time such as 5s, 300ms or 1h30m)");
        }
        return parsed;
    }

    /// As {@link #duration}, not negative.
    public Optional<Duration> span(String name) {
        var parsed = duration(name);
        if (parsed.isPresent() && parsed.get().isNegative()) {
            throw bad(name, "'" + text(name) + "' (expected: a time that is not negative)");
        }
        return parsed;
    }

    /// What Istio takes for most timeouts: whole milliseconds, at least one.
    public Optional<Duration> timeout(String name) {
        var parsed = duration(name);
        if (parsed.isPresent()
                && (parsed.get().toNanos() < MILLISECOND
                        || parsed.get().toNanos() % MILLISECOND != 0)) {
            throw bad(name, "'" + text(name) + "' (expected: whole milliseconds, 1ms or more)");
        }
        return parsed;
    }

    /// Any mapping, for fields whose content is free.
    public Optional<Struct> struct(String name) {
        var node = node(name);
        if (node == null) {
            return Optional.empty();
        }
        if (!(node instanceof MappingNode)) {
            throw bad(name, show(node) + " (expected: a mapping)");
        }
        return Optional.of(Structs.read(node).getStructValue());
    }

    /// Conditions of Kubernetes objects carry `'True'` as a text.
    public boolean isText(String name, String wanted) {
        return text(name).equals(wanted);
    }

    public <E extends Enum<E>> E choice(String name, Class<E> type, E absent) {
        return choice(name, type, absent, Enum::name);
    }

    public <E extends Enum<E>> E choice(
            String name, Class<E> type, E absent, Function<E, String> spelling) {
        var value = text(name);
        if (value.isEmpty()) {
            return absent;
        }
        for (var constant : type.getEnumConstants()) {
            if (spelling.apply(constant).equals(value)) {
                return constant;
            }
        }
        var allowed =
                Arrays.stream(type.getEnumConstants())
                        .map(spelling)
                        .collect(Collectors.joining(", "));
        throw bad(name, "'" + value + "' (expected: one of " + allowed + ")");
    }

    public List<String> texts(String name) {
        var list = new ArrayList<String>();
        int i = 0;
        for (var item : items(name)) {
            list.add(scalar(item, under(name) + "[" + i++ + "]"));
        }
        return List.copyOf(list);
    }

    public List<Integer> integers(String name, int least, int most) {
        var list = new ArrayList<Integer>();
        int i = 0;
        for (var item : items(name)) {
            list.add(number(item, under(name) + "[" + i++ + "]", least, most));
        }
        return List.copyOf(list);
    }

    public Optional<Fields> child(String name) {
        return Optional.ofNullable(node(name)).map(n -> of(n, where, under(name)));
    }

    public List<Fields> children(String name) {
        var list = new ArrayList<Fields>();
        int i = 0;
        for (var item : items(name)) {
            list.add(of(item, where, under(name) + "[" + i++ + "]"));
        }
        return List.copyOf(list);
    }

    /// A mapping of texts, such as labels.
    public Map<String, String> map(String name) {
        var map = new LinkedHashMap<String, String>();
        child(name)
                .ifPresent(c -> {
                    for (var key : c.names()) {
                        map.put(key, c.text(key));
                    }
                });
        return Map.copyOf(map);
    }

    /// The raw items of a list field.
    public List<Node> items(String name) {
        var node = node(name);
        if (node == null) {
            return List.of();
        }
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        throw bad(where.at(node), under(name), show(node) + " (expected: a list)");
    }

    /// A number, or a name: Kubernetes' IntOrString.
    public Optional<Integer> numberIfNumeric(String name, int least, int most) {
        var node = node(name);
        boolean numeric = node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.INT);
        return numeric && node != null
                ? Optional.of(number(node, under(name), least, most))
                : Optional.empty();
    }

    /// @throws BadInput at the first field that was not asked for
    public void noOthers() {
        for (var name : entries.keySet()) {
            if (!asked.contains(name)) {
                var key = keys.getOrDefault(name, entries.get(name));
                var at = key == null ? origin : where.at(key);
                throw bad(at, under(name), "unknown field (expected: " + listed(asked) + ")");
            }
        }
    }

    public BadInput bad(String name, String message) {
        var node = entries.get(name);
        return bad(node == null ? origin : where.at(node), under(name), message);
    }

    private BadInput bad(Origin at, String field, String message) {
        return new BadInput(Problem.error(at, where.resource(), field, message));
    }

    private @Nullable Node node(String name) {
        asked.add(name);
        var node = entries.get(name);
        return node == null || node.getTag().equals(Tag.NULL) ? null : node;
    }

    private String under(String name) {
        return path.isEmpty() ? name : name.isEmpty() ? path : path + "." + name;
    }

    private String scalar(Node node, String field) {
        if (!(node instanceof ScalarNode scalar)) {
            throw bad(where.at(node), field, show(node) + " (expected: a text)");
        }
        if (where.strict() && !scalar.getTag().equals(Tag.STR)) {
            throw bad(where.at(node), field, show(node) + " (expected: a text, in quotes)");
        }
        return scalar.getValue();
    }

    private int number(Node node, String field, int least, int most) {
        var expected = " (expected: a number from " + least + " to " + most + ")";
        if (!(node instanceof ScalarNode scalar) || !scalar.getTag().equals(Tag.INT)) {
            throw bad(where.at(node), field, show(node) + expected);
        }
        try {
            int value = Integer.parseInt(scalar.getValue());
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException tooLarge) {
            // Falls through to the refusal.
        }
        throw bad(where.at(node), field, scalar.getValue() + expected);
    }

    private static String listed(Set<String> names) {
        return names.isEmpty() ? "no fields" : "one of " + String.join(", ", names);
    }

    private static String show(Node node) {
        return switch (node) {
            case ScalarNode scalar when scalar.getTag().equals(Tag.NULL) -> "nothing";
            case ScalarNode scalar -> "'" + shortened(scalar.getValue()) + "'";
            case SequenceNode list -> "a list";
            case MappingNode map -> "a mapping";
            // snakeyaml's Node is not sealed.
            default -> node.getClass().getSimpleName();
        };
    }

    private static String shortened(String value) {
        return value.length() <= SHOWN_VALUE ? value : value.substring(0, SHOWN_VALUE) + "...";
    }
}
