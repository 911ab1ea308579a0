package dev.ambit.waypoint.telemetry.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.format.FormatParser.Command;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `%COALESCE({"operators": [..]})%`: the first of several commands that has something to say.
record Coalesce(List<Operator> operators) implements Operator {
    private static final JsonFactory JSON = new JsonFactory();

    static Operator compile(Command command, FormatContext context) throws FormatFault {
        var commands = parse(command.argument());
        if (commands.isEmpty()) {
            throw new FormatFault("COALESCE: 'operators' array must not be empty");
        }
        var operators = new ArrayList<Operator>();
        for (var each : commands) {
            operators.add(Operators.compile(each, context));
        }
        return new Coalesce(List.copyOf(operators));
    }

    private static List<Command> parse(String json) throws FormatFault {
        var commands = new ArrayList<Command>();
        try (var parser = JSON.createParser(json)) {
            expect(parser.nextToken(), JsonToken.START_OBJECT);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean operators = parser.currentName().equals("operators");
                parser.nextToken();
                if (!operators) {
                    parser.skipChildren();
                    continue;
                }
                expect(parser.currentToken(), JsonToken.START_ARRAY);
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    commands.add(command(parser));
                }
            }
        } catch (IOException malformed) {
            throw new FormatFault(
                    "COALESCE: failed to parse JSON configuration: " + malformed.getMessage());
        }
        return commands;
    }

    private static void expect(@Nullable JsonToken found, JsonToken expected) throws FormatFault {
        if (found != expected) {
            throw new FormatFault("COALESCE: JSON configuration must contain 'operators' array");
        }
    }

    /// A name, or an object with `command`, `param` and `max_length`.
    private static Command command(JsonParser parser) throws IOException, FormatFault {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            return new Command(parser.getText(), "", -1);
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new FormatFault(
                    "COALESCE: operator entry must be either a string (command name) or an object"
                            + " with 'command' field");
        }
        String name = "";
        String argument = "";
        int length = -1;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "command" -> name = parser.getText();
                case "param" -> argument = parser.getText();
                case "max_length" -> length = parser.getIntValue();
                default -> parser.skipChildren();
            }
        }
        if (name.isEmpty()) {
            throw new FormatFault("COALESCE: operator object must have 'command' field");
        }
        return new Command(name, argument, length);
    }

    @Override
    public @Nullable String text(StreamInfo info) {
        for (var operator : operators) {
            var text = operator.text(info);
            if (text != null && !text.isEmpty()) {
                return text;
            }
        }
        return null;
    }

    @Override
    public @Nullable Object value(StreamInfo info) {
        for (var operator : operators) {
            var value = operator.value(info);
            if (value != null && !value.equals("")) {
                return value;
            }
        }
        return null;
    }
}
