package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.telemetry.format.FormatParser.Command;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The commands of formats, by name, with the syntax that each allows.
final class Operators {
    private static final Map<String, Entry> ALL = new HashMap<>();

    /// How a command is made of its argument.
    interface Maker {
        Operator make(Command command, FormatContext context) throws FormatFault;
    }

    enum Argument {
        NONE,
        OPTIONAL,
        REQUIRED
    }

    private record Entry(Argument argument, boolean length, Maker maker) {}

    /// Filled by the classes that know a group of commands.
    interface Table {
        void put(String name, Argument argument, boolean length, Maker maker);

        default void plain(String name, Operator operator) {
            put(name, Argument.NONE, false, (_, _) -> operator);
        }
    }

    static {
        Table table =
                (name, argument, length, maker) ->
                        ALL.put(name, new Entry(argument, length, maker));
        StreamOperators.fill(table);
        AddressOperators.fill(table);
        TlsOperators.fill(table);
        TimeOperators.fill(table);
        HttpOperators.fill(table);
        MetadataOperators.fill(table);
    }

    private Operators() {}

    static Operator compile(Command command, FormatContext context) throws FormatFault {
        var name = command.name();
        var entry = find(name);
        if (entry == null) {
            throw new FormatFault("Not supported field in StreamInfo: " + name);
        }
        boolean cut = command.length() >= 0;
        boolean argued = !command.argument().isEmpty();
        if (entry.argument == Argument.NONE && !entry.length && (argued || cut)) {
            throw new FormatFault(name + " does not take any parameters or length");
        }
        if (entry.argument == Argument.REQUIRED && !argued) {
            throw new FormatFault(name + " requires parameters");
        }
        if (cut && !entry.length) {
            throw new FormatFault(name + " does not allow length to be specified.");
        }
        var operator = entry.maker.make(command, context);
        return cut ? new Basic.Cut(operator, command.length()) : operator;
    }

    private static @Nullable Entry find(String name) {
        return ALL.get(name);
    }
}
