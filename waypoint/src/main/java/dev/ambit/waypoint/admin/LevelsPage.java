package dev.ambit.waypoint.admin;

import dev.ambit.process.admin.Answer;
import dev.ambit.process.admin.Ask;
import dev.ambit.process.log.Logs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// `POST /logging`: shows and changes levels while the process runs, with the parameters that
/// Envoy's page takes: `level=debug`, `paths=a:debug,b:info`, or a logger's name itself.
final class LevelsPage implements Function<Ask, Answer> {
    private static final Set<String> LEVELS =
            Set.of("trace", "debug", "info", "warning", "warn", "error", "critical", "off");

    private final Logs logs;

    LevelsPage(Logs logs) {
        this.logs = logs;
    }

    @Override
    public Answer apply(Ask ask) {
        if (!ask.method().equals("POST")) {
            return Answer.text(405, "Method Not Allowed");
        }
        var directives = new ArrayList<String>();
        for (var parameter : ask.parameters().entrySet()) {
            var wrong = read(parameter, directives);
            if (!wrong.isEmpty()) {
                return Answer.text(400, wrong);
            }
        }
        directives.forEach(logs::add);
        return Answer.text(200, "active loggers:\n" + shown());
    }

    /// @return what is wrong with it; empty where nothing is
    private static String read(Map.Entry<String, String> parameter, List<String> into) {
        return switch (parameter.getKey()) {
            case "level" -> {
                var level = level(parameter.getValue());
                if (level.isEmpty()) {
                    yield "error: unknown logger level\n";
                }
                into.add(level);
                yield "";
            }
            case "paths" -> {
                for (var part : parameter.getValue().split(",", -1)) {
                    int colon = part.lastIndexOf(':');
                    var level = level(part.substring(colon + 1));
                    if (colon < 1 || level.isEmpty()) {
                        yield "error: empty logger name or unknown logger level\n";
                    }
                    into.add(part.substring(0, colon) + "=" + level);
                }
                yield "";
            }
            default -> {
                var level = level(parameter.getValue());
                if (level.isEmpty()) {
                    yield "error: unknown logger level\n";
                }
                into.add(parameter.getKey() + "=" + level);
                yield "";
            }
        };
    }

    /// In our words; empty for none.
    private static String level(String envoy) {
        if (!LEVELS.contains(envoy)) {
            return "";
        }
        return switch (envoy) {
            case "warning" -> "warn";
            case "critical" -> "error";
            default -> envoy;
        };
    }

    private String shown() {
        var text = new StringBuilder();
        for (var part : logs.describe().split(",", -1)) {
            int equals = part.lastIndexOf('=');
            text.append("  ")
                    .append(equals < 0 ? "all" : part.substring(0, equals))
                    .append(": ")
                    .append(part.substring(equals + 1))
                    .append('\n');
        }
        return text.toString();
    }
}
